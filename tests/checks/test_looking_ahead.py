"""A check that looks ahead: who is told that the disk is full in about three days, and when nobody can tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from pydantic import BaseModel, SecretStr

from blocks.aws import Aws
from blocks.notifier import Notifier
from deployments.checks import outcome
from deployments.checks.measures import Measure, measured
from flows.rung.system import SYSTEM
from journal.facts.closed import Noted
from journal.schema import LEDGER
from journal.store import Journal
from sandbox.pager import Pager
from sandbox.within.engine import ProcessEngine
from tasks.engine import carried_by
from tests.tasks.raw import Answers, answering

DISK = Measure.model_validate(next(one for one in SYSTEM.checks if one.name == "disk").parameters["measure"])
GB, DAY = 1e9, timedelta(days=1)
Goes = Callable[[timedelta], float | None]
"""What is free so long ago, in bytes; nothing where nobody measured."""


class Here(BaseModel):
    aws: Aws
    notifier: Notifier
    db_instance: str = "rung-prod"


@pytest.fixture
def look(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Goes], State[Any]]]:
    """Ask the check of rung's disk, in a world where free space goes as it is told."""
    going: list[Goes] = []
    plain = Answers.take

    def take(answers: Answers, operation: str, given: Any) -> tuple[int, dict[str, str], str]:
        if operation != "GetMetricData":
            return plain(answers, operation, given)
        (query,) = given["MetricDataQueries"]
        period, now = query["MetricStat"]["Period"], datetime.now(UTC).timestamp()
        at = range(int(given["StartTime"]), int(given["EndTime"]), period)
        seen = [(one, value) for one in at if (value := going[-1](timedelta(seconds=now - one))) is not None]
        result = {"Id": query["Id"], "Label": "", "StatusCode": "Complete"}
        result |= {"Timestamps": [one for one, _ in seen], "Values": [value for _, value in seen]}
        return 200, {}, json.dumps({"MetricDataResults": [result], "Messages": []})

    monkeypatch.setattr(Answers, "take", take)
    with ExitStack() as open_:
        aws, _ = open_.enter_context(answering())
        pager = open_.enter_context(Pager())
        open_.enter_context(carried_by(ProcessEngine({}, journal)))
        here = Here(aws=aws, notifier=Notifier(urls=[SecretStr(pager.address("team"))]))
        monkeypatch.setattr(outcome, "environment", lambda system, name: here)

        def ask(goes: Goes) -> State[Any]:
            going.append(goes)
            return measured.fn("rung", "rung-prod", DISK)

        yield ask


def told(journal: Journal) -> list[str]:
    return [entry.fact.text for entry in journal.entries(LEDGER) if isinstance(entry.fact, Noted)]


def test_people_are_told_once_a_day_that_the_disk_is_full_soon(
    look: Callable[[Goes], State[Any]], journal: Journal
) -> None:
    for _ in range(2):
        state = look(lambda ago: 54 * GB + 20 * GB * (ago / DAY))
        assert (state.name, state.type) == ("Found", "FAILED")
        assert "rung-prod: The database's disk is full in about 3 days, at the pace of the last 3 days" in state.message
    (kept,) = told(journal)
    assert "is full in about 3 days" in kept


@pytest.mark.parametrize(
    ("goes", "said"),
    [
        (lambda ago: 54 * GB + GB * (ago / DAY), "How it goes on is not known: 0 bytes is too far to tell"),
        (lambda ago: 54 * GB, "How it goes on is not known: it neither clearly rises nor falls"),
        (lambda ago: 540 * GB if ago > DAY else 54 * GB, "How it goes on is not known: it neither"),
        (lambda ago: 54 * GB if ago < timedelta(minutes=30) else None, "How it goes on is not known: "),
        (lambda ago: 100 * GB + 20 * GB * (ago / DAY), "GB a day"),
    ],
    ids=["far", "still", "jumped", "new", "in five days"],
)
def test_nobody_is_told_of_what_is_far_or_what_nobody_knows(
    goes: Goes, said: str, look: Callable[[Goes], State[Any]], journal: Journal
) -> None:
    state = look(goes)
    assert (state.name, state.type) == ("Quiet", "COMPLETED")
    assert said in state.message
    assert told(journal) == []


def test_a_limit_that_is_passed_is_told_as_ever(look: Callable[[Goes], State[Any]], journal: Journal) -> None:
    state = look(lambda ago: 5 * GB)
    assert state.name == "Found"
    (kept,) = told(journal)
    assert "less than 10 GB left: 5 GB" in kept
