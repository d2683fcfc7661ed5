"""Switches and tasks of the reference server, on loopback: set and lifted, started and watched."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr, ValidationError
from starlette.responses import JSONResponse, RedirectResponse

from blocks.aws import Aws
from blocks.notifier import Notifier
from blocks.permissions import Needs, NotNamed
from blocks.switchboard import READ, SET, START, Allowed, Startable, Switchboard
from deployments.permissions import granted
from journal import clock
from journal.facts.words import Answer
from runbook import CodeBlueError, Drifted, NotNeeded, NotSafe, Permanent, Temporary
from sandbox.certificate import make
from sandbox.switchboard.board import Board, Bounds, Refused, Switch, Wish
from sandbox.switchboard.jobs import Job, Jobs, Start
from sandbox.switchboard.server import serve
from sandbox.switchboard.serving import TOKENS, served
from tasks.switchboard.change import SetSwitch
from tasks.switchboard.read import read_run, read_switch
from tasks.switchboard.run import RunTask
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.typing.kiosk import CALLS, PATIENTLY, REINDEX, Kiosk

HOUR = timedelta(hours=1)
START_OF_TIME = datetime(2026, 1, 1, tzinfo=UTC)
WRITING = "kiosk.writing"


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START_OF_TIME

    def __call__(self) -> datetime:
        return self.now


@dataclass(kw_only=True)
class Work:
    """What is to be reindexed, and what was; nothing gets done while the gate is closed."""

    items: tuple[str, ...] = ("pears", "plums", "figs")
    done: list[str]
    gate: threading.Event

    def do(self, item: str) -> None:
        assert self.gate.wait(60)
        if item.startswith("rotten"):
            raise ValueError(item)
        self.done.append(item)


@pytest.fixture
def hands() -> Hands:
    return Hands()


def twenty(at: datetime) -> Switch:
    bounds = Bounds(least=1, most=50)
    return Switch(key=CALLS, type="int", value=20, lasting=20, changed_at=at, bounds=bounds, at_most_seconds=7200)


@pytest.fixture
def board(hands: Hands) -> Board:
    """The owner's side."""
    at = hands()
    number = Switch(
        key=CALLS,
        type="int",
        value=20,
        lasting=20,
        changed_at=at,
        bounds=Bounds(least=1, most=50),
        at_most_seconds=7200,
    )
    flag = Switch(key=WRITING, type="bool", value=True, lasting=True, changed_at=at)
    return Board((number, flag), now=hands)


@pytest.fixture
def work() -> Iterator[Work]:
    found = Work(done=[], gate=threading.Event())
    found.gate.set()
    yield found
    found.gate.set()


@pytest.fixture
def switchboard(board: Board, work: Work) -> Iterator[Switchboard]:
    """Our side."""
    job = Job(name=REINDEX, about="Each is read anew.", items=lambda: work.items, do=work.do)
    with served(serve(board, Jobs((job,)), TOKENS)) as url:
        yield connection(url)


def connection(url: str, **other: Any) -> Switchboard:
    given = {
        "url": url,
        "reading_token": SecretStr(TOKENS.reading),
        "changing_token": SecretStr(TOKENS.changing),
        "switches": [
            Allowed(key=CALLS, owner="the kiosk's team", least=2, most=40, longest=HOUR),
            Allowed(key=WRITING, owner="the kiosk's team", longest=HOUR),
            Allowed(key="kiosk.mode", owner="the kiosk's team", one_of=("slow", "steady")),
        ],
        "tasks": [Startable(name=REINDEX, owner="the kiosk's team", at_most=5)],
    }
    return Switchboard(**{**given, **other})


@pytest.fixture
def env(switchboard: Switchboard) -> Kiosk:
    """What `guarded` judges guardrails in."""
    return Kiosk(notifier=Notifier(), switchboard=switchboard, aws=Aws.placeholder())


def calls(switchboard: Switchboard, **other: Any) -> SetSwitch:
    return SetSwitch(**{"board": switchboard, "key": CALLS, "to": PATIENTLY, "expires_after": HOUR, **other})


