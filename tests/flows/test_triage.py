"""Triage's own judgement: silence is not health, and a deeper problem explains the one on the surface."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.rung.triage import AREAS, CAUSES, RUNBOOK, Params
from flows.signs import Overview, Sign, look_at
from journal.facts.words import Answer, Standing
from runbook import Context, HandOff, Permanent, Reading
from runbook.judging import rank
from tasks.cloudwatch.alarms import Alarms

NOW = datetime(2026, 2, 3, 4, 0, tzinfo=UTC)
RUNBOOK_PARAMS = Params()


def overview(**answers: Answer) -> Overview:
    return Overview(
        areas={area.name: Sign(answer=answers.get(area.name, Answer.NO), observed="seen") for area in AREAS}
    )


def test_nothing_wrong_is_said_only_when_everything_was_seen() -> None:
    assert overview().anything() is False
    assert overview(high_latency=Answer.YES, mfa_issues=Answer.UNKNOWN).anything() is True
    with pytest.raises(LookupError, match="mfa_issues could not be seen"):
        overview(mfa_issues=Answer.UNKNOWN).anything()


def test_a_symptom_that_a_deeper_one_explains_is_not_handed_over() -> None:
    quiet = Alarms(prefix="rung", alarms={}, asked_at=NOW)
    seen = overview(high_latency=Answer.YES, connection_exhaustion=Answer.YES)
    readings = {
        name: Reading(probe=name, at=NOW, took=timedelta(0), value=value)
        for name, value in (("overview", seen), ("alarms", quiet))
    }
    ranked = rank(CAUSES.values(), readings, unnamed=RUNBOOK.unnamed)
    standing = {verdict.hypothesis: verdict.standing for verdict in ranked}
    assert standing["connection_exhaustion"] is Standing.SUPPORTED
    assert standing["high_latency"] is Standing.CONTESTED
    assert standing["mfa_issues"] is Standing.REFUTED


def test_what_one_runbook_cannot_see_is_unknown_and_no_more() -> None:
    class Blind:
        @property
        def database(self) -> object:
            raise Permanent("The database does not let us in; look by hand.")

    sign = look_at(AREAS[0], Context(env=Blind(), params=RUNBOOK_PARAMS))
    assert sign.answer is Answer.UNKNOWN
    assert "does not let us in" in sign.observed


def test_a_form_that_does_not_take_what_this_incident_was_started_with_is_unknown() -> None:
    here = next(area for area in AREAS if area.name == "s3_access_denied")
    sign = look_at(here, Context(env=None, params=Params(window=timedelta(hours=7))))
    assert sign.answer is Answer.UNKNOWN
    assert "does not take these parameters: window" in sign.observed


def test_it_hands_over_to_each_runbook_with_parameters_that_runbook_takes() -> None:
    for step, area in zip(RUNBOOK.mitigations, AREAS, strict=True):
        assert isinstance(step, HandOff)
        assert step.to is area.runbook
        given = step.params(Context(env=None, params=RUNBOOK_PARAMS))
        assert area.form.model_validate(given).environment == RUNBOOK_PARAMS.environment
