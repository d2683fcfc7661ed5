"""What an incident does while its system is in shadow: it says what would be done, and looks whether it ends by itself.

Called by `flows.shadow` in place of a treatment. The looks are journaled one by one, so a process that takes over goes
on with the next; their number is bounded whatever a clock says.
"""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from pydantic import ValidationError

from journal import clock, waits
from journal.facts.decided import Passed, Planned
from journal.facts.seen import SymptomAsked, Verdict
from journal.facts.shadow import Shadowed, Would
from journal.facts.words import Answer
from journal.shadow import NAME, InShadow, both_or_none, shadow_of
from journal.wording import span
from runbook import Approval, Examination, HandOff, Manual, Mitigation, Step, Wait
from runbook.mitigation import Changing
from tasks.case import Case, E, P
from tasks.channel import suspend
from tasks.hypothesize import ask_symptom
from tasks.in_vain import given_in_vain
from tasks.plan import plan
from tasks.request import TIME, as_task, as_told, question

EVERY, SOONEST = timedelta(minutes=3), timedelta(seconds=1)
LOOKS = 5
"""How often, and how many times, the symptom is asked again; once more where it was not there at the last."""

_BEGUN = ("ask", "task", "wait", "passed", "intended", "handed_off")
"""How the keys begin of what was asked or done about a treatment; a plan alone is nothing yet."""

LIFTED = "lifted"
"""What became of a watch that somebody ended by lifting the shadow."""


def in_shadow(case: Case[E, P]) -> InShadow | None:
    """The shadow of the incident's system. None where nobody can read it: the guardrail holds all changes back then."""
    try:
        return shadow_of(case.journal, case.runbook.system)
    except ValidationError:
        return None


def unasked(case: Case[E, P], key: str, mitigation: str) -> Passed | None:
    """Why this is not asked: the system came into shadow since; nothing, where it was asked before that."""
    shadow = in_shadow(case)
    if shadow is None or case.journal.recorded(case.incident, key) is not None:
        return None
    return Passed(mitigation=mitigation, by=NAME, why=f"{shadow.system} is in shadow, so nobody was asked.")


def under_way(case: Case[E, P], treatment: Step[E, P]) -> bool:
    """Whether this treatment was asked for, begun or passed over before: then it goes the way that is recorded.

    Of a procedure, whether any of its steps was: the next one then stops it, as whatever else keeps it from being done.
    """
    procedure, entries = case.runbook.procedure, case.journal.entries(case.incident)
    tried = [case.named(one.name) for one in (procedure.steps if procedure is not None else (treatment,))]
    return any(entry.key.split(":")[:2] in [[begun, one] for begun in _BEGUN for one in tried] for entry in entries)


def goes_on(case: Case[E, P], handoff: HandOff[E, P]) -> bool:
    """Whether the runbook that is handed to is in shadow as well: it changes nothing either, and says more.

    One that would come back is not started: nothing would be there to come back for.
    """
    return not handoff.returns and alike(case, handoff.to.name) and in_shadow(case) is not None


def alike(case: Case[E, P], runbook: str) -> bool:
    """Whether another runbook's system is in shadow exactly if this incident's is.

    What is watched starts nothing that acts, and what acts is not left to one that only watches.
    """
    return both_or_none(case.journal, case.runbook.system, runbook.partition(".")[0])


def shut(case: Case[E, P], handoff: HandOff[E, P]) -> bool:
    """Whether a hand-off is passed over since nobody would be asked or paged there; a person is told so at the end."""
    key = f"passed:{handoff.name}"
    if case.said(key, Passed) is not None:
        return True
    if under_way(case, handoff) or alike(case, handoff.to.name):
        return False
    why = f"The runbook {handoff.to.title} belongs to {handoff.to.system}, which is in shadow: nobody is paged there."
    case.say(key, Passed(mitigation=handoff.name, by=NAME, why=why))
    return True


