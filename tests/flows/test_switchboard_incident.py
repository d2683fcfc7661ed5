"""Whole incidents whose fix is a switch: the pipeline, the reference server, and time that passes at once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from blocks.switchboard import Allowed, Switchboard
from journal import clock
from journal.facts.closed import Closed
from journal.facts.decided import Passed
from journal.facts.done import Carried
from journal.facts.words import Act, Ending
from runbook import Mitigation, WayBack
from sandbox.switchboard.board import Board, Bounds, Refused, Switch, Wish
from sandbox.switchboard.jobs import Jobs
from sandbox.switchboard.server import serve
from sandbox.switchboard.serving import TOKENS, served
from tasks.switchboard.change import SetSwitch
from tests.flows.small import WORLD, Params, Rehearsed, Small, mend, runbook, small

KEY, USUAL, PATIENT, HOUR = "shop.parallel_calls", 20, 4, timedelta(hours=1)


class Lived(Board):
    """What the application does follows the switch: with few calls at once nothing fails."""

    cures = True

    def _keep(self, switch: Switch, request: str = "", asked: str = "") -> Switch:
        kept = super()._keep(switch, request, asked)
        if self.cures:
            WORLD[-1].strengths["calls"] = 0.0 if kept.value == PATIENT else 30.0
        return kept


class Useless(Lived):
    cures = False


class LosesAnswers(Lived):
    """It does what it is asked, and the first answer never arrives."""

    lost = 0

    def set(self, key: str, wish: Wish, *, version: int, request: str) -> Switch:
        said = super().set(key, wish, version=version, request=request)
        self.lost += 1
        if self.lost == 1:
            raise Refused(503, "away", "The answer is lost.")
        return said


class ChangedMeanwhile(Lived):
    """Its owner decides while people think."""

    def would_set(self, key: str, wish: Wish, *, version: int, request: str) -> Switch:
        would = super().would_set(key, wish, version=version, request=request)
        if request == "dry run":
            self.own(key, 30)
        return would


@contextmanager
def rehearsed(folder: Path, kind: type[Board]) -> Generator[tuple[Rehearsed, Board, Mitigation[Small, Params]]]:
    """A world whose requests fail, the switchboard that its application goes by, and the fix."""
    with small(folder, strengths={"calls": 30.0}) as here:
        bounds = Bounds(least=1, most=50)
        board = kind(
            (Switch(key=KEY, type="int", value=USUAL, lasting=USUAL, changed_at=clock.now(), bounds=bounds),),
            now=clock.now,
        )
        with served(serve(board, Jobs(), TOKENS)) as url:
            given = {"url": url, "reading_token": TOKENS.reading, "changing_token": TOKENS.changing}
            named = [Allowed(key=KEY, owner="the shop's team", least=1, most=50)]
            connection = Switchboard.model_validate({**given, "switches": named})
            step = mend(
                "calls",
                change=lambda _c: SetSwitch(board=connection, key=KEY, to=PATIENT, expires_after=HOUR),
                undo=WayBack("The set is lifted."),
                expires_after=HOUR,
            )
            yield here, board, step


def carried(here: Rehearsed, incident: str) -> list[tuple[Act, bool]]:
    return [(fact.act, fact.ok) for fact in here.facts(incident, Carried)]


def test_a_switch_ends_an_incident_and_goes_back_by_itself(tmp_path: Path) -> None:
    with rehearsed(tmp_path, Lived) as (here, board, step):
        incident, closed = here.follow(runbook(step))
        (done,) = here.facts(incident, Carried)
        kept = board.read(KEY)
        assert (closed.ending, kept.value, kept.changed_by) == (Ending.RESOLVED, PATIENT, incident)
        assert done.expires_at is not None
        clock.sleep(2 * HOUR.total_seconds())
        assert (board.read(KEY).value, board.read(KEY).changed_by) == (USUAL, "expiry")


def test_a_switch_that_does_not_help_is_lifted(tmp_path: Path) -> None:
    with rehearsed(tmp_path, Useless) as (here, board, step):
        incident, closed = here.follow(runbook(step))
        assert carried(here, incident) == [(Act.APPLY, True), (Act.UNDO, True)]
        assert closed.ending is Ending.UNRESOLVED
        assert (board.read(KEY).value, board.read(KEY).changed_by) == (USUAL, incident)


def test_an_answer_that_was_lost_is_found_and_nothing_is_set_twice(tmp_path: Path) -> None:
    with rehearsed(tmp_path, LosesAnswers) as (here, board, step):
        _, closed = here.follow(runbook(step))
        assert isinstance(closed, Closed)
        assert closed.ending is Ending.RESOLVED
        assert isinstance(board, LosesAnswers)
        assert (board.lost, board.read(KEY).version) == (1, 2)


def test_what_its_owner_decides_while_people_think_stands(tmp_path: Path) -> None:
    with rehearsed(tmp_path, ChangedMeanwhile) as (here, board, step):
        incident, closed = here.follow(runbook(step))
        assert closed.ending is Ending.UNRESOLVED
        assert board.read(KEY).value == 30
        told = [fact.note for fact in here.facts(incident, Carried)] + [f.why for f in here.facts(incident, Passed)]
        assert any("changed by owner" in one for one in told), told


def test_nothing_is_asked_for_a_switch_that_the_environment_does_not_name(tmp_path: Path) -> None:
    with rehearsed(tmp_path, Lived) as (here, board, _):
        nowhere = Switchboard.model_validate({"url": "http://127.0.0.1:1", "reading_token": "r", "changing_token": "c"})
        step = mend("calls", change=lambda _c: SetSwitch(board=nowhere, key=KEY, to=PATIENT, expires_after=HOUR))
        incident, closed = here.follow(runbook(step))
        (passed,) = here.facts(incident, Passed)
        assert f"does not name {KEY} among the switches that may be set" in passed.why
        assert (closed.ending, board.read(KEY).version) == (Ending.UNRESOLVED, 1)
