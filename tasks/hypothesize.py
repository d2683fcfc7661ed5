"""Turn readings into answers: whether the symptom is there, and which causes the evidence speaks for."""

from __future__ import annotations

import os
from datetime import datetime

from journal.confirming import past
from journal.facts.done import Carried, Validated
from journal.facts.seen import Finding, Judged, Past, SymptomAsked, Verdict
from journal.facts.waited import WaitOver
from journal.facts.words import Act
from journal.store import Journal
from journal.timeline_words import ranking
from runbook import Runbook, Step
from runbook.evidence import Readings
from runbook.judging import rank
from runbook.rendering import ranking_as_markdown
from tasks.case import Case, E, P
from tasks.engine import engine
from tasks.gather import GATHER, gather
from tasks.step import step

KEY = "judged"

LEARNING = "CODEBLUE_LEARNING"
"""Environment variable: `off` judges by the declared priors, whatever was confirmed before."""


def ask_symptom(case: Case[E, P], phase: str, since: datetime | None = None) -> Finding:
    """Ask the symptom once per phase; fresh in every phase."""
    key = f"symptom:{phase}"
    if (known := case.said(key, SymptomAsked)) is not None:
        return known.finding
    symptom = case.runbook.symptom
    finding = symptom.find(gather(case, [symptom.probe], phase, since))
    kept = case.say(key, SymptomAsked(phase=phase, finding=finding)).fact
    assert isinstance(kept, SymptomAsked)
    return kept.finding


def look_again(case: Case[E, P], treatment: Step[E, P], over: int) -> tuple[Verdict, ...]:
    """Everything asked and judged anew, after an act that did not end the symptom; so many rounds are `over`.

    What was taken back is no reason to look back less far: the world is as it was before.
    """
    tried = case.named(treatment.name)
    undone = case.said(f"carried:{tried}:{Act.UNDO}:1", Carried) is not None
    back_to = None if undone else since(case, treatment)
    phase = f"after:{tried}"
    return hypothesize(case, gather(case, case.runbook.probes().values(), phase, back_to), phase, over)


def since(case: Case[E, P], treatment: Step[E, P]) -> datetime | None:
    """From when on what is seen speaks of the world after a treatment: when its validation began.

    After a wait: since when it was over. One that was in vain changes nothing.
    """
    if (waited := case.said(f"waited:{case.named(treatment.name)}", WaitOver)) is not None:
        return waited.since
    entry = case.journal.recorded(case.incident, f"validated:{case.named(treatment.name)}")
    return entry.at - entry.fact.took if entry is not None and isinstance(entry.fact, Validated) else None


def judged(case: Case[E, P]) -> tuple[Verdict, ...]:
    """The ranking as it is now."""
    return ranking(case.journal.entries(case.incident))


def hypothesize(case: Case[E, P], readings: Readings, phase: str = GATHER, over: int = 0) -> tuple[Verdict, ...]:
    """All verdicts, most likely first; also shown as an artifact of the flow run. So many rounds are `over`."""
    key = KEY if phase == GATHER else f"{KEY}:{phase}"
    if (known := case.said(key, Judged)) is not None:
        return known.ranking

    def judge() -> tuple[Verdict, ...]:
        runbook = case.runbook
        found = judge_by(runbook, readings, earlier(case))
        kept = case.said_as(key, Judged(ranking=found, after=over))
        engine().show(
            key=f"{case.incident.lower()}-ranking",
            markdown=ranking_as_markdown(kept.ranking),
            description=f"What speaks for and against each cause of {case.incident}",
        )
        return kept.ranking

    return step("hypothesize", judge, shown="Which causes does the evidence speak for?")()


def judge_by(runbook: Runbook[E, P], readings: Readings, earlier: Past) -> tuple[Verdict, ...]:
    """The verdicts that a declaration gives these readings. Pure: `tasks.replay` asks it of readings of long ago."""
    return rank(runbook.hypotheses, readings, earlier, unnamed=runbook.unnamed)


def earlier(case: Case[E, P]) -> Past:
    """What people confirmed in earlier incidents of this runbook; nothing, where learning is switched off."""
    return confirmed_before(case.journal, case.runbook.name, case.incident)


def confirmed_before(journal: Journal, runbook: str, incident: str, until: datetime | None = None) -> Past:
    """The same of any incident, as far as it had been said by a time."""
    if os.environ.get(LEARNING, "on").strip().lower() == "off":
        return Past()
    return past(journal, runbook, before=incident, until=until)
