"""Where a storm takes place: Prefect's server, the receiver and the journal in a folder, and the sender beside them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags

from benchmarks.storm_senders import FORMATS, SECRET, SECRET_FILE
from deployments.deployed import listed, specs
from deployments.private_files import keep_secret
from deployments.stack import Stack
from deployments.stack_child import Command
from deployments.stack_home import Home
from sandbox.postgres import free_port
from sandbox.rehearsal import wait

_ROUTE = """
[[routes]]
name = "Storm*"
deployment = "{runbook}/{deployment}"
runbook = "{runbook}"
title = "A storm"
system = "rung"
environment = "rung-prod"
"""
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A receiver that takes alerts. Made by `open_stage`."""

    stack: Stack
    port: int
    journal: Path

    def memory(self) -> int:
        """The most that the receiver ever took, in bytes."""
        lines = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii").splitlines()
        [peak] = [line for line in lines if line.startswith("VmHWM:")]
        return int(peak.split()[1]) * 1024

    def cpu(self) -> float:
        """Seconds of processor time that the receiver has used."""
        return processor(self._pid)

    def waiting(self) -> int | None:
        """How many alerts have no incident yet; nothing if the receiver cannot tell."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=5.0).json()["waiting"]
        except httpx.HTTPError:
            return None

    def runs(self) -> list[str]:
        """The incident of every flow run there is."""
        found: list[str] = []
        with self.stack.client() as prefect:
            tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=["system:rung"]))
            while page := prefect.read_flow_runs(flow_run_filter=tagged, limit=200, offset=len(found)):
                found += [
                    next(tag.partition(":")[2] for tag in run.tags if tag.startswith("incident:")) for run in page
                ]
        return found

    @property
    def _pid(self) -> int:
        pid = self.stack.pid("receiver")
        assert pid is not None, "the receiver is down"
        return pid


@contextmanager
def open_stage(folder: Path, *, keep_within: float = 5.0) -> Generator[Stage]:
    """Start everything under that folder; ends all of it. `keep_within` is how long a sender waits for its 503."""
    home, port = Home.at(folder / "home"), free_port()
    runbook = listed()[0]
    keep_secret(home.path / SECRET_FILE, SECRET)
    told = "".join(f'\n[formats.{form}]\nsecrets = ["file:{SECRET_FILE}"]\n' for form in FORMATS)
    route = _ROUTE.format(runbook=runbook.declaration.name, deployment=runbook.name)
    journal = home.path / "journal.db"
    (home.path / "receiver.toml").write_text(
        f'port = {port}\nkeep_within = {keep_within}\njournal = "sqlite:///{journal}"\n{told}{route}'
    )
    receiver = Command(name="receiver", argv=[sys.executable, "-m", "deployments.receiver"])
    with Stack(home, deployments=specs([runbook]), workers=0, further=[receiver]) as stack:
        stage = Stage(stack=stack, port=port, journal=journal)
        wait(lambda: stage.waiting() is not None or None, within=60, what="the receiver")
        yield stage


def blow(
    stage: Stage, *, rate: float, seconds: float, problems: int, during: Callable[[], None] = lambda: None
) -> Path:
    """Send from a process of its own, and do something meanwhile; the file of its notes."""
    file = stage.journal.with_name("storm.jsonl")
    return send(file, stage.port, rate=rate, seconds=seconds, problems=problems, during=during)


def send(
    file: Path,
    port: int,
    *,
    rate: float,
    seconds: float,
    problems: int,
    during: Callable[[], None] = lambda: None,
) -> Path:
    """Likewise, to whatever listens on that port; `file` is where the notes go."""
    told = [str(said) for said in ("127.0.0.1", port, rate, seconds, problems, file)]
    sender = subprocess.Popen([sys.executable, "-m", "benchmarks.storm_load", *told])
    try:
        during()
        code = sender.wait(seconds + 180)
    finally:
        if sender.poll() is None:
            sender.kill()
            sender.wait()
    if code:
        raise RuntimeError(f"The sender ended with {code}.")
    return file


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


@contextmanager
def away(stage: Stage) -> Generator[None]:
    """Prefect's server answers nobody and the journal's database takes nothing, inside the block."""
    server = stage.stack.pid("server")
    assert server is not None
    with closing(sqlite3.connect(stage.journal, isolation_level=None, timeout=30)) as locking:
        os.kill(server, signal.SIGSTOP)
        try:
            locking.execute("begin exclusive")
            yield
            locking.execute("rollback")
        finally:
            os.kill(server, signal.SIGCONT)


def take_away(stage: Stage, after: float, seconds: float) -> None:
    """Take both away `after` seconds from now, for that many seconds."""
    time.sleep(after)
    with away(stage):
        time.sleep(seconds)