# -- what may be asked for --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"key": "kiosk.anything"}, "does not name kiosk.anything"),
        ({"to": 41}, "may be 2 to 40"),
        ({"to": True}, "may be 2 to 40 .* and not true"),
        ({"to": "4"}, 'may be 2 to 40 .* and not "4"'),
        ({"key": WRITING, "to": 0}, "may be true or false"),
        ({"key": "kiosk.mode", "to": "fast"}, "may be one of slow, steady"),
        ({"expires_after": timedelta(hours=2)}, "may be set for 1 s to 3600 s"),
        ({"expires_after": timedelta(0)}, "may be set for 1 s"),
    ],
)
def test_what_the_environment_does_not_allow_is_refused_before_a_request_is_made(
    other: dict[str, Any], why: str
) -> None:
    nowhere = connection("http://127.0.0.1:1")
    with pytest.raises(NotSafe, match=why):
        calls(nowhere, **other).plan()


def test_what_the_server_does_not_allow_is_refused_by_its_dry_run(switchboard: Switchboard) -> None:
    wide = [Allowed(key=CALLS, owner="somebody", least=0, most=1000)]
    with pytest.raises(NotSafe, match=r"refuses this: kiosk\.parallel_calls may be 1 to 50, and not 99"):
        calls(connection(switchboard.url, switches=wide), to=99).plan()


def test_a_task_that_is_not_named_or_is_about_too_much_is_refused(switchboard: Switchboard, work: Work) -> None:
    with pytest.raises(NotSafe, match=r"does not name kiosk\.wipe"):
        RunTask(board=connection("http://127.0.0.1:1"), task="kiosk.wipe").plan()
    work.items = tuple(map(str, range(6)))
    with pytest.raises(NotSafe, match="would be about 6, and the environment allows 5"):
        RunTask(board=switchboard, task=REINDEX).plan()
    assert not work.done


def test_without_a_changing_token_a_person_must_do_it(switchboard: Switchboard) -> None:
    looks = connection(switchboard.url, changing_token=None)
    with pytest.raises(Permanent, match="the kiosk's team must set"):
        calls(looks).plan()
    with pytest.raises(Permanent, match="the kiosk's team must run"):
        RunTask(board=looks, task=REINDEX).plan()


def test_the_reading_token_may_not_change(switchboard: Switchboard, board: Board) -> None:
    wrong = connection(switchboard.url, changing_token=SecretStr(TOKENS.reading))
    change = calls(wrong)
    plan = planned(change)
    with pytest.raises(Permanent, match="does not let this token PUT"):
        change.apply(plan, WARRANT)
    assert board.read(CALLS).value == 20


@pytest.mark.parametrize("bounds", [{"least": 1}, {"most": 1}, {"least": 1, "most": 2, "one_of": ("a",)}])
def test_half_a_bound_is_none(bounds: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="needs both least and most"):
        Allowed(key=CALLS, owner="somebody", **bounds)


@pytest.mark.parametrize(
    "url", ["http://kiosk.example.com", "https://u:p@kiosk.example.com", "https://kiosk?a=b", "https://", "https:///x"]
)
def test_a_token_is_shown_at_no_address_that_is_not_protected_or_holds_more(url: str) -> None:
    with pytest.raises(ValidationError):
        connection(url)


# -- a switch ---------------------------------------------------------------------------------------------------------


@pytest.mark.case(SetSwitch, NEEDED, UNDO, GUARDRAIL)
def test_a_switch_is_set_for_a_while_and_lifted(switchboard: Switchboard, board: Board, guarded: Guarded) -> None:
    change = calls(switchboard)
    plan = planned(change)
    guarded(plan)
    assert board.read(CALLS).version == 1
    (target,) = plan.targets
    assert (target.before, target.after) == ("20", "4 for 1 h")
    assert change.landed(plan)[0] is Answer.NO
    outcome = change.apply(plan, WARRANT)
    assert outcome.ok, outcome.note
    kept = board.read(CALLS)
    assert (kept.value, kept.lasting, kept.expires_at) == (PATIENTLY, 20, START_OF_TIME + HOUR)
    assert kept.changed_by == WARRANT.incident
    assert change.landed(plan)[0] is Answer.YES
    assert change.undone(plan)[0] is Answer.NO
    assert change.undo(plan, WARRANT).ok
    assert board.read(CALLS).value == 20
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).ok


