"""An incident that lost its run: by a person's hand in Prefect, or because Prefect will not store one.

What happened is journaled; then the incident goes on in another run, or ends as *Unresolved* and its escalation policy
tells people (`escalating`). The watch, the dispatcher and the checks call this. Safe to repeat: everything has a key.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, StateType

from journal import approvals, leases, under_way
from journal.chain import Entry
from journal.errors import IncidentClosed
from journal.facts.closed import Closed, Noted
from journal.facts.done import Carried, UnderWay, Validated, Worsened
from journal.facts.words import Act, Ending
from journal.procedure import to_be_undone
from journal.rounds import tries
from journal.shadow import settle
from journal.store import Journal
from tasks.case import CLOSED
from tasks.notify import INTERRUPTED

log = logging.getLogger("codeblue.watch")


class What(StrEnum):
    """What became of a run that is over although its incident is open."""

    FAILED = "failed"
    COMPLETED = "set to completed"
    CANCELLED = "cancelled"
    DELETED = "deleted"


def what(run: FlowRun | None) -> What:
    """What became of a run that is over; `None` is one that Prefect does not know any more."""
    if run is None or run.state is None:
        return What.DELETED
    done = {StateType.COMPLETED: What.COMPLETED, StateType.CANCELLED: What.CANCELLED}
    return done.get(run.state.type, What.FAILED)


def note(journal: Journal, incident: str, run: UUID, how: What) -> None:
    """Say in the journal that somebody took the run away; the run that goes on tells people (`tasks.notify`)."""
    text = f"Somebody has {how} flow run {run} in Prefect while the incident was open. It goes on in another run."
    if how is What.DELETED:
        text = f"Flow run {run} is no longer in Prefect: somebody deleted it. The incident goes on in another run."
    journal.append(incident, f"{INTERRUPTED}{run}", Noted(by="codeblue", text=text))
    log.warning("%s: %s", incident, text)


def end(journal: Journal, entries: Sequence[Entry], run: UUID) -> None:
    """Somebody cancelled the run: they do not want it to go on. The incident ends, and whoever is due is told."""
    incident = entries[0].incident
    why = f"Somebody cancelled flow run {run} in Prefect, so nothing more is done here."
    for standing in approvals.waiting(entries, journal.clock()):
        approvals.withdraw(journal, incident, standing.digest, why)
    begun = under_way.open_act(entries)
    if begun is not None and isinstance(act := begun.fact, UnderWay):
        why += f" What is under way goes on, and nobody looks at it any more: {act.mitigation} ({act.act})."
        if (left_ := act.expires_at - journal.clock()) > timedelta(0):  # nor is its target changed by others meanwhile
            leases.acquire(journal, act.lock, incident, left_)
    left = _left(entries)
    if left:
        why += f" What was changed and not validated stays as it is: {', '.join(left)}."
    if undone := to_be_undone(entries):
        why += f" The procedure stopped, and what was to be undone then is still in place: {', '.join(undone)}."
    _close(journal, incident, f"{why} Look at the problem yourself, or start the runbook again.")


def never_runs(journal: Journal, incident: str, why: str) -> None:
    """Prefect refuses the incident's run and would do so for ever. It ends, and its escalation policy tells people."""
    _close(journal, incident, f"Nothing was looked at: {why} Look at the problem yourself.")


def _close(journal: Journal, incident: str, text: str) -> None:
    with suppress(IncidentClosed):  # by another at this very moment
        settle(journal, incident)
        journal.append(incident, CLOSED, Closed(ending=Ending.UNRESOLVED, text=text))
        log.warning("%s ended unresolved. %s", incident, text)


def _left(entries: Sequence[Entry]) -> list[str]:
    """Changes that were applied and neither validated nor taken back."""
    left, of = dict[str, str](), tries(entries)
    for entry in entries:
        match entry.fact:
            case Carried(mitigation=name, act=Act.APPLY, ok=True) | Worsened(mitigation=name):
                left[of[entry.number]] = name
            case Carried(act=Act.UNDO, ok=True) | Validated(held=True):
                left.pop(of[entry.number], None)
            case _:
                pass
    return list(dict.fromkeys(left.values()))
