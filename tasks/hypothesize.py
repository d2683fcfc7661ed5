"""Turn readings into answers: whether the symptom is there, and which causes the evidence speaks for."""

from __future__ import annotations

import os

from journal.confirming import past
from journal.facts.seen import Finding, Judged, Past, SymptomAsked, Verdict
from runbook.evidence import Readings
from runbook.judging import rank
from runbook.rendering import ranking_as_markdown
from tasks.case import Case, E, P
from tasks.engine import engine
from tasks.gather import gather
from tasks.step import step

KEY = "judged"

LEARNING = "CODEBLUE_LEARNING"
"""Environment variable: `off` judges by the declared priors, whatever was confirmed before."""


def ask_symptom(case: Case[E, P], phase: str) -> Finding:
    """Ask the symptom once per phase; fresh in every phase."""
    key = f"symptom:{phase}"
    if (known := case.said(key, SymptomAsked)) is not None:
        return known.finding
    symptom = case.runbook.symptom
    finding = symptom.find(gather(case, [symptom.probe], phase))
    kept = case.say(key, SymptomAsked(phase=phase, finding=finding)).fact
    assert isinstance(kept, SymptomAsked)
    return kept.finding


def hypothesize(case: Case[E, P], readings: Readings) -> tuple[Verdict, ...]:
    """All verdicts, most likely first; also shown as an artifact of the flow run."""
    if (known := case.said(KEY, Judged)) is not None:
        return known.ranking

    def judge() -> tuple[Verdict, ...]:
        kept = case.said_as(KEY, Judged(ranking=rank(case.runbook.hypotheses, readings, earlier(case))))
        engine().show(
            key=f"{case.incident.lower()}-ranking",
            markdown=ranking_as_markdown(kept.ranking),
            description=f"What speaks for and against each cause of {case.incident}",
        )
        return kept.ranking

    return step("hypothesize", judge, shown="Which causes does the evidence speak for?")()


def earlier(case: Case[E, P]) -> Past:
    """What people confirmed in earlier incidents of this runbook; nothing, where learning is switched off."""
    if os.environ.get(LEARNING, "on").strip().lower() == "off":
        return Past()
    return past(case.journal, case.runbook.name, before=case.incident)
