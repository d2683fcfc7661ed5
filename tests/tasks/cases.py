"""The cases in which every change is met, and how tests say so.

A test is marked with the change and the cases that it shows: `@pytest.mark.case(CreateIndexes, NEEDED, UNDO)`. It fails
when it has not met them (`met` in `conftest.py` watches the change's own answers), and `tests/contract/test_cases.py`
fails when a change that a runbook makes lacks one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from journal.facts.words import Act, Answer
from runbook import Change, Drifted, NotNeeded, Outcome, Permanent, Plan, Reversible, Warrant

NEEDED = "needed"
"""A plan was drawn and applied, and went well."""
NOT_NEEDED = "not needed"
"""There was nothing to do, and it was said why."""
BELT = "refused by belt"
"""Each belt that a runbook gives it has refused a real plan of it: for its number of targets, and for its haste."""
DRIFTED = "drifted"
"""Nothing was as approved any more, so it was not applied."""
UNKNOWN = "landed unknown"
"""Asked whether it happened, it could not tell, or was not let look, which the pipeline takes for the same."""
UNDO = "undo"
"""It was undone, and said so afterwards."""

CASES = (NEEDED, NOT_NEEDED, BELT, DRIFTED, UNKNOWN, UNDO)

Belted = Callable[[Plan[Any]], None]
"""What the fixture `belted` is: it lets every belt of a plan's change refuse it."""

Met = set[tuple[type[Change[Any]], str]]
"""Which change was met in which case."""

WARRANT = Warrant(incident="INC-TEST", mitigation="test", digest="0" * 16, act=Act.APPLY, by="test")


def planned(change: Change[Any]) -> Plan[Any]:
    """What the change would do; there is something to do."""
    plan = change.plan()
    assert isinstance(plan, Plan), plan
    return plan


def claims(marks: Iterable[pytest.Mark]) -> Met:
    """What the marks of a test say that it shows."""
    return {(mark.args[0], case) for mark in marks if mark.name == "case" for case in mark.args[1:]}


def watch(change: type[Change[Any]], met: Met, patch: pytest.MonkeyPatch) -> None:
    """From now on note in which cases a change is met; what it does is not touched."""

    def note(verb: str, case_of: Callable[[Any], str | None]) -> None:
        inner: Callable[..., Any] = getattr(change, verb)

        def outer(self: Change[Any], *given: Any) -> Any:
            try:
                answer = inner(self, *given)
            except Permanent as refused:
                answer = refused
            if (case := case_of(answer)) is not None:
                met.add((change, case))
            if isinstance(answer, Permanent):
                raise answer
            return answer

        patch.setattr(change, verb, outer)

    note("plan", lambda told: NOT_NEEDED if isinstance(told, NotNeeded) else None)
    note("apply", _applied)
    note("landed", lambda said: UNKNOWN if isinstance(said, Permanent) or said[0] is Answer.UNKNOWN else None)
    if issubclass(change, Reversible):
        note("undone", lambda said: UNDO if not isinstance(said, Permanent) and said[0] is Answer.YES else None)


def _applied(outcome: Outcome | Permanent) -> str | None:
    if isinstance(outcome, Permanent):
        return DRIFTED if isinstance(outcome, Drifted) else None
    return NEEDED if outcome.ok else None
