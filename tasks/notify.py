"""Tell people: what happened, what is proposed, how to answer. Journaled whether it was delivered or not."""

from __future__ import annotations

from journal.facts import Notified
from journal.redaction import redact
from runbook import Temporary
from tasks.case import Case, E, P
from tasks.step import step


def notify(case: Case[E, P], about: str, title: str, markdown: str) -> None:
    """Tell the environment's notifier once per `about`. A notifier that is out of reach never stops the incident."""
    key = f"notified:{about}"
    if case.said(key, Notified) is not None or not case.context.env.notifier.urls:
        return

    def tell() -> None:
        delivered, text = True, markdown
        try:
            case.context.env.notifier.tell(str(redact(title)), str(redact(markdown)))
        except Temporary as unreachable:
            delivered, text = False, str(unreachable)
        case.say(key, Notified(title=title, delivered=delivered, text=text))

    step("notify", tell, shown=f"Tell people: {title}")()
