"""What the stack promises: one call starts all, the UI answers, and nothing is left running, whatever ends it."""

import contextlib
import errno
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from deployments import server
from deployments.execute import load
from deployments.server import ServerNotUpError
from deployments.server_database import prepared
from deployments.stack import HomeInUseError, NoStackError, Stack, find
from deployments.stack_child import Child, Command
from deployments.stack_home import Home, environment
from deployments.stack_supervisor import Supervisor
from deployments.wakeup import ring

T = TypeVar("T")
pytestmark = pytest.mark.timeout(400)  # whole stacks start and end

KEEPS_A_STACK = """
import json, sys, time
from deployments.stack import Stack
from deployments.stack_child import Command
from deployments.stack_home import Home
with Stack(Home.at(sys.argv[1]), further=[Command(name="sleeper", argv=["sleep", "600"])]) as stack:
    pids = [stack.pid(n) for n in ("server", "worker", "sleeper")]
    print(json.dumps({"ui": stack.ui_url, "api": stack.api_url, "pids": pids}), flush=True)
    sys.stdin.read()
"""


def until(look: Callable[[], T], within: float = 60.0) -> T:
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"did not become true within {within:.0f} s"
        time.sleep(0.1)
    return seen


def left_in(home: Path) -> list[int]:
    """The processes that were started for this home and still run."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"CODEBLUE_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def name_of(pid: int) -> str | None:
    """What a process is called; nothing when it has just ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return None


@pytest.fixture
def kept(tmp_path: Path):
    """A stack that another process keeps: its first words, that process, its home."""
    holder = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", KEEPS_A_STACK, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        yield json.loads(holder.stdout.readline()), holder, tmp_path
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()


def test_a_stack_in_use_answers_and_refuses_a_second_one_and_killed_it_leaves_nothing_running(kept) -> None:
    """How one ends that is not killed, `test_rings` and `test_up` show."""
    said, holder, home = kept
    assert "<html" in httpx.get(said["ui"], headers={"accept": "text/html"}, follow_redirects=True).text
    assert find(Home.at(home)) == said["api"]
    with pytest.raises(HomeInUseError, match=f"process {holder.pid}"), Stack(Home.at(home)):
        pass
    os.kill(said["pids"][2], signal.SIGKILL)  # a command that dies is started again
    until(lambda: [pid for pid in left_in(home) if name_of(pid) == "sleep"])
    until(lambda: ring(Home.at(home)))
    assert len(left_in(home)) >= 4  # server, worker, zygote and the command
    holder.kill()
    holder.wait()  # its lock is held until its last thread has gone
    until(lambda: not left_in(home))
    with pytest.raises(NoStackError, match="codeblue up"):
        find(Home.at(home))
    assert ring(Home.at(home)) == 0


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(server.PortTakenError, match=f"Port {port} on 127.0.0.1 is taken"):
            Stack(Home.at(tmp_path), port=port).__enter__()
    assert left_in(tmp_path) == []


def test_a_server_that_cannot_start_is_said_with_its_last_words(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.database.write_text("this is no database, and long enough to be taken for a broken one " * 20)
    with pytest.raises(server.ServerNotUpError, match="not a database"), Stack(home, workers=0):
        pass
    assert left_in(tmp_path) == []


def test_a_server_that_does_not_answer_is_said_too(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    silent = Child(Command(name="silent", argv=["sleep", "60"]), dict(os.environ), home.logs)
    try:
        with pytest.raises(server.ServerNotUpError, match="did not answer within 0 s"):
            server.await_health(silent, "http://127.0.0.1:9/api", migrated=True, within=0.1)
    finally:
        silent.stop()


def test_a_command_that_keeps_dying_is_started_again_more_and_more_slowly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = Supervisor(dict(os.environ), tmp_path)
    try:
        supervisor.start(Command(name="broken", argv=["false"]))
        until(lambda: len(caplog.records) >= 4)
    finally:
        supervisor.stop()
    delays = [record.getMessage().split(" started again in ")[1].split(" s")[0] for record in caplog.records[:4]]
    assert delays == ["0.0", "0.2", "0.4", "0.8"]


@pytest.mark.parametrize("full", [False, True])
def test_a_log_that_grows_and_grows_is_set_aside_while_its_process_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    """The receiver logs each refusal, so whoever can reach it could fill the disk."""
    monkeypatch.setattr("deployments.stack_child._LOG_AT_MOST", 50_000)
    if full:
        monkeypatch.setattr("shutil.copyfile", _no_space)
    supervisor = Supervisor(dict(os.environ), tmp_path)
    log, older = tmp_path / "flood.log", tmp_path / "flood.log.1"
    try:
        child = supervisor.start(Command(name="flood", argv=[sys.executable, "-c", FLOOD, str(log)]))
        until(lambda: log.read_text() == "later\n")
        assert supervisor.pid("flood") == child.pid
        assert older.stat().st_mode & 0o077 == 0
        assert (older.stat().st_size > 50_000) is not full
    finally:
        supervisor.stop()


FLOOD = """
import os, sys, time
print("refused " * 9000, flush=True)
while os.path.getsize(sys.argv[1]):
    time.sleep(0.01)
print("later", flush=True)
time.sleep(600)
"""


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_stack_never_asks_the_prefect_of_its_surroundings(tmp_path: Path) -> None:
    given = {"PREFECT_API_URL": "https://api.prefect.cloud/x", "PREFECT_API_KEY": "secret", "PATH": "/bin"}
    env = environment(Home.at(tmp_path), "http://127.0.0.1:1/api", base=given)
    assert env["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert "PREFECT_API_KEY" not in env
    assert env["PATH"] == "/bin"


@pytest.mark.parametrize("entrypoint", ["flows/rung/high_latency.py:high_latency", "nodots"])
def test_a_flow_is_never_loaded_from_a_file(entrypoint: str) -> None:
    with pytest.raises(ValueError, match="not a module path"):
        load(entrypoint)


def test_an_entrypoint_that_is_no_flow_is_refused() -> None:
    with pytest.raises(TypeError, match="is not a flow"):
        load("os.path.join")


def test_of_those_that_start_at_once_on_a_new_machine_one_migrates_and_the_others_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first, failed, second = (Home.at(tmp_path / name) for name in ("first", "failed", "second"))
    with contextlib.suppress(ServerNotUpError), prepared(failed) as migrated:
        assert not migrated
        raise ServerNotUpError("ended", "", "")
    with ThreadPoolExecutor(1) as others:
        with prepared(first) as migrated:
            assert not migrated  # what failed left nothing behind
            other = others.submit(lambda: _content(second))
            with pytest.raises(TimeoutError):
                other.result(0.3)
            with closing(sqlite3.connect(first.database)) as database:
                database.execute("create table migrated (at text)")
        assert other.result(10) == (True, [("migrated",)])
    assert _content(Home.at(tmp_path / "third")) == (True, [("migrated",)])


def _content(home: Home) -> tuple[bool, list[tuple[str]]]:
    with prepared(home) as migrated, closing(sqlite3.connect(home.database)) as database:
        return migrated, database.execute("select name from sqlite_master").fetchall()
