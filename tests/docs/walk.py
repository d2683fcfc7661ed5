"""A walk along a page as its reader takes it: its commands are run, its files are written, its outputs are compared.

Everything happens in a folder and an environment of its own. `stands_for` says what a name on the page stands for
there, such as a host that only an example has.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.binaries import find
from tests.docs.pages import Block

PROGRAMS = {
    "python": "",
    "pip": "-m pip",
    "codeblue": "-m deployments.cli",
    "prefect": "-m prefect",
}
SQLITE = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    for row in database.execute(sys.argv[2]):
        print(*row, sep="|")
"""
"""The same library as the program of that name, which a machine need not have."""
WITHIN = 300.0
SURROUNDING = ("PREFECT_", "CODEBLUE_", "PYTHON", "PG")


@dataclass(kw_only=True)
class Walk:
    """`python` runs our programs; `exports` are what is set for all commands, beside what the page exports itself."""

    folder: Path
    python: str = sys.executable
    exports: Mapping[str, str] = field(default_factory=dict[str, str])
    stands_for: Mapping[str, str | Callable[[], str]] = field(default_factory=dict[str, str | Callable[[], str]])
    used: set[str] = field(default_factory=set[str])
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, subprocess.Popen[bytes]])
    printed: Path | None = None

    def __post_init__(self) -> None:
        (self.folder / "programs").mkdir(parents=True)
        for name, how in PROGRAMS.items():
            self._program(name, f'exec {self.python} {how} "$@"')
        (self.folder / "programs" / "sqlite.py").write_text(SQLITE)
        self._program("sqlite3", f'exec {self.python} {self.folder}/programs/sqlite.py "$@"')

    def _program(self, name: str, line: str) -> None:
        file = self.folder / "programs" / name
        file.write_text(f"#!/bin/sh\n{line}\n")
        file.chmod(0o755)

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(SURROUNDING)}
        path = f"{self.folder}/programs:{find().folder}:{os.environ['PATH']}"
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())  # has Prefect's first database
        here = {"PATH": path, "HOME": str(self.folder), "XDG_CACHE_HOME": cache, "COLUMNS": "160"}
        return kept | here | self.exports

    def along(self, block: Block) -> None:
        """Do what the reader does at a block; one that is no step is only read."""
        if not block.runs:
            return
        text = self._as_here(block.text)
        if block.is_file:
            file = self.folder / self._as_here(block.mark).replace("~/", "")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        elif block.mark == "shows":
            self._shows(text)
        elif block.mark == "starts":
            self._start(text)
        else:
            done = self.run(text)
            self.printed = self.folder / "printed"
            self.printed.write_text(done.stdout)
            assert done.returncode == int(block.mark.removeprefix("exits ") or 0), f"{text}\n{done.stdout}"

    def run(self, text: str) -> subprocess.CompletedProcess[str]:
        """Run commands to their end, by what was exported before."""
        exported = self.folder / "exported"
        script = f"set -euo pipefail\n[ ! -f {exported} ] || . {exported}\n{text}\nexport -p > {exported}\n"
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=300,
        )  # fmt: skip

    def end(self, text: str | None = None) -> None:
        """Ctrl-C for what was started by this text, or for all of it; each must end in good order."""
        badly = list[str]()
        for one in [text] if text is not None else list(reversed(self.running)):
            process = self.running.pop(one)
            process.send_signal(signal.SIGINT if one.startswith("codeblue") else signal.SIGTERM)  # as systemd
            try:
                code: int | None = process.wait(90)
            except subprocess.TimeoutExpired:
                code = process.kill()
            if code not in {0, 130, -signal.SIGTERM}:
                badly.append(f"{one} ended with {code}")
        assert not badly

    def _start(self, text: str) -> None:
        """Start what goes on; where it runs already, it is started again."""
        if text in self.running:
            self.end(text)
        exported = self.folder / "exported"
        self.printed = self.folder / f"started-{len(self.running)}"
        with self.printed.open("wb") as printed:
            self.running[text] = subprocess.Popen(
                ["bash", "-c", f"[ ! -f {exported} ] || . {exported}\nexec {text}"],
                cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def _shows(self, text: str) -> None:
        assert self.printed is not None, "nothing was run before"
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip(" …")]
        wanted = re.compile(".*?".join(re.escape(line).replace("…", ".*?") for line in lines), re.DOTALL)
        until = time.monotonic() + (WITHIN if self.printed.name.startswith("started") else 0)
        while not wanted.search(seen := " ".join(self.printed.read_text().split())):
            ended = [text for text, process in self.running.items() if process.poll() is not None]
            assert not ended and time.monotonic() < until, f"{text}\nis not in\n{seen}\n{ended}"  # noqa: PT018 # one story
            time.sleep(0.2)

    def _as_here(self, text: str) -> str:
        for name, here in self.stands_for.items():
            if name in text:
                self.used.add(name)
                text = text.replace(name, here if isinstance(here, str) else here())
        return text
