"""`codeblue switchboard check` passes the reference server, and says in a sentence how each broken one is broken."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from datetime import timedelta
from itertools import count

import pytest
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse

from deployments.conformance import kit
from deployments.conformance.server import Server
from journal import clock
from sandbox.switchboard.board import Board, Bounds, Refused
from sandbox.switchboard.jobs import Jobs
from sandbox.switchboard.server import Tokens, serve
from sandbox.switchboard.serving import TOKENS, practice, served, switch_to_try, task_to_try


class TakesOldVersions(Board):
    def _must_be_at(self, switch, version):
        """Whoever comes last has it."""


class NeverEnds(Board):
    def _ended(self, switch):
        return switch


class KnowsNoBounds(Board):
    def _must_fit(self, switch, wish):
        super()._must_fit(switch.model_copy(update={"bounds": Bounds(least=-999, most=999)}), wish)


class KeepsSomethingElse(Board):
    def set(self, key, wish, *, version, request):
        said = super().set(key, wish, version=version, request=request)
        self._kept.switches[key] = said.model_copy(update={"value": 6})
        return said


class ActsWhenDry(Board):
    def set(self, key, wish, *, version, request):
        asked = f"set {key} {version} {wish.model_dump_json()}"
        if (known := self._known(request, asked)) is not None:
            return known
        return self._keep(super().would_set(key, wish, version=version, request=request), request, asked)

    def would_set(self, key, wish, *, version, request):
        return self.set(key, wish, version=version, request=request)


class CountsNoRequests(Board):
    def _known(self, request, asked):
        return None


class SaysNoEndWhenDry(ActsWhenDry):
    def would_set(self, key, wish, *, version, request):
        would = Board.would_set(self, key, wish, version=version, request=request)
        return would.model_copy(update={"expires_at": None})


class GoesBackOneStep(Board):
    """To what held before, which may be what somebody else has set."""

    def would_set(self, key, wish, *, version, request):
        before = self.read(key)
        would = super().would_set(key, wish, version=version, request=request)
        return would.model_copy(update={"lasting": before.value})


class LetsEverybodyIn(Tokens):
    def looks(self, request: Request):
        try:
            return super().looks(request)
        except Refused:
            return "changing"


class LetsReadersChange(Tokens):
    def changes(self, request: Request):
        return self.looks(request)

    def wishes(self, request: Request, *, dry_run: bool = False):
        return self.looks(request)


class StartsAgain(Jobs):
    def start(self, name, asked):
        said = super().start(name, asked)
        held = self._one(name, asked.plan)
        while held.run.state == "running":
            clock.sleep(0.01)
        if said.state == "done":
            self._note(held, done=2 * held.run.count)
        return held.run


class CallsAllPlansAlike(Jobs):
    def plan(self, name):
        self._held.clear()
        self._numbers = count(1)
        return super().plan(name)


class StartsWhatWasStopped(Jobs):
    def start(self, name, asked):
        held = self._one(name, asked.plan)
        if held.run.state == "stopped":
            self._note(held, state="planned")
        return super().start(name, asked)


def like(board: type[Board] = Board, tokens: type[Tokens] = Tokens, jobs: type[Jobs] | None = None) -> FastAPI:
    """The reference with one part in its place; without tasks where they are not what is broken."""
    known = tokens(reading=TOKENS.reading, changing=TOKENS.changing)
    return serve(board((switch_to_try(),)), Jobs() if jobs is None else jobs((task_to_try(),)), known)


def nothing_but(answer) -> FastAPI:
    app = FastAPI()
    app.add_api_route("/{path:path}", lambda path: answer(), methods=["GET", "PUT", "POST", "DELETE"])
    return app


BROKEN = {
    "takes_old_versions": (
        lambda: like(TakesOldVersions),
        "Setting with a version that is no longer so is answered 200, and must be answered 412.",
    ),
    "never_ends": (
        lambda: like(NeverEnds),
        "What was set for 1 s still holds 0.3 s after its end: it must go back by itself.",
    ),
    "knows_no_bounds": (
        lambda: like(KnowsNoBounds),
        "A dry run with a value of 11 is answered 200, and must be answered 422.",
    ),
    "keeps_something_else": (
        lambda: like(KeepsSomethingElse),
        "What is kept is not what was answered: codeblue.test.number is 1 until",
    ),
    "acts_when_dry": (
        lambda: like(ActsWhenDry),
        "A dry run has changed the switch: it was codeblue.test.number is 5 (version",
    ),
    "counts_no_requests": (
        lambda: like(CountsNoRequests),
        "The same request again is answered 412, and must be answered 200 or the like.",
    ),
    "goes_back_one_step": (
        lambda: like(GoesBackOneStep),
        "A set upon a set must go back to the lasting value, and not to the set before.",
    ),
    "lets_everybody_in": (
        lambda: like(tokens=LetsEverybodyIn),
        "Looking with no token is answered 200, and must be answered 401.",
    ),
    "answers_with_a_page": (
        lambda: nothing_but(lambda: HTMLResponse("<h1>Welcome</h1>")),
        "GET / with the reading token is answered with text/html and not JSON (status 200).",
    ),
    "redirects": (
        lambda: nothing_but(lambda: RedirectResponse("https://elsewhere.example.com/")),
        "GET / with the reading token is answered with a redirect, which is not followed because the token would",
    ),
    "has_no_test_switch": (
        lambda: serve(Board(()), Jobs(), TOKENS),
        "There is no switch codeblue.test.number: offer one that nothing reads, so that the rest can be checked.",
    ),
    "starts_again": (
        lambda: like(jobs=StartsAgain),
        "What was answered for codeblue.test.task is another task, or about more than it counted.",
    ),
    "lets_readers_set": (
        lambda: serve(
            Board((switch_to_try(),)), Jobs(), LetsReadersChange(reading=TOKENS.reading, changing=TOKENS.changing)
        ),
        "Setting with the reading token is answered 200, and must be answered 403.",
    ),
    "says_no_end_when_dry": (
        lambda: like(SaysNoEndWhenDry),
        "A dry run must answer what the same set would answer.",
    ),
    "calls_all_plans_alike": (
        lambda: like(jobs=CallsAllPlansAlike),
        "Each dry run of a task must make a plan with a name of its own.",
    ),
    "starts_what_was_stopped": (
        lambda: like(jobs=StartsWhatWasStopped),
        "What was stopped before its start must never be done.",
    ),
}
"""Servers that break the contract in one way each, and the sentence that says so."""


@pytest.fixture(autouse=True)
def tokens(monkeypatch):
    monkeypatch.setenv("SWITCHBOARD_READING", TOKENS.reading)
    monkeypatch.setenv("SWITCHBOARD_CHANGING", TOKENS.changing)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_server_is_told_in_one_sentence(codeblue, name):
    app, sentence = BROKEN[name]
    with served(app()) as url:
        grace = "300ms" if name == "never_ends" else "60s"  # only there is it waited for in vain
        result = codeblue("switchboard", "check", url, "--grace", grace, "--json", code=1)
    said = result.json
    (finding,) = said["findings"]
    assert finding["text"].startswith(sentence)
    assert not said["kept"]
    assert TOKENS.reading not in result.out + result.err
    assert TOKENS.changing not in result.out + result.err


def test_the_reference_server_keeps_every_case(codeblue):
    with served(practice()) as url:
        result = codeblue("switchboard", "check", url, "--grace", "60s")
    cases = [*kit.SWITCHES, *kit.TASKS]
    assert result.flat.count("✓") == len(cases)
    assert result.flat.endswith(f"{len(cases)} of {len(cases)} cases are kept.")


SERVING = (sys.executable, "-u", "-m", "sandbox.switchboard.serving")


def test_the_reference_server_prints_the_command_that_checks_it():
    with subprocess.Popen(
        SERVING,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  (takes no lock)
    ) as serving:
        said = shlex.split(serving.stdout.readline())
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=60) == 0
    assert dict(one.split("=") for one in said[:2]) == {
        "SWITCHBOARD_READING": TOKENS.reading,
        "SWITCHBOARD_CHANGING": TOKENS.changing,
    }
    assert said[2:5] == ["codeblue", "switchboard", "check"]
    assert said[5].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(("given", "code", "said"), [("--help", 0, "usage:"), ("--port", 2, "unrecognized arguments")])
def test_the_reference_server_does_not_start_by_arguments_that_it_does_not_know(given, code, said):
    done = subprocess.run([*SERVING, given], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code
    assert said in done.stdout + done.stderr


def test_who_offers_no_tasks_is_told_that_they_were_not_asked(codeblue):
    board = Board((switch_to_try(),))
    with served(serve(board, Jobs(), TOKENS)) as url:
        said = codeblue("switchboard", "check", url, "--grace", "60s", "--json").json
    assert said["kept"]
    assert said["not_asked"] == [case.name for case in kit.TASKS]
    assert (board.read("codeblue.test.number").value, board.read("codeblue.test.number").expires_at) == (5, None)


def test_only_what_is_reserved_for_it_is_touched():
    """Whatever else a server offers is neither read nor changed."""
    asked = []
    app = practice()

    @app.middleware("http")
    async def note(request, call_next):
        asked.append(request.url.path)
        return await call_next(request)

    with served(app) as url:
        server = Server(url=url, reading=TOKENS.reading, changing=TOKENS.changing, grace=timedelta(seconds=60))
        assert [one.broken for one in kit.check(server) if one.broken] == []
    assert all(path == "/" or path.split("/")[2].startswith("codeblue.test.") for path in asked)


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        (("http://switchboard.example.com",), 2, "is not protected on the way"),
        (("http://127.0.0.1:1",), 3, "does not answer"),
        (
            ("http://127.0.0.1:1", "--reading", "env:NOWHERE"),
            2,
            "is empty or not set. Set $SWITCHBOARD_READING and $SWITCHBOARD_CHANGING, or",
        ),
        (("http://127.0.0.1:1", "--grace", "soon"), 2, "is no span"),
    ],
)
def test_what_cannot_be_checked_is_said(codeblue, sentence, given, code, why):
    assert why in sentence(codeblue("switchboard", "check", *given, code=code))
