"""Would this do again what was done in an earlier round of the incident, and did not help? Then nobody is asked.

A treatment may be planned again on what is there now: other sessions, another value. What was done is told by the
names of targets and by what they became, since how they were before (for how long a session was idle, the number of a
version) changes by itself. What failed, and so was not done, is only the same where nothing at all is different.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from journal.facts.decided import Planned, TaskGiven
from journal.facts.done import Carried, Intended, Validated
from journal.facts.words import Act
from journal.rounds import expired, kept, tries
from runbook import Plan
from tasks.case import Case, E, P

WHY = "would do again what was tried in an earlier round of this incident and did not help"


def done_in_vain(case: Case[E, P], mitigation: str, drawn: Plan[Any]) -> str | None:
    """Why this plan is none of a later round; nothing when one of its targets is new, or was left alone before."""
    spent = set(_spent(case, mitigation))
    targets = drawn.model_dump(mode="json")["targets"]
    again = targets and all(not spent.isdisjoint((_became(target), _whole(target))) for target in targets)
    return f"The plan {WHY}." if again else None


def given_in_vain(case: Case[E, P], manual: str, steps: tuple[str, ...]) -> str | None:
    """Why this task is none of a later round; nothing when it says something new, or nobody has done it."""
    entries = case.journal.entries(case.incident)
    of, stays = tries(entries), kept(entries)
    done = {of[entry.number] for entry in entries if isinstance(entry.fact, Validated)} - stays.keys()
    given = (entry.fact for entry in entries if isinstance(entry.fact, TaskGiven))
    before = any(task.mitigation == manual and task.digest in done and task.steps == steps for task in given)
    return f"The task {WHY}." if before else None


def _spent(case: Case[E, P], mitigation: str) -> Iterator[str]:
    """What was a target of an earlier try, was done, and is not known to have helped."""
    entries = case.journal.entries(case.incident)
    helped = kept(entries).keys() | expired(entries)
    plans = {e.fact.digest: e.fact for e in entries if isinstance(e.fact, Planned) and e.fact.mitigation == mitigation}
    intents = (entry.fact for entry in entries if isinstance(entry.fact, Intended) and entry.fact.act is Act.APPLY)
    read_again = {(one.digest, one.attempt): one.plan for one in intents}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, Carried) and fact.act is Act.APPLY and fact.digest in plans and fact.digest not in helped:
            plan = read_again.get((fact.digest, fact.attempt)) or plans[fact.digest].plan
            left_alone = {one.name for one in fact.results if not one.done}
            tells = _became if fact.ok else _whole
            yield from (tells(one) for one in _targets(plan) if one["name"] not in left_alone)


def _targets(plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from plan["targets"]


def _became(target: Mapping[str, Any]) -> str:
    return json.dumps([target["name"], target["after"]])


def _whole(target: Mapping[str, Any]) -> str:
    return json.dumps(target, sort_keys=True)
