"""Who is handed over is told by this page's own trouble, and not only by what else is wrong beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.rung import false_positive_alerts, high_error_rate, triage
from flows.signs import Overview, Sign, sign_of
from journal.facts.words import Answer, Standing
from runbook import Facts, Reading, Runbook, Unreadable
from runbook.judging import rank
from tasks.cloudwatch.alarms import Alarms
from tasks.logs.read import Events
from tasks.postgres.read import Slots
from tests.flows.test_noisy_alarms import seen

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def read(name: str, value: Facts | None) -> Reading[Facts] | Unreadable:
    """What a probe saw; of nothing, that it could not look."""
    if value is None:
        return Unreadable(probe=name, at=NOW, took=timedelta(0), why="may not look today")
    return Reading(probe=name, at=NOW, took=timedelta(0), value=value)


def supported(runbook: Runbook[Any, Any], seen: Mapping[str, Facts | None]) -> list[str]:
    readings = {name: read(name, value) for name, value in seen.items()}
    ranking = rank(runbook.hypotheses, readings, unnamed=runbook.unnamed)
    return [one.hypothesis for one in ranking if one.standing is Standing.SUPPORTED]


def logged(**kinds: int) -> Events:
    return Events(group="/x", total=sum(kinds.values()), kinds=kinds, complete=True, window=timedelta(hours=1))


@pytest.mark.parametrize(
    ("errors", "blamed"),
    [
        (logged(connections=12), ["no_connections"]),
        (logged(connections=4, code=8), ["no_connections"]),
        (logged(timeout=12), []),  # every slot is taken, and no request was refused one
        (logged(connections=1, code=39), []),
        (None, []),
    ],
)
def test_full_slots_are_why_requests_fail_only_where_they_are_refused_one(
    errors: Events | None, blamed: list[str]
) -> None:
    full = Slots(limit=40, reserved=6, taken=34, refused=False)
    assert supported(high_error_rate.RUNBOOK, {"slots": full, "errors": errors}) == blamed


FALSE_ALARMS = next(one for one in triage.AREAS if one.runbook is false_positive_alerts.RUNBOOK)
QUIET = Alarms(prefix="rung", alarms={}, asked_at=NOW)


def of_alarm(sign: Sign) -> list[str]:
    """Whom triage would hand over to when that is all that is wrong, and nobody can see how most others are."""
    others = {area.name: Sign(answer=Answer.UNKNOWN, observed="not seen") for area in triage.AREAS}
    overview = Overview(areas={**others, FALSE_ALARMS.name: sign})
    return supported(triage.RUNBOOK, {"overview": overview, "alarms": QUIET})


@pytest.mark.parametrize(
    ("shape", "more", "blamed"),
    [
        ("hovering", {"guards": True}, ["false_positive_alerts"]),
        ("single", {"guards": False}, ["false_positive_alerts"]),
        ("sparse", {"guards": True, "missing": "breaching"}, ["false_positive_alerts"]),
        ("rare", {"guards": True, "tells_ok": False}, ["false_positive_alerts"]),
        ("single", {"guards": True}, []),  # single values of what guards people may be somebody who tries passwords
        ("slow_attack", {"guards": False}, []),
        ("slow_attack", {"guards": True}, []),
        ("slow_singles", {"guards": True}, []),
        ("attack", {"guards": True}, []),
        ("batches", {"guards": True}, []),
        ("risen", {"guards": False}, []),
    ],
)
def test_an_alarm_is_called_false_only_where_its_own_values_speak_for_a_harmless_cause(
    shape: str, more: dict[str, Any], blamed: list[str]
) -> None:
    sign = sign_of(FALSE_ALARMS, seen(shape, **more)["noise"])
    assert sign.answer is Answer.YES, "people are told of something all the same"
    assert of_alarm(sign) == blamed


def test_of_an_alarm_that_nobody_can_see_nothing_is_said() -> None:
    sign = sign_of(FALSE_ALARMS, read("noise", None))
    assert (sign.answer, sign.treated) == (Answer.UNKNOWN, Answer.UNKNOWN)
    assert of_alarm(sign) == []
