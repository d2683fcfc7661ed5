"""Is it really not there? Before an incident is put aside, the symptom is looked at for a whole period.

An alert may be quicker than the look: the newest whole period of a metric can lie before the trouble. And values that
are late may still come. So *no* must hold for a whole period, and *unknown* is waited for; either is looked at again
and again meanwhile, and the first *yes* counts.
"""

from __future__ import annotations

from datetime import timedelta

from journal import clock
from journal.facts.seen import AGAIN, Finding, SymptomAsked
from journal.facts.words import Answer
from tasks.case import Case, E, P
from tasks.gather import PATIENCE, look_once, revive
from tasks.hypothesize import ask_symptom
from tasks.step import step

MOMENT = timedelta(minutes=1)
"""A whole period of what is not counted by periods, such as sessions."""

SETTLES = timedelta(minutes=1)
"""How long the values of a period may take to settle once it is over."""

LOOKS = 12
"""So often is it looked at in that time."""


def ask_at_length(case: Case[E, P]) -> Finding:
    """The symptom, after having looked for a whole period whether it shows. Called where it did not at first."""
    if (known := case.said(f"symptom:{AGAIN}", SymptomAsked)) is not None:
        return known.finding
    step("is_it_there", lambda: _watch(case), shown=f"Is it really not so: {case.runbook.symptom.sentence}?")()
    return ask_symptom(case, AGAIN)


def period(case: Case[E, P]) -> timedelta:
    """What a value stands for where the runbook's form says so, and the time until it is settled; else a minute."""
    stands_for = getattr(case.context.params, "period", None)
    if isinstance(stands_for, timedelta):
        return stands_for + min(SETTLES, stands_for / 5)  # metrics keep no practice pace: their periods are as they are
    return case.paced(MOMENT)


def _watch(case: Case[E, P]) -> None:
    """Look until it shows, or has not shown for a whole period, or nobody could see for as long as patience lasts."""
    symptom, whole = case.runbook.symptom, period(case).total_seconds()
    began = clock.monotonic()
    patience = max(case.paced(PATIENCE).total_seconds(), whole)
    quiet_since: float | None = None
    while True:
        finding = symptom.find({symptom.probe.name: revive(symptom.probe, look_once(case, symptom.probe, AGAIN))})
        now = clock.monotonic()
        if finding.answer is Answer.YES:
            return
        quiet_since = (quiet_since if quiet_since is not None else now) if finding.answer is Answer.NO else None
        if quiet_since is None and now - began >= patience:
            return
        if quiet_since is not None and now - quiet_since >= whole:
            return
        if now - began >= patience + whole:
            return
        clock.sleep(whole / LOOKS)
