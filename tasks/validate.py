"""Did it work? The evidence is asked again, fresh, until it has held for long enough or the time is up.

What holds when the time is up is given the time to show that it lasts: nobody undoes what has just begun to work.
Where things become clearly worse (`tasks.worse`), nobody waits for that.
"""

from __future__ import annotations

from datetime import timedelta

from journal import clock
from journal.facts.done import Validated
from journal.facts.seen import Finding, Read, SymptomAsked
from journal.facts.words import Answer
from runbook import Examination, HandOff, Manual, Mitigation, Step, Wait
from tasks.case import Case, E, P
from tasks.engine import engine
from tasks.gather import look_once, revive
from tasks.hypothesize import ask_symptom, since
from tasks.step import step
from tasks.worse import key, worsening

SHORTEST = timedelta(seconds=6)
"""What practice environments shorten the deadline to, at most."""

EVERY = timedelta(seconds=1)
FASTEST = timedelta(milliseconds=200)
"""How often to look at first: once a second, in practice environments faster but never more often than this."""

RARER, RAREST = 20, timedelta(seconds=15)
"""Who has waited for long looks less often, about so many times more, since metrics have whole minutes and AWS counts
the looks; but never less often than this."""

MOVED = 0.1
"""By which share of itself a figure must move for a look to be worth keeping."""

KEPT = 40
"""Looks kept at most because a figure moved; those with another answer, and the last, are always kept."""


def validate(case: Case[E, P], mitigation: Mitigation[E, P] | Manual[E, P]) -> Validated:
    """Whether the validating evidence held. Unknown does not count as holding."""
    key = f"validated:{case.named(mitigation.name)}"
    if (known := case.said(key, Validated)) is not None:
        return known

    def watch() -> Validated:
        return case.said_as(key, _watch(case, mitigation))

    shown = f"Validate: {mitigation.validated_by.sentence}"
    return step(f"validate_{mitigation.name}", watch, shown=shown)()


def symptom_after(case: Case[E, P], treatment: Step[E, P], *, worked: bool) -> Finding:
    """The symptom after a treatment. Where its cause is gone, the symptom is given the time that it may linger.

    Unless it becomes clearly worse meanwhile: that is recorded, and is for the pipeline to undo. An examination is for
    no cause, so nothing is waited for.
    """
    tried, symptom = case.named(treatment.name), case.runbook.symptom
    phase = f"after:{tried}"
    if not worked or isinstance(treatment, Examination) or case.said(f"symptom:{phase}", SymptomAsked) is not None:
        return ask_symptom(case, phase, since(case, treatment))

    def wait() -> None:
        began = clock.monotonic()
        deadline = began + patience(case, case.runbook.lingers)
        changed = not isinstance(treatment, Wait | HandOff)  # or it can have made nothing worse
        worse = worsening(case, treatment, *([symptom] if changed else []))
        while (now := clock.monotonic()) < deadline:
            fact = look_once(case, symptom.probe, phase, since(case, treatment))
            if symptom.find({symptom.probe.name: revive(symptom.probe, fact)}).answer is Answer.NO:
                return
            if (worsened := worse.seen(fact)) is not None:
                case.say(f"read:{phase}:{fact.at.isoformat()}", fact)
                case.say(key(tried), worsened)
                return
            clock.sleep(min(every(case, now - began), deadline - now))

    step(f"after_{treatment.name}", wait, shown=f"Is it over: {symptom.sentence}?")()
    return ask_symptom(case, phase, since(case, treatment))


def every(case: Case[E, P], waited: float) -> float:
    """Seconds until the next look, for who has waited for so many."""
    first = max(case.paced(EVERY).total_seconds(), FASTEST.total_seconds(), engine().unchanged_for())
    return max(first, min(waited / RARER, case.paced(RAREST).total_seconds()))


def patience(case: Case[E, P], within: timedelta) -> float:
    """Seconds that are waited at most; fewer in practice environments."""
    return min(within, max(case.paced(within), SHORTEST)).total_seconds()


def _watch(case: Case[E, P], mitigation: Mitigation[E, P] | Manual[E, P]) -> Validated:
    evidence, must_hold = mitigation.validated_by, case.paced(mitigation.holds_for).total_seconds()
    symptom, worse = case.runbook.symptom, worsening(case, mitigation, mitigation.validated_by, case.runbook.symptom)
    beside = [symptom.probe] if symptom.gauge and symptom.probe.name != evidence.probe.name else []
    began = clock.monotonic()
    deadline = began + patience(case, mitigation.within)
    looks, steady, last, tried = 0, None, None, case.named(mitigation.name)
    after = clock.now()
    kept: list[Read] = []
    while True:
        fact = look_once(case, evidence.probe, f"validate:{tried}", after)
        finding = evidence.find({evidence.probe.name: revive(evidence.probe, fact)})
        looks, now = looks + 1, clock.monotonic()
        steady = (steady if steady is not None else now) if finding.answer is Answer.YES else None
        others = [look_once(case, probe, fact.phase, after) for probe in beside]
        worsened = worse.seen(fact, *others)
        held = steady is not None and now - steady >= must_hold and worsened is None
        over = held or worsened is not None or (now >= deadline and steady is None)
        if over or finding.answer is not last or (len(kept) < KEPT and moved(kept[-1], fact)):
            case.say(f"read:{fact.phase}:{fact.at.isoformat()}", fact)
            kept.append(fact)
        if worsened is not None:
            for other in others:
                case.say(f"read:{other.phase}:{other.probe}:{other.at.isoformat()}", other)
            case.say(key(tried), worsened)
        if over:
            took = timedelta(seconds=round(now - began, 3))
            return Validated(mitigation=mitigation.name, held=held, finding=finding, looks=looks, took=took)
        last = finding.answer
        enough = deadline if steady is None else steady + must_hold
        clock.sleep(min(every(case, now - began), max(enough - now, FASTEST.total_seconds())))


def moved(before: Read, now: Read) -> bool:
    """Whether a look tells something new: one of its figures is not about what it was when a look was last kept."""
    known = {figure.name: figure.value for figure in before.figures}
    return any(
        figure.name not in known or abs(figure.value - known[figure.name]) > MOVED * abs(known[figure.name])
        for figure in now.figures
    )
