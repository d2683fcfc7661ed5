"""In place of a treatment: what happens in a system that is in shadow, and how its incidents end."""

from __future__ import annotations

from flows.closing import close
from journal.facts.closed import Closed
from journal.facts.seen import Verdict
from journal.facts.shadow import Shadowed
from journal.facts.words import Answer, Ending
from journal.shadow import InShadow, latest, say
from journal.timeline_events import would_words
from journal.wording import sentence
from runbook import HandOff, Step
from tasks.case import Case, E, P
from tasks.endings import recovered
from tasks.shadow import LIFTED, goes_on, held_back, in_shadow, meant, pace, under_way, watch


def instead(case: Case[E, P], treatment: Step[E, P], verdict: Verdict | None = None) -> Closed | None:
    """How the incident ended without the treatment; nothing where it goes on with it as usual.

    So it does also when the shadow is lifted while the incident is watched: a person may be asked from then on.
    """
    if (shadow := _shadow(case)) is None or under_way(case, treatment):
        return None
    would = held_back(case, shadow) or meant(case, treatment, verdict, shadow)
    if would is None:
        return None
    if isinstance(treatment, HandOff) and goes_on(case, treatment):
        _said(case, would)
        return None
    return _watched(case, would, "")


def at_the_end(case: Case[E, P], text: str, stopped: Step[E, P] | None = None) -> Closed | None:
    """The same where no treatment is left, or a step `stopped` a procedure, and `text` says what is known."""
    if (shadow := _shadow(case)) is None:
        return None
    would = held_back(case, shadow) or (meant(case, stopped, None, shadow) if stopped is not None else None)
    would = would or Shadowed(on=True, by=shadow.by, why=shadow.why)
    return _watched(case, would, text)


def _shadow(case: Case[E, P]) -> InShadow | None:
    """The shadow that holds. That one was lifted while no process was at work is recorded, and people are paged."""
    shadow, said = in_shadow(case), latest(case.journal.entries(case.incident))
    if shadow is None and said is not None and said.on:
        _lifted(case, said)
    return shadow


def _lifted(case: Case[E, P], said: Shadowed) -> None:
    say(case.journal, case.incident, Shadowed(on=False, by=said.by, why=said.why), flow_run=case.flow_run)


def _said(case: Case[E, P], would: Shadowed) -> Shadowed:
    """What is recorded of it, which an earlier process may have said."""
    said = latest(case.journal.entries(case.incident))
    if said is not None and said.on:
        return said
    say(case.journal, case.incident, would, flow_run=case.flow_run)
    return would


def _watched(case: Case[E, P], would: Shadowed, text: str) -> Closed | None:
    said = _said(case, would.model_copy(update={"every": pace(case)}))
    times = sum(isinstance(entry.fact, Shadowed) for entry in case.journal.entries(case.incident))
    found = watch(case, times)
    if found == LIFTED:
        _lifted(case, said)
        return None
    done = sentence(would_words(said).capitalize())
    if found is Answer.NO and case.runbook.procedure is None:
        return close(case, Ending.RECOVERED, f"{recovered(case)} {done}")
    still = {Answer.YES: "is still there", Answer.NO: "went away, and no procedure ends by that"}.get(
        Answer(found), "could not be seen any more"
    )
    return close(case, Ending.UNRESOLVED, " ".join((f"The symptom {still}. {done}", text)).strip())