def meant(case: Case[E, P], treatment: Step[E, P], verdict: Verdict | None, shadow: InShadow) -> Shadowed | None:
    """What would be done, in the words that people would read. Nothing, where the treatment comes to nothing itself."""
    match treatment:
        case Mitigation() | Examination():
            planned = plan(case, treatment, verdict)
            if isinstance(planned, Passed):
                return None
            text = f"{_who(treatment)}\n\n{question(case, planned, verdict)}"
            would = Would.EXAMINATION if isinstance(treatment, Examination) else Would.CHANGE
            return _said(shadow, would, planned, text)
        case Manual():
            steps = as_told(case, treatment)
            if given_in_vain(case, treatment.name, steps) is not None:
                return None
            text = as_task(case, treatment.title, steps, treatment.validated_by.sentence)
            return _said(shadow, Would.TASK, treatment, text)
        case Wait():
            so_long = f"({treatment.until.sentence}), for {span(treatment.within)} at most"
            text = f"It would be waited until it is over {so_long}. {treatment.says}"
            return _said(shadow, Would.WAIT, treatment, text)
        case HandOff():
            started = "was started: it is in shadow as well" if goes_on(case, treatment) else "would have been started"
            back = " It would have been waited for its end, and gone on after that." if treatment.returns else ""
            text = f"The runbook {treatment.to.title} ({treatment.to.name}) {started}.{back}"
            return _said(shadow, Would.HAND_OFF, treatment, text)
        case _:
            assert_never(treatment)


def _who(mitigation: Changing[E, P]) -> str:
    if isinstance(mitigation.approval, Approval):
        return f"To be approved by {mitigation.approval.by}:"
    return "It would have been carried out without asking anybody:"


def _said(
    shadow: InShadow, would: Would, step: Planned | Manual[E, P] | Wait[E, P] | HandOff[E, P], text: str
) -> Shadowed:
    return Shadowed(
        on=True,
        by=shadow.by,
        why=shadow.why,
        would=would,
        mitigation=step.mitigation if isinstance(step, Planned) else step.name,
        title=step.title,
        digest=step.digest if isinstance(step, Planned) else "",
        text=text,
    )


def held_back(case: Case[E, P], shadow: InShadow) -> Shadowed | None:
    """What was planned already, and was kept from being carried out by the shadow; nothing where nothing was.

    In shadow no yes counts, so a plan whose time was up meanwhile is one of them.
    """
    entries = case.journal.entries(case.incident)
    plans = {e.fact.mitigation: e.fact for e in entries if isinstance(e.fact, Planned)}
    passed = [(e.at, e.fact) for e in entries if isinstance(e.fact, Passed)]
    by_us = [one.mitigation for at, one in passed if one.by == NAME or (one.by == TIME and at >= shadow.since)]
    planned = next((plans[name] for name in reversed(by_us) if name in plans), None)
    if planned is None:
        return None
    text = f"It was planned before the system came into shadow, and a yes would have counted: {planned.summary}"
    return _said(shadow, Would.CHANGE, planned, text)


def watch(case: Case[E, P], times: int) -> Answer | str:
    """Whether the symptom is still there after a while, seen not to be there twice in a row before it counts as over.

    `LIFTED` where the shadow ended meanwhile. `times` is how often the incident has come into shadow. Between two looks
    the run is suspended, as for a wait: the watch has it make the next one.
    """
    last, answer = Answer.UNKNOWN, Answer.UNKNOWN
    for number in range(1, LOOKS + 2):
        if number > LOOKS and answer is not Answer.NO:
            break
        phase = f"{waits.shadow_phase(times)}{number}"
        if case.said(f"symptom:{phase}", SymptomAsked) is None:
            if in_shadow(case) is None:
                return LIFTED
            _until_it_is_time(case, times)
        last, answer = answer, ask_symptom(case, phase).answer
        if last is answer is Answer.NO:
            break
    return answer if answer is not Answer.NO or last is Answer.NO else Answer.UNKNOWN


def _until_it_is_time(case: Case[E, P], times: int) -> None:
    """End this pass, unless the next look is due."""
    entries = case.journal.entries(case.incident)
    if not waits.due(entries, None, clock.now()):
        suspend(None, f"shadow-{times}", clock.now() + pace(case))


def pace(case: Case[E, P]) -> timedelta:
    """How often it is looked: in practice environments faster."""
    return max(case.paced(EVERY), SOONEST)
