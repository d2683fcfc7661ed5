"""Handing an incident to the runbook that its cause belongs to, and on to the next when that was not it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from flows.incident import FROM
from journal.chain import Entry
from journal.facts.closed import Closed, HandedOff, Handing, Noted
from journal.facts.decided import Passed
from journal.facts.seen import Verdict
from journal.facts.waited import WaitBegun
from journal.rounds import given_up
from journal.store import Journal
from runbook import HandOff, Permanent, Step
from tasks.case import Case, E, P
from tasks.document import write_timeline
from tasks.endings import handed_over
from tasks.engine import engine
from tasks.handed import IN_VAIN, left, senders
from tasks.notify import notify
from tasks.returning import begin
from tasks.rounds import steps_of

START = "start"
"""What a hand-off is passed over for whose runbook could not be started."""

GO_ON = "go_on"
"""In the place of a hand-off: the sender's own runbook, once more, without what it handed over in vain."""


def hand_off(case: Case[E, P], handoff: HandOff[E, P], others: Sequence[Step[E, P]] = ()) -> str:
    """Start the other runbook once, and say where the incident went on. `others` are to be tried after it, in order.

    Those of them that are no hand-offs are left to the same runbook, which then looks at everything anew.
    """
    _hand(case, handoff, others)
    to = f"Handed to the runbook {handoff.to.title} ({handoff.to.name})."
    return handed_over(case, " ".join((to, *_then(others))))


def hand_over(case: Case[E, P], handoff: HandOff[E, P], verdict: Verdict) -> WaitBegun | None:
    """Start the other runbook once, and begin to wait for its end; nothing where it cannot be started."""
    try:
        _hand(case, handoff)
    except Permanent as refused:
        case.say(f"passed:{handoff.name}", Passed(mitigation=handoff.name, by=START, why=str(refused)))
        return None
    return begin(case, handoff, verdict)


def _hand(case: Case[E, P], handoff: HandOff[E, P], others: Sequence[Step[E, P]] = ()) -> None:
    name, to, key = handoff.name, handoff.to, f"handed_off:{handoff.name}"
    if case.said(key, HandedOff) is None:
        run = _start(case.incident, name, to.name, to_jsonable_python(handoff.params(case.context)))
        fact = HandedOff(mitigation=name, to=to.name, title=to.title, flow_run=run, returns=handoff.returns)
        case.say(key, fact.model_copy(update={"after": tuple(_handings(case, others))}))


def _handings(case: Case[E, P], others: Sequence[Step[E, P]]) -> Iterator[Handing]:
    for one in _for_good(others):
        params = to_jsonable_python(one.params(case.context))
        yield Handing(mitigation=one.name, to=one.to.name, title=one.to.title, params=params)
    if len(_for_good(others)) < len(others):
        own = case.context.params.model_dump(mode="json")
        yield Handing(mitigation=GO_ON, to=case.runbook.name, title=case.runbook.title, params=own)


def _then(others: Sequence[Step[Any, Any]]) -> list[str]:
    handed = [one.to.title for one in _for_good(others)]
    named = ", then ".join((*handed, *(["what else this runbook offers"] if len(handed) < len(others) else [])))
    return [f"If that finds nobody at work: {named}."] if named else []


def _for_good(steps: Sequence[Step[E, P]]) -> list[HandOff[E, P]]:
    """The hand-offs that end the incident. One that returns is left to the sender's own runbook, which waits for it."""
    return [one for one in steps if isinstance(one, HandOff) and not one.returns]


def handed_in_vain(case: Case[E, P]) -> set[str]:
    """What this incident does not try, since the one that it goes on with has done so, or gave it up."""
    names = in_vain(case.journal, case.incident)
    return {one.name for one in case.runbook.mitigations if any(step.name in names for step in steps_of(one))}


def in_vain(journal: Journal, incident: str) -> set[str]:
    """The same of any incident."""
    found = set[str]()
    while (sent := _sent(journal, incident)) is not None:
        assert isinstance(sent.fact, HandedOff)
        if sent.fact.mitigation != GO_ON:
            break
        incident = sent.incident
        entries = journal.entries(incident)
        found.update(entry.fact.mitigation for entry in entries if isinstance(entry.fact, HandedOff))
        found |= given_up(entries)
    return found


def hand_on(case: Case[E, P], closed: Closed) -> None:
    """Where an incident that was handed over ends in vain, start what its sender would have tried next.

    Called when an incident has been closed. Safe to repeat. A sender that has nothing left was perhaps handed over
    itself: then its own sender is asked. One that waits for this end goes on by itself.
    """
    if closed.ending not in IN_VAIN:
        return
    incident, seen = case.incident, {case.incident}
    while (sent := _sent(case.journal, incident)) is not None and sent.incident not in seen:
        if after := left(case.journal, sent):
            _try_next(case, sent.incident, after[0], after[1:])
            return
        incident = sent.incident
        seen.add(incident)


def _try_next(case: Case[E, P], sender: str, to: Handing, after: tuple[Handing, ...]) -> None:
    key = f"handed_off:{to.mitigation}"
    if case.journal.recorded(sender, key) is None:
        run = _start(sender, to.mitigation, to.to, to.params)
        fact = HandedOff(mitigation=to.mitigation, to=to.to, title=to.title, flow_run=run, after=after)
        case.journal.append(sender, key, fact)
        write_timeline(case.journal, sender)
    if to.mitigation == GO_ON:
        text = f"It was not this one: {sender} goes on with what else its runbook offers, {to.title} ({to.to})."
    else:
        text = f"It was not this one: {sender} is handed to the next likely runbook, {to.title} ({to.to})."
    case.say("handed_on", Noted(by="codeblue", text=text))
    notify(case, "handed_on", f"{case.incident}: handed on to {to.title}", text)


def _sent(journal: Journal, incident: str) -> Entry | None:
    """The entry by which this incident was handed over for good, if it was."""
    return next((e for e in senders(journal, incident) if isinstance(e.fact, HandedOff) and not e.fact.returns), None)


def _start(sender: str, mitigation: str, name: str, params: Mapping[str, Any]) -> str:
    return engine().start(
        f"{name}/{name.rpartition('.')[2]}",
        # As a person would type them: Prefect checks parameters against the form's schema before they are parsed.
        params,
        key=f"{sender}:{mitigation}",
        tags=[f"{FROM}{sender}"],
    )
