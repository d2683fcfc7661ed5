"""Handing an incident to the runbook that its cause belongs to, and on to the next when that was not it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic_core import to_jsonable_python

from flows.incident import FROM
from journal.chain import Entry
from journal.facts.closed import Closed, HandedOff, Handing, Noted
from journal.facts.words import Ending
from journal.rounds import given_up
from journal.store import Journal, others_unread
from runbook import HandOff, Step
from tasks.case import Case, E, P
from tasks.document import write_timeline
from tasks.endings import handed_over
from tasks.engine import engine
from tasks.notify import notify
from tasks.rounds import steps_of
from tasks.shadow import alike

IN_VAIN = (Ending.UNRESOLVED, Ending.NOT_REPRODUCED)
"""Endings after which the next one is tried: nobody was found at work there."""

LONGEST = timedelta(days=1)
"""How long before its opening an incident may have been handed over."""


GO_ON = "go_on"
"""In the place of a hand-off: the sender's own runbook, once more, without what it handed over in vain."""


def hand_off(case: Case[E, P], handoff: HandOff[E, P], others: Sequence[Step[E, P]] = ()) -> str:
    """Start the other runbook once, and say where the incident went on. `others` are to be tried after it, in order.

    Those of them that are no hand-offs are left to the same runbook, which then looks at everything anew.
    """
    name = handoff.to.name
    key = f"handed_off:{handoff.name}"
    if case.said(key, HandedOff) is None:
        run = _start(case.incident, handoff.name, name, to_jsonable_python(handoff.params(case.context)))
        after = tuple(_handings(case, others))
        fact = HandedOff(mitigation=handoff.name, to=name, title=handoff.to.title, flow_run=run, after=after)
        case.say(key, fact)
    return handed_over(case, " ".join((f"Handed to the runbook {handoff.to.title} ({name}).", *_then(others))))


def _handings(case: Case[E, P], others: Sequence[Step[E, P]]) -> Iterator[Handing]:
    for one in others:
        if isinstance(one, HandOff):
            params = to_jsonable_python(one.params(case.context))
            yield Handing(mitigation=one.name, to=one.to.name, title=one.to.title, params=params)
    if not all(isinstance(one, HandOff) for one in others):
        own = case.context.params.model_dump(mode="json")
        yield Handing(mitigation=GO_ON, to=case.runbook.name, title=case.runbook.title, params=own)


def _then(others: Sequence[Step[Any, Any]]) -> list[str]:
    handed = [one.to.title for one in others if isinstance(one, HandOff)]
    named = ", then ".join((*handed, *(["what else this runbook offers"] if len(handed) < len(others) else [])))
    return [f"If that finds nobody at work: {named}."] if named else []


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
    itself: then its own sender is asked.
    """
    if closed.ending not in IN_VAIN:
        return
    incident, seen = case.incident, {case.incident}
    while (sent := _sent(case.journal, incident)) is not None and sent.incident not in seen:
        assert isinstance(sent.fact, HandedOff)
        if after := tuple(one for one in sent.fact.after if alike(case, one.to)):
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
    """The entry by which this incident was handed over, if it was."""
    entries = journal.entries(incident)
    runs = {entry.flow_run for entry in entries if entry.flow_run}
    began = entries[0].at - LONGEST
    handed = journal.of_kind("handed_off", since=began, newest_first=True, unreadable=others_unread)
    return next((e for e in handed if isinstance(e.fact, HandedOff) and e.fact.flow_run in runs), None)


def _start(sender: str, mitigation: str, name: str, params: Mapping[str, Any]) -> str:
    return engine().start(
        f"{name}/{name.rpartition('.')[2]}",
        # As a person would type them: Prefect checks parameters against the form's schema before they are parsed.
        params,
        key=f"{sender}:{mitigation}",
        tags=[f"{FROM}{sender}"],
    )
