"""One machine: a home of its own with a worker, a receiver and a watch, none of which is started again when it dies."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deployments.private_files import keep_secret
from deployments.stack_child import Child, Command
from deployments.stack_home import Home, environment
from sandbox.postgres import free_port

TOKEN = "practice-token-of-the-machines"  # a practice password on loopback

SETTINGS = """
[formats.alertmanager]
secrets = ["file:alertmanager.token"]

[[routes]]
name = "PracticeCase"
deployment = "practice.incident/incident"
runbook = "practice.incident"
title = "Practice"
version = "1"
system = "practice"
environment = "practice"
from_labels = { case = "case" }
"""

PRELOAD = ("deployments.warm", "sandbox.selftest.incident", "deployments.escalating")


@dataclass(kw_only=True)
class Machine:
    """Made by `start`; end it by `stop`."""

    name: str
    port: int
    worker: Child
    receiver: Child
    watch: Child
    acknowledged: set[str] = field(default_factory=set[str])
    """Fingerprints of the alerts that its receiver took (202)."""

    @classmethod
    def start(cls, folder: Path, name: str, *, api_url: str, auth: str, journal: str) -> Machine:
        """Start all three, at the shared Prefect and journal."""
        home, port = Home.at(folder / name), free_port()
        keep_secret(home.path / "alertmanager.token", TOKEN)
        keep_secret(home.path / "receiver.toml", SETTINGS)
        env = {**environment(home, api_url, auth=auth), "CODEBLUE_JOURNAL": journal}
        python = [sys.executable, "-m"]

        def child(what: str, *arguments: str) -> Child:
            return Child(Command(name=what, argv=[*python, f"deployments.{what}", *arguments]), env, home.logs)

        return cls(
            name=name,
            port=port,
            worker=child("worker", "--limit", "6", "--poll", "1", "--watch", "2", *PRELOAD),
            receiver=child("receiver", "--port", str(port)),
            watch=child("watch", "--every", "0.5"),
        )

    @property
    def url(self) -> str:
        """Its receiver."""
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> bool | None:
        """Whether its receiver takes alerts."""
        try:
            return httpx.get(f"{self.url}/ready", timeout=2).is_success or None
        except httpx.TransportError:
            return None

    def works_on(self, pid: int) -> bool:
        """Whether a process is one that its worker started."""
        while pid > 1 and pid != self.worker.pid:
            try:
                pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                return False
        return pid == self.worker.pid

    def kill(self, child: Child) -> None:
        """SIGKILL: no last word, no handing over."""
        os.kill(child.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End what still runs."""
        for child in (self.receiver, self.watch, self.worker):
            child.stop()
