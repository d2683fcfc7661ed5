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
from runbook.change import CHANGES

NEEDED = "needed"
"""A plan was drawn and applied, and went well."""
NOT_NEEDED = "not needed"
"""There was nothing to do, and it was said why."""
GUARDRAIL = "refused by guardrail"
"""Each guardrail that a runbook gives it has refused a real plan of it: too many targets, and too soon."""
DRIFTED = "drifted"
"""Nothing was as approved any more, so it was not applied."""
UNKNOWN = "landed unknown"
"""Asked whether it happened, it could not tell, or was not let look, which the pipeline takes for the same."""
UNDO = "undo"
"""It was undone, and said so afterwards."""

CASES = (NEEDED, NOT_NEEDED, GUARDRAIL, DRIFTED, UNKNOWN, UNDO)

Guarded = Callable[[Plan[Any]], None]
"""What the fixture `guarded` is: it lets every guardrail of a plan's change refuse it."""

Met = set[tuple[type[Change[Any]], str]]
"""Which change was met in which case."""

WARRANT = Warrant(incident="INC-TEST", mitigation="test", digest="0" * 16, act=Act.APPLY, by="test")


def planned(change: Change[Any]) -> Plan[Any]:
    """What the change would do; there is something to do."""
    plan = change.plan()
    assert isinstance(plan, Plan), plan
    return plan


REMEDY = "write @pytest.mark.case(Change, NEEDED), or others of tests/tasks/cases.py: " + ", ".join(CASES)


def claims(marks: Iterable[pytest.Mark]) -> Met:
    """What the marks of a test say that it shows; one that does not say it fails the test."""
    return {claim for mark in marks if mark.name == "case" for claim in _claims(mark.args)}


def _claims(said: tuple[Any, ...]) -> Met:
    change, cases = said[0] if said else None, said[1:]
    if not isinstance(change, type) or not issubclass(change, Change) or not cases or not set(cases) <= set(CASES):
        shown = ", ".join(one.__name__ if isinstance(one, type) else repr(one) for one in said)
        pytest.fail(f"@pytest.mark.case({shown}) does not say which change is shown in which case; {REMEDY}", False)
    return {(change, case) for case in cases}


def alone() -> str | None:
    """What to say when a module of tests cannot be imported because a mark names a change and no case.

    Pytest takes a class that is given alone for what is to be marked: it marks the change and calls it with the test.
    """
    for change in CHANGES.values():
        if any(mark.name == "case" for mark in vars(change).get("pytestmark", ())):
            del change.pytestmark  # pyright: ignore[reportAttributeAccessIssue] # pytest has put it there
            return f"@pytest.mark.case({change.__name__}) does not say in which case the change is shown; {REMEDY}"
    return None


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
    return NEEDED if outcome.ok or outcome.under_way else None  # a long act is begun, and seen to its end by the test
