"""Tell people: what happened, what is proposed, how to answer. Journaled whether it was delivered or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from blocks.notifier import Address
from journal import clock
from journal.facts.closed import Noted, Notified
from journal.redaction import redact
from journal.store import Journal, others_unread
from runbook import Temporary
from tasks.case import Case, E, P
from tasks.step import step

WINDOW = timedelta(minutes=10)
"""Over which `Notifier.at_most` counts."""

TRIES = 3
"""How often more an address is tried, with growing pauses (`tasks.step.BACK_OFF`)."""

INTERRUPTED = "interrupted:"
"""How the key of a note begins that says what somebody did to a run in Prefect."""

Say = Callable[[str, Notified], object]
"""Keeps a fact under a key."""


def notify(case: Case[E, P], about: str, title: str, markdown: str) -> None:
    """Tell each address of the environment's notifier once per `about`.

    One that is out of reach is tried again, then journaled; it never stops the incident. Beyond the notifier's limit
    nothing is sent in this environment, and the journal says so.
    """
    notifier = case.context.env.notifier
    keys = {_key(about, address): address for address in notifier.addresses()}
    missing = {key: address for key, address in keys.items() if case.said(key, Notified) is None}
    if not missing:
        return
    if _sent(case.journal, case.context.params.environment) + len(missing) > notifier.at_most:
        text = f"Held back: more than {notifier.at_most} messages within {WINDOW.seconds // 60} minutes."
        for key, address in missing.items():
            case.say(key, Notified(to=address.to, title=title, delivered=False, text=text))
        return
    tell_all(missing, title, markdown, case.say)


def tell_loudly(case: Case[E, P], about: str, title: str, text: str) -> None:
    """Keep a sentence in the incident, and tell people."""
    case.say(about, Noted(by="codeblue", text=text))
    notify(case, about, f"{case.incident}: {title}", text)


def tell_interruptions(case: Case[E, P]) -> None:
    """Tell people that somebody took an earlier run of the incident away, and that it goes on."""
    for entry in case.journal.entries(case.incident):
        if entry.key.startswith(INTERRUPTED) and isinstance(entry.fact, Noted):
            notify(case, entry.key, f"{case.incident}: its run was taken away in Prefect", entry.fact.text)


def tell_all(addresses: dict[str, Address], title: str, markdown: str, say: Say) -> tuple[str, ...]:
    """Tell every address at once, each with its own tries, and say what became of each; the names that were reached."""
    title, markdown = str(redact(title)), str(redact(markdown))

    def telling(address: Address) -> Any:
        def tell() -> None:
            address.tell(title, markdown)

        return step("notify", tell, shown=f"Tell {address.to}: {title}", retries=TRIES).submit()

    reached: list[str] = []
    for key, address, future in [(key, address, telling(address)) for key, address in addresses.items()]:
        try:
            future.result()
        except Exception as error:  # noqa: BLE001  (one that cannot be told must not keep what became of the others)
            why = str(error) if isinstance(error, Temporary) else f"It could not be told ({type(error).__name__})."
            say(key, Notified(to=address.to, title=title, delivered=False, text=why))
        else:
            reached.append(address.to)
            say(key, Notified(to=address.to, title=title, delivered=True, text=markdown))
    return tuple(reached)


def _key(about: str, address: Address) -> str:
    return f"notified:{about}:{address.to}"


def _sent(journal: Journal, environment: str) -> int:
    since = clock.now() - WINDOW
    told = journal.of_kind("notified", since=since, environment=environment, unreadable=others_unread)
    return sum(isinstance(entry.fact, Notified) and entry.fact.delivered for entry in told)
