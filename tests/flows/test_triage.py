"""Triage's own judgement: silence is not health, and a deeper problem explains the one on the surface."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.rung.triage import AREAS, CAUSES, RUNBOOK, Params, away, stray
from flows.signs import Overview, Sign, look_at, look_at_all
from journal.facts.words import Answer, Standing
from runbook import Context, HandOff, Permanent, Reading, SlowDown
from runbook.judging import rank
from tasks.cloudwatch.alarms import Alarm, Alarms
from tasks.ecs.read import Service, Services

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


def test_what_no_runbook_is_for_is_seen_as_well() -> None:
    assert overview().model_copy(update={"besides": ("rung-reports-late-prod has gone off",)}).anything()
    with pytest.raises(LookupError, match="services could not be seen"):
        overview().model_copy(update={"unseen": ("services",)}).anything()


def test_an_alarm_that_starts_no_runbook_is_told_from_those_that_do_and_from_those_made_of_others() -> None:
    def off(name: str, watches: str = "Rung/Reports Age") -> Alarm:
        return Alarm(
            name=name, state="ALARM", since=NOW, changed=NOW, enabled=True, tells=(), tells_ok=(), watches=watches
        )

    every = [off("rung-reports-late-prod"), off("rung-n8n-errors-prod"), off("rung-api-prod", watches="")]
    found = Alarms(prefix="rung", alarms={one.name: one for one in every}, asked_at=NOW)
    assert stray(found) == ["rung-reports-late-prod has gone off"]


def test_a_service_is_away_when_it_wants_tasks_and_runs_none() -> None:
    def one(running: int, desired: int) -> Service:
        return Service(running=running, desired=desired, definition="x:1")

    found = Services(services={"web": one(1, 2), "n8n": one(0, 1), "old": one(0, 0)})
    assert away(found) == ["n8n runs none of its tasks"]


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

    sign = look_at(AREAS[0], Context(env=Blind(), params=RUNBOOK_PARAMS), [])
    assert sign.answer is Answer.UNKNOWN
    assert "does not let us in" in sign.observed


def test_who_is_throttled_is_asked_again_with_patience_and_costs_no_other_sign() -> None:
    class Throttled:
        def __getattr__(self, _name: str) -> object:
            raise SlowDown("AWS asks to slow down.")

    def wrong() -> list[str]:
        raise SlowDown("So does ECS.")

    with pytest.raises(SlowDown) as turned_away:
        look_at_all(AREAS[:1], Context(env=Throttled(), params=RUNBOOK_PARAMS), {"services": wrong})
    seen = turned_away.value.so_far
    assert isinstance(seen, Overview)
    assert seen.areas["connection_exhaustion"].answer is Answer.UNKNOWN
    assert seen.unseen == ("services (So does ECS.)",)


def test_a_form_that_does_not_take_what_this_incident_was_started_with_is_unknown() -> None:
    here = next(area for area in AREAS if area.name == "s3_access_denied")
    sign = look_at(here, Context(env=None, params=Params(window=timedelta(hours=7))), [])
    assert sign.answer is Answer.UNKNOWN
    assert "does not take these parameters: window" in sign.observed


def test_it_hands_over_to_each_runbook_with_parameters_that_runbook_takes() -> None:
    for step, area in zip(RUNBOOK.mitigations, AREAS, strict=True):
        assert isinstance(step, HandOff)
        assert step.to is area.runbook
        given = step.params(Context(env=None, params=RUNBOOK_PARAMS))
        assert area.form.model_validate(given).environment == RUNBOOK_PARAMS.environment
