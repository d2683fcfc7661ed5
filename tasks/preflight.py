"""The first question, can we see at all: Identity, account, region and reachability, asserted and journaled."""

from __future__ import annotations

from journal.facts.seen import Check, Checked
from journal.facts.words import Answer
from tasks.case import Case, E, P
from tasks.step import step

KEY = "checked"


def preflight(case: Case[E, P]) -> tuple[Check, ...]:
    """Ask every connection of the environment. Called once per incident; what it said is kept."""
    if (known := case.said(KEY, Checked)) is not None:
        return known.checks

    def look() -> tuple[Check, ...]:
        checks = tuple(case.context.env.checks())
        return case.said_as(KEY, Checked(checks=checks)).checks

    return step("preflight", look, shown="Can we see at all?")()


def another_time(checks: tuple[Check, ...]) -> str | None:
    """The sentence of the check that our clock is off: what looks fine by it was so at another time."""
    return next((check.text for check in checks if check.of_time and check.answer is not Answer.YES), None)


def wrong_place(checks: tuple[Check, ...]) -> str | None:
    """The sentence of the check that was answered no: we look at somebody else's system, and must stop."""
    return next((check.text for check in checks if check.answer is Answer.NO), None)
