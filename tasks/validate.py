"""Did it work? The evidence is asked again, fresh, until it has held for long enough or the time is up."""

from __future__ import annotations

from datetime import timedelta

from journal import clock
from journal.facts.done import Validated
from journal.facts.seen import Read
from journal.facts.words import Answer
from runbook import Manual, Mitigation
from tasks.case import Case, E, P
from tasks.gather import look_once, revive
from tasks.step import step

SHORTEST = timedelta(seconds=6)
"""What practice environments shorten the deadline to, at most."""

EVERY = timedelta(seconds=1)
FASTEST = timedelta(milliseconds=200)
"""How often to look: once a second, in practice environments faster but never more often than this."""

MOVED = 0.1
"""By which share of itself a figure must move for a look to be worth keeping."""

KEPT = 40
"""Looks kept at most because a figure moved; those with another answer, and the last, are always kept."""


def validate(case: Case[E, P], mitigation: Mitigation[E, P] | Manual[E, P]) -> Validated:
    """Whether the validating evidence held. Unknown does not count as holding."""
    key = f"validated:{mitigation.name}"
    if (known := case.said(key, Validated)) is not None:
        return known

    def watch() -> Validated:
        return case.said_as(key, _watch(case, mitigation))

    shown = f"Validate: {mitigation.validated_by.sentence}"
    return step(f"validate_{mitigation.name}", watch, shown=shown)()


def _watch(case: Case[E, P], mitigation: Mitigation[E, P] | Manual[E, P]) -> Validated:
    evidence, must_hold = mitigation.validated_by, case.paced(mitigation.holds_for).total_seconds()
    every = max(case.paced(EVERY), FASTEST).total_seconds()
    began = clock.monotonic()
    patience = min(mitigation.within, max(case.paced(mitigation.within), SHORTEST))
    deadline = began + patience.total_seconds()
    looks, since, last = 0, None, None
    kept: list[Read] = []
    while True:
        fact = look_once(case, evidence.probe, f"validate:{mitigation.name}")
        finding = evidence.find({evidence.probe.name: revive(evidence.probe, fact)})
        looks, now = looks + 1, clock.monotonic()
        since = (since if since is not None else now) if finding.answer is Answer.YES else None
        held = since is not None and now - since >= must_hold
        over = held or now >= deadline
        if over or finding.answer is not last or (len(kept) < KEPT and moved(kept[-1], fact)):
            case.say(f"read:{fact.phase}:{fact.at.isoformat()}", fact)
            kept.append(fact)
        if over:
            took = timedelta(seconds=round(now - began, 3))
            return Validated(mitigation=mitigation.name, held=held, finding=finding, looks=looks, took=took)
        last = finding.answer
        clock.sleep(min(every, max(deadline - now, 0)))


def moved(before: Read, now: Read) -> bool:
    """Whether a look tells something new: one of its figures is not about what it was when a look was last kept."""
    known = {figure.name: figure.value for figure in before.figures}
    return any(
        figure.name not in known or abs(figure.value - known[figure.name]) > MOVED * abs(known[figure.name])
        for figure in now.figures
    )
