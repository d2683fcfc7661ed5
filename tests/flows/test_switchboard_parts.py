"""Shared parts about settings: what is said of one, and what a runbook that takes them plans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.aws import Aws
from blocks.notifier import Notifier
from blocks.switchboard import Allowed, Switchboard, Value
from journal.facts.words import Answer
from runbook import Context, Mitigation, Plan, Reading, Unreadable
from runbook.rendering import runbook_as_markdown
from sandbox.switchboard.board import Board, Bounds, Switch, Wish
from sandbox.switchboard.jobs import Job, Jobs
from sandbox.switchboard.server import serve
from sandbox.switchboard.serving import TOKENS, served
from tests.typing.kiosk import AS_USUAL, CALLS, PATIENT, REINDEX, RUNBOOK, SWITCH, Kiosk, Params

SET = SWITCH.is_set()


@pytest.fixture
def board() -> Board:
    at, bounds = datetime.now(UTC), Bounds(least=1, most=50)
    return Board((Switch(key=CALLS, type="int", value=20, lasting=20, changed_at=at, bounds=bounds),))


@pytest.fixture
def context(board: Board) -> Iterator[Context[Kiosk, Params]]:
    job = Job(name=REINDEX, about="Each is read anew.", items=lambda: ("a", "b"), do=lambda _: None)
    with served(serve(board, Jobs((job,)), TOKENS)) as url:
        switchboard = Switchboard.model_validate(
            {
                "url": url,
                "reading_token": TOKENS.reading,
                "changing_token": TOKENS.changing,
                "switches": [Allowed(key=CALLS, owner="the kiosk's team", least=1, most=50)],
                "tasks": [{"name": REINDEX, "owner": "the kiosk's team", "at_most": 5}],
            }
        )
        env = Kiosk(notifier=Notifier(), switchboard=switchboard, aws=Aws.placeholder())
        yield Context(env=env, params=Params(environment="kiosk-prod"))


def answers(context: Context[Kiosk, Params]) -> tuple[Answer, ...]:
    """What the switch shows: is it as usual, is it patient, has somebody set it?"""
    probe = SWITCH.probe
    now, took = datetime.now(UTC), timedelta(0)
    seen: Any = Reading(probe=probe.name, at=now, took=took, value=probe.read(context))
    return tuple(one.find({probe.name: seen}).answer for one in (AS_USUAL, PATIENT, SET))


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, (Answer.YES, Answer.NO, Answer.NO)), (4, (Answer.NO, Answer.YES, Answer.YES))],
)
def test_what_a_switch_shows(
    context: Context[Kiosk, Params], board: Board, value: Value | None, said: tuple[Answer, ...]
) -> None:
    if value is not None:
        wish = Wish(value=value, expires_after=600, incident="INC-1", reason="r")
        board.set(CALLS, wish, version=1, request="r")
    assert answers(context) == said


def test_a_switch_that_nobody_could_look_at_shows_nothing() -> None:
    blind = Unreadable(probe=SWITCH.probe.name, at=datetime.now(UTC), took=timedelta(0), why="away")
    found = [one.find({SWITCH.probe.name: blind}).answer for one in (AS_USUAL, PATIENT, SET)]
    assert found == [Answer.UNKNOWN] * 3


def test_what_a_runbook_of_the_parts_plans(context: Context[Kiosk, Params]) -> None:
    set_, _, _, run = (step for step in RUNBOOK.steps() if isinstance(step, Mitigation))
    plan, task = set_.change(context).plan(), run.change(context).plan()
    assert isinstance(plan, Plan)
    assert plan.summary == f"Set {CALLS} from 20 to 4 for 1 h; then it goes back by itself."
    assert isinstance(task, Plan)
    assert task.summary == f"Run {REINDEX} on 2: Each is read anew."


def test_whatever_is_set_expires_by_our_own_doing_too() -> None:
    for step in RUNBOOK.steps():
        if isinstance(step, Mitigation) and step.name.startswith("set_"):
            assert step.expires_after == timedelta(hours=1)
    text = runbook_as_markdown(RUNBOOK)
    assert text.count("- **Temporary:** undone after 1 h.") == 3