@pytest.mark.case(SetSwitch, NOT_NEEDED)
def test_a_switch_that_is_so_already_needs_nothing(switchboard: Switchboard) -> None:
    told = calls(switchboard, to=20).plan()
    assert isinstance(told, NotNeeded)
    assert "is 20 (version 1, changed by owner)" in told.why


def test_true_is_not_one(switchboard: Switchboard, board: Board) -> None:
    plan = planned(calls(switchboard, key=WRITING, to=False))
    assert plan.targets[0].before == "true"
    with pytest.raises(Refused, match="takes bool"):
        board.would_set(WRITING, Wish(value=1, expires_after=1, incident="i", reason="r"), version=1, request="r")


def test_what_somebody_else_has_set_is_left_to_them(switchboard: Switchboard, board: Board) -> None:
    board.set(CALLS, Wish(value=9, expires_after=60, incident="INC-OTHER", reason="r"), version=1, request="r")
    with pytest.raises(NotSafe, match=r"INC-OTHER.*have the kiosk's team lift that"):
        calls(switchboard).plan()


@pytest.mark.case(SetSwitch, DRIFTED)
def test_a_switch_that_was_changed_since_the_approval_is_left_alone(switchboard: Switchboard, board: Board) -> None:
    change = calls(switchboard)
    plan = planned(change)
    board.own(CALLS, 30)
    with pytest.raises(Drifted, match=r"is 30 \(version 2, changed by owner\), no longer version 1"):
        change.apply(plan, WARRANT)
    assert board.read(CALLS).value == 30
    assert change.landed(plan)[0] is Answer.NO


