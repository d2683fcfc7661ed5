"""Whether a run does what its incident was opened for. One that does not does nothing, and people are told.

A tag, an idempotency key or a fingerprint only names the incident, and whoever reaches Prefect can give any of them.
What the people of an incident approve is for one runbook in one version, with its parameters, on its environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from pydantic import ValidationError

from blocks.environment import Environment
from blocks.notifier import Notifier
from blocks.saved import NotSaved, Unfit, saved
from journal.chain import Entry
from journal.errors import UnknownIncident
from journal.facts.closed import Closed, Noted, Notified
from journal.facts.opened import Opened, TakenUp
from journal.facts.words import Ending
from journal.redaction import redact
from journal.schema import LEDGER
from journal.shadow import settle
from journal.store import Journal
from runbook import Form, Permanent, Runbook
from tasks.case import CLOSED, E, P
from tasks.document import write_timeline
from tasks.engine import engine
from tasks.notify import tell_all

VERSION = "version"
INSTALLATION = "installation"
"""Name of the notifier that is told about the installation itself."""


def unlike_opened(runbook: Runbook[E, P], params: P, entries: Sequence[Entry]) -> dict[str, str] | None:
    """What a run does otherwise than its incident was opened for: what, and in which way; nothing when it is the same.

    Once the incident is closed its runbook may be newer: all that is left to do then is to undo what was temporary.
    """
    opened = opened_by(entries)
    said = {
        "runbook": (opened.runbook, runbook.name),
        VERSION: (opened.runbook_version, runbook.version),
        "environment": (opened.environment, params.environment),
    }
    wrong = {what: f"{what} {ours!r} instead of {its!r}" for what, (its, ours) in said.items() if its != ours}
    if _closed(entries):
        wrong.pop(VERSION, None)
    if not wrong and not _same(params, opened):
        wrong["parameters"] = "other parameters"
    return wrong or None


def turn_away(
    journal: Journal, incident: str, run: str, environment: type[Environment], wrong: dict[str, str]
) -> NoReturn:
    """Do nothing, keep it in the journal, tell people, and raise `Permanent`.

    Somebody else's run leaves the incident to its own. The incident's own run cannot go on either, when the runbook is
    another by now: what was asked and answered was about the old one. So that incident ends, unresolved.
    """
    entries = journal.entries(incident)
    ours = wrong.keys() == {VERSION} or any(isinstance(e.fact, TakenUp) and e.flow_run == run for e in entries)
    what = " and ".join(wrong.values())
    text = f"Nothing was done: run {run} came for {incident} with {what}."
    if ours and not _closed(entries):
        text = f"{text} Start the runbook again, and look what was under way."
        settle(journal, incident)
        journal.append(incident, CLOSED, Closed(ending=Ending.UNRESOLVED, text=text), flow_run=run)
        write_timeline(journal, incident)
    else:
        text = f"{text} A run with that tag was not started by Code Blue; find out who did."
        journal.append(incident, f"turned_away:{run}", Noted(by="codeblue", text=text), flow_run=run)
    _tell(journal, incident, run, _notifier(environment, opened_by(entries).environment), text)
    raise Permanent(text)


def _notifier(environment: type[Environment], name: str) -> Notifier:
    """Who is told: the people of the incident's environment, or of the installation when the run is of another kind."""
    with suppress(NotSaved, Unfit):
        return engine().environment(environment, name).notifier
    with suppress(NotSaved, Unfit):
        return saved(Notifier, INSTALLATION)
    return Notifier()  # nobody is known: the entry and the failed run have to do


def _tell(journal: Journal, incident: str, run: str, notifier: Notifier, text: str) -> None:
    keys = {f"notified:turned_away:{run}:{address.to}": address for address in notifier.addresses()}
    missing = {key: address for key, address in keys.items() if journal.recorded(incident, key) is None}

    def say(key: str, fact: Notified) -> None:
        journal.append(incident, key, fact, flow_run=run)

    tell_all(missing, f"{incident}: a run that is not its own was turned away", text, say)


def _same(params: Form, opened: Opened) -> bool:
    """Whether the parameters are those of the opening, which may name only some of them, and has them redacted."""
    given = params.model_dump(mode="json")
    try:
        its = type(params).model_validate({**opened.params, "environment": opened.environment})
    except ValidationError:
        return redact(given) == opened.params
    return its.model_dump(mode="json") in (given, redact(given))


def opened_by(entries: Sequence[Entry]) -> Opened:
    """The opening of an incident. Raises `UnknownIncident` for the ledger, which is none, though a tag may name it."""
    first = entries[0].fact if entries else None
    if not isinstance(first, Opened):
        raise UnknownIncident(LEDGER)
    return first


def _closed(entries: Sequence[Entry]) -> bool:
    return any(isinstance(entry.fact, Closed) for entry in entries)
