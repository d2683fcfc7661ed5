"""The shared part about what is usual: each sentence where it holds, where it does not, and where nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.parts.usual import AskedUsual, usual
from journal.facts.words import Answer
from runbook import Compared, Form, Reading, compared
from tasks.cloudwatch.read import Metric
from tests.flows.test_released import Here

FAILED = Metric(name="failed", namespace="n", metric="failed", statistic="Sum")
ASKED = AskedUsual[Here, Form](
    usual("requests that fail", lambda _: (FAILED, None)), "requests that fail", points=1.0, floor=2.0
)
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def failing(now: float, *weeks: float) -> Compared:
    return compared("requests that fail", now, weeks, unit="%", of=900)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (failing(9.0, 1.0, 1.2), (UNKNOWN, UNKNOWN)),
        (failing(0.9, 0.1, 0.1), (NO, YES)),
        (failing(9.0, 1.0, 1.2, 1.1, 1.0), (YES, NO)),
        (failing(1.9, 0.1, 0.1, 0.1, 0.1), (NO, NO)),
        (failing(1.2, 1.0, 1.2, 1.1, 1.0), (NO, YES)),
        (failing(9.0, 8.8, 9.1, 9.0, 8.9), (NO, YES)),
    ],
    ids=["two weeks", "two weeks, and next to nothing", "unusual", "little, and not back yet", "usual", "always so"],
)
def test_what_the_sentences_say(value: Compared, said: tuple[Answer, Answer]) -> None:
    reading = Reading(probe=ASKED.probe.name, at=datetime(2026, 3, 14, tzinfo=UTC), took=timedelta(0), value=value)
    seen = {ASKED.probe.name: reading}
    assert (ASKED.unusual.find(seen).answer, ASKED.as_usual.find(seen).answer) == said


def test_its_gauge_is_a_figure_with_a_unit() -> None:
    assert ASKED.unusual.gauge is not None
    assert failing(9.0).figures()[ASKED.unusual.gauge] == (9.0, "%")
    assert ASKED.probe.permissions == ("cloudwatch:GetMetricData",)