def test_one_that_is_changed_between_look_and_set_is_left_alone_by_the_server(
    switchboard: Switchboard, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = calls(switchboard)
    plan = planned(change)
    as_seen = read_switch(switchboard, CALLS)
    board.own(CALLS, 30)
    monkeypatch.setattr("tasks.switchboard.change.read_switch", lambda *_: as_seen)
    with pytest.raises(Drifted, match="nothing was done"):
        change.apply(plan, WARRANT)
    assert board.read(CALLS).value == 30


def test_it_goes_back_by_itself_and_that_is_known(switchboard: Switchboard, board: Board, hands: Hands) -> None:
    change = calls(switchboard)
    plan = planned(change)
    change.apply(plan, WARRANT)
    hands.now += HOUR
    assert read_switch(switchboard, CALLS).value == 20
    assert change.landed(plan)[0] is Answer.YES
    assert change.undone(plan)[0] is Answer.YES
    outcome = change.undo(plan, WARRANT)
    assert outcome.ok
    assert "changed by expiry" in outcome.note
    assert board.read(CALLS).version == 3


@pytest.mark.case(SetSwitch, UNKNOWN)
def test_what_became_of_a_set_that_others_followed_cannot_be_told(switchboard: Switchboard, board: Board) -> None:
    change = calls(switchboard)
    plan = planned(change)
    board.own(CALLS, 30)
    board.own(CALLS, 31)
    assert change.landed(plan)[0] is Answer.UNKNOWN


def test_undoing_puts_nothing_back_that_somebody_has_changed_since(switchboard: Switchboard, board: Board) -> None:
    change = calls(switchboard)
    plan = planned(change)
    change.apply(plan, WARRANT)
    board.own(CALLS, 30)
    outcome = change.undo(plan, WARRANT)
    assert not outcome.ok
    assert "which somebody else decided" in outcome.note
    assert board.read(CALLS).value == 30
    assert change.undone(plan)[0] is Answer.UNKNOWN


def test_undoing_what_never_landed_changes_nothing(switchboard: Switchboard, board: Board) -> None:
    change = calls(switchboard)
    plan = planned(change)
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    assert board.read(CALLS).version == 1


def test_an_interrupted_set_is_not_done_again(switchboard: Switchboard, board: Board) -> None:
    """The answer was lost; the same request comes once more before anybody looked."""
    change = calls(switchboard)
    plan = planned(change)
    wish = Wish(value=PATIENTLY, expires_after=3600, incident=WARRANT.incident, reason="test (apply)")
    request = switchboard.changing(WARRANT, "set")["Idempotency-Key"]
    first = board.set(CALLS, wish, version=1, request=request)
    assert board.set(CALLS, wish, version=1, request=request) == first
    assert board.read(CALLS).version == 2
    assert change.landed(plan)[0] is Answer.YES


class Rounding(Board):
    """It answers with what was asked for and keeps another number."""

    def set(self, key: str, wish: Wish, *, version: int, request: str) -> Switch:
        said = super().set(key, wish, version=version, request=request)
        self._kept.switches[key] = said.model_copy(update={"value": 10})
        return said


class Lasting(Board):
    """It keeps what is set for ever."""

    def set(self, key: str, wish: Wish, *, version: int, request: str) -> Switch:
        return self._instead(super().set(key, wish, version=version, request=request))

    def _instead(self, said: Switch) -> Switch:
        self._kept.switches[said.key] = said.model_copy(update={"expires_at": None})
        return self._kept.switches[said.key]


class Stretching(Lasting):
    """It keeps what is set for as long as it likes."""

    def _instead(self, said: Switch) -> Switch:
        self._kept.switches[said.key] = said.model_copy(update={"expires_at": said.changed_at + timedelta(days=1)})
        return self._kept.switches[said.key]


class Forgetting(Board):
    """Its dry run says nothing of an end."""

    def would_set(self, key: str, wish: Wish, *, version: int, request: str) -> Switch:
        return super().would_set(key, wish, version=version, request=request).model_copy(update={"expires_at": None})


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Rounding, "4 was asked for, and what it kept is: .* is 10 until"),
        (Lasting, "nothing in what it answered says when"),
        (Stretching, "was to go back after 1 h, and what it answered is: .* until 2026-01-02 00:00:00"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_no_success(kind: type[Board], why: str, hands: Hands) -> None:
    board = kind((twenty(hands()),), now=hands)
    with served(serve(board, Jobs(), TOKENS)) as url:
        change = calls(connection(url))
        plan = planned(change)
        outcome = change.apply(plan, WARRANT)
        assert not outcome.ok
        assert re.search(why, outcome.note), outcome.note
        if kind is Stretching:
            assert change.undo(plan, WARRANT).ok, "what would hold for too long is lifted"
            assert board.read(CALLS).value == 20
        if kind is Lasting:
            assert "is 4 for a while, then 20" in change.undo(plan, WARRANT).note, "it has no end that could be lifted"


def test_a_dry_run_that_says_nothing_of_an_end_is_no_plan(hands: Hands) -> None:
    board = Forgetting((twenty(hands()),), now=hands)
    with (
        served(serve(board, Jobs(), TOKENS)) as url,
        pytest.raises(Permanent, match="that was not asked for"),
    ):
        calls(connection(url)).plan()


def test_a_value_that_holds_for_ever_is_somebody_elses_set(hands: Hands) -> None:
    board = Lasting((twenty(hands()),), now=hands)
    board.set(CALLS, Wish(value=9, expires_after=60, incident="INC-OTHER", reason="r"), version=1, request="r")
    with served(serve(board, Jobs(), TOKENS)) as url, pytest.raises(NotSafe, match="is 9 for a while, then 20"):
        calls(connection(url)).plan()


@pytest.mark.parametrize("token", ["", "two words", "a-line\n", "geheim-ä"])
def test_a_token_that_no_header_may_hold_is_refused_and_not_repeated(token: str) -> None:
    for name in ("reading_token", "changing_token") if token else ("reading_token",):
        with pytest.raises(ValidationError, match="printable ASCII") as refused:
            connection("https://kiosk.example.com", **{name: token})
        assert not token or token.strip() not in str(refused.value)


def test_an_empty_token_for_changes_is_none() -> None:
    assert connection("https://kiosk.example.com", changing_token="").changing_token is None


# -- a task -----------------------------------------------------------------------------------------------------------


@pytest.mark.case(RunTask, NEEDED, GUARDRAIL)
def test_a_task_does_what_was_planned_once(switchboard: Switchboard, work: Work, guarded: Guarded) -> None:
    change = RunTask(board=switchboard, task=REINDEX)
    plan = planned(change)
    guarded(plan)
    assert plan.targets[0].before == "3 to do"
    assert change.landed(plan)[0] is Answer.NO
    work.items = ("something else",)
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    change.apply(plan, WARRANT)
    assert work.done == ["pears", "plums", "figs"]


@pytest.mark.case(RunTask, NOT_NEEDED)
def test_a_task_that_has_nothing_to_do_is_not_started(switchboard: Switchboard, work: Work) -> None:
    work.items = ()
    assert isinstance(RunTask(board=switchboard, task=REINDEX).plan(), NotNeeded)


@pytest.mark.case(RunTask, DRIFTED)
def test_a_plan_that_somebody_stopped_is_not_started(switchboard: Switchboard, work: Work) -> None:
    change = RunTask(board=switchboard, task=REINDEX)
    plan = planned(change)
    stopper = {"Authorization": f"Bearer {TOKENS.changing}"}
    httpx.delete(switchboard.at(f"/tasks/{REINDEX}/{plan.targets[0].plan}"), headers=stopper).raise_for_status()
    with pytest.raises(Drifted, match="is stopped"):
        change.apply(plan, WARRANT)
    assert not work.done


@pytest.mark.case(RunTask, UNKNOWN)
def test_a_task_that_failed_or_was_forgotten_cannot_be_called_done(switchboard: Switchboard, work: Work) -> None:
    work.items = ("rotten pears", "rotten plums", "figs")
    change = RunTask(board=switchboard, task=REINDEX)
    plan = planned(change)
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "is failed: 0 of 3 done, 2 failed" in outcome.note
    assert change.landed(plan)[0] is Answer.UNKNOWN
    (target,) = plan.targets
    forgotten = plan.model_copy(update={"targets": (target.model_copy(update={"plan": f"{REINDEX}-99"}),)})
    assert change.landed(forgotten)[0] is Answer.UNKNOWN


def test_a_task_that_takes_longer_is_still_under_way_and_no_success(switchboard: Switchboard, work: Work) -> None:
    work.gate.clear()
    change = RunTask(board=switchboard, task=REINDEX, within=timedelta(0))
    plan = planned(change)
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "is running: 0 of 3 done" in outcome.note
    assert change.landed(plan)[0] is Answer.UNKNOWN
    work.gate.set()
    assert replace(change, within=timedelta(minutes=1)).landed(plan)[0] is Answer.YES
    assert read_run(switchboard, REINDEX, plan.targets[0].plan).done == 3


# -- what is in the way -----------------------------------------------------------------------------------------------


def answering(answer: Callable[[], Any]) -> FastAPI:
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "PUT"])
    def any_(path: str) -> Any:
        return answer()

    return app


PLAIN: dict[str, Any] = {
    "key": CALLS,
    "type": "int",
    "value": 1,
    "lasting": 1,
    "version": 1,
    "changed_at": "2026-01-01T00:00:00Z",
    "changed_by": "owner",
    "more": "in a later contract",
}
"""The least that a switch is told as, and a field that nobody knows."""


def html() -> Any:
    return JSONResponse({}, 200, media_type="text/html")


@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        (html, Permanent, "with text/html and not JSON"),
        (lambda: RedirectResponse("https://elsewhere.example.com"), Permanent, "a redirect, which is not followed"),
        (lambda: JSONResponse([], 200), Permanent, "JSON that is no object"),
        (lambda: JSONResponse({"key": CALLS}, 200), Permanent, "has no type as the contract has it"),
        (lambda: JSONResponse({**PLAIN, "changed_at": "2026-01-01T00:00:00"}, 200), Permanent, "has no changed_at"),
        (lambda: JSONResponse({**PLAIN, "value": 1.5}, 200), Permanent, "has no value"),
        (lambda: JSONResponse({**PLAIN, "value": "1"}, 200), Permanent, "a value of another type"),
        (lambda: JSONResponse({**PLAIN, "key": "other"}, 200), Permanent, "is another switch"),
        (lambda: JSONResponse({}, 404), Permanent, r"knows no switches/kiosk\.parallel_calls"),
        (lambda: JSONResponse({}, 401), Permanent, "does not know our token"),
        (lambda: JSONResponse({}, 429), Temporary, "asks to slow down"),
        (lambda: JSONResponse({}, 503), Temporary, "with status 503 and may do better soon"),
        (lambda: JSONResponse("x" * 70_000, 200), Permanent, "more than is read"),
    ],
)
def test_an_answer_that_is_none_is_never_a_value(
    answer: Callable[[], Any], kind: type[CodeBlueError], why: str
) -> None:
    with served(answering(answer)) as url, pytest.raises(kind, match=why):
        read_switch(connection(url), CALLS)


def test_what_a_later_contract_adds_is_read_over() -> None:
    with served(answering(lambda: JSONResponse(PLAIN, 200))) as url:
        assert read_switch(connection(url), CALLS).value == 1


@pytest.mark.parametrize(("trusted", "days", "why"), [(False, 20, "self-signed"), (True, -1, "expired")])
def test_a_certificate_that_is_not_good_is_not_tried_again(
    trusted: bool, days: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make(tmp_path / "certificate.pem", days=days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    app = answering(lambda: JSONResponse(PLAIN, 200))
    with served(app, certificate=file) as url, pytest.raises(Permanent, match=f"is not trusted here .*{why}"):
        read_switch(connection(url), CALLS)


def test_one_that_is_good_is_all_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path / "certificate.pem", days=20)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with served(answering(lambda: JSONResponse(PLAIN, 200)), certificate=file) as url:
        assert read_switch(connection(url), CALLS).value == 1


def test_silence_is_temporary() -> None:
    with pytest.raises(Temporary, match="does not answer"):
        read_switch(connection("http://127.0.0.1:1"), CALLS)


def test_the_first_look_says_whether_the_reading_token_reads_and_no_more(switchboard: Switchboard) -> None:
    def said(**other: Any) -> tuple[Answer, str]:
        (check,) = connection(**{"url": switchboard.url, **other}).checks()
        return check.answer, check.text

    assert said()[0] is Answer.YES
    assert said(reading_token=SecretStr(TOKENS.changing)) == (
        Answer.NO,
        "The reading token may change things, too: have its owner give one that may only look.",
    )
    assert said(reading_token=SecretStr("wrong"))[0] is Answer.UNKNOWN
    assert said(url="http://127.0.0.1:1")[0] is Answer.UNKNOWN


# -- what is granted --------------------------------------------------------------------------------------------------


def test_each_token_is_granted_the_routes_of_what_is_named_and_no_others(env: Kiosk) -> None:
    needs = Needs(reading=frozenset({READ}), changing=frozenset({SET, START}))
    reading, changing = granted(needs, env).connections["switchboard"]
    assert "GET /switches/kiosk.parallel_calls" in reading.document
    assert not any(line.startswith(("POST /switches", "DELETE")) for line in reading.document)
    assert set(changing.document) == {
        "PUT /switches/kiosk.parallel_calls",
        "POST /switches/kiosk.parallel_calls/lift",
        "PUT /switches/kiosk.mode",
        "POST /switches/kiosk.mode/lift",
        "PUT /switches/kiosk.writing",
        "POST /switches/kiosk.writing/lift",
        "POST /tasks/kiosk.reindex",
        "DELETE /tasks/kiosk.reindex/PLAN",
    }
    bare = env.model_copy(update={"switchboard": env.switchboard.model_copy(update={"switches": [], "tasks": []})})
    for need in (SET, START):
        with pytest.raises(NotNamed, match=f"{need} is needed"):
            granted(Needs(changing=frozenset({need})), bare)


def test_a_token_that_is_taken_for_another_is_told(switchboard: Switchboard) -> None:
    needs = Needs(reading=frozenset({READ}), changing=frozenset({SET}))
    assert [one.look().said for one in switchboard.held(needs, {}, {})] == [(), ()]
    mixed = connection(switchboard.url, reading_token=SecretStr(TOKENS.changing))
    (said, _) = (one.look().said for one in mixed.held(needs, {}, {}))
    assert said == ("The reading token is taken for one of changing.",)


# -- the reference ----------------------------------------------------------------------------------------------------


def test_what_is_set_outlasts_a_restart_and_ends_in_time_all_the_same(tmp_path: Any, hands: Hands) -> None:
    def started() -> Board:
        flag = Switch(key=WRITING, type="bool", value=True, lasting=True, changed_at=hands())
        return Board((flag,), file=tmp_path / "board.json", now=hands)

    wish = Wish(value=False, expires_after=60, incident="INC-1", reason="r")
    said = started().set(WRITING, wish, version=1, request="once")
    assert started().read(WRITING) == said
    assert started().set(WRITING, wish, version=1, request="once") == said
    hands.now += timedelta(minutes=5)
    after = started().read(WRITING)
    assert (after.value, after.version, after.changed_by) == (True, 3, "expiry")
    assert after.changed_at == START_OF_TIME + timedelta(minutes=1)


def test_a_bound_that_its_owner_narrows_holds_from_the_next_start_on(tmp_path: Path, hands: Hands) -> None:
    file, wish = tmp_path / "switches.json", Wish(value=40, expires_after=60, incident="i", reason="r")
    Board((twenty(hands()),), file=file, now=hands).set(CALLS, wish, version=1, request="a")
    narrowed = twenty(hands()).model_copy(update={"bounds": Bounds(least=1, most=30), "at_most_seconds": 60})
    board = Board((narrowed,), file=file, now=hands)
    assert (board.read(CALLS).value, board.read(CALLS).version) == (40, 2), "what is set holds until its end"
    for odd in ({"value": 31}, {"value": 9, "expires_after": 61}):
        with pytest.raises(Refused):
            board.would_set(CALLS, wish.model_copy(update=odd), version=2, request="b")
    flag = Switch(key=CALLS, type="bool", value=True, lasting=True, changed_at=hands())
    other = Board((flag,), file=file, now=hands).read(CALLS)
    assert (other.value, other.version) == (True, 3), "of another type nothing can be kept"


def test_a_plan_from_before_a_restart_is_not_taken_for_a_new_one(hands: Hands) -> None:
    job = Job(name=REINDEX, about="Each is read anew.", items=lambda: ("a",), do=lambda _: None)
    old = Jobs((job,), now=hands).plan(REINDEX)
    hands.now += timedelta(seconds=1)
    jobs = Jobs((job,), now=hands)
    assert jobs.plan(REINDEX).plan != old.plan
    with pytest.raises(Refused, match="There is no plan"):
        jobs.start(REINDEX, Start(plan=old.plan, at_most=1, incident="INC-1", reason="r"))


def test_a_plan_that_is_long_past_is_forgotten(hands: Hands) -> None:
    jobs = Jobs((Job(name=REINDEX, about="Each is read anew.", items=lambda: ("a",), do=lambda _: None),), now=hands)
    old = jobs.plan(REINDEX)
    start = Start(plan=old.plan, at_most=1, incident="INC-1", reason="r")
    hands.now += timedelta(hours=25)
    with pytest.raises(Refused, match="no longer good"):
        jobs.start(REINDEX, start)
    hands.now += timedelta(hours=24)
    jobs.plan(REINDEX)
    with pytest.raises(Refused, match="There is no plan"):
        jobs.start(REINDEX, start)


def test_a_switch_without_bounds_cannot_be_offered() -> None:
    for kind, value in (("int", 1), ("str", "a")):
        with pytest.raises(ValidationError, match="has no bounds"):
            Switch(key="x", type=kind, value=value, lasting=value, changed_at=clock.now())
