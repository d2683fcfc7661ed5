"""The commands of the how-to, in order, in an environment that somebody else would have."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, steps

PAGE = ROOT / "docs" / "your-own-system.md"
FINDS = {"doctor": 1}
"""Commands that find something: no environment is saved yet."""
PROGRAMS = {"pip": "pip", "codeblue": "deployments.cli"}


@dataclass
class Somebody:
    """Their environment and folder. Packages come from here, as no test asks the network."""

    folder: Path
    env: dict[str, str]
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def argv(self, program: str, *words: str) -> list[str]:
        return [str(self.folder / "venv" / "bin" / "python"), "-m", PROGRAMS[program], *words]

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(program, *words),
            cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip

    def start(self, program: str, *words: str) -> str:
        """Start a program that goes on, and give its first line."""
        process = subprocess.Popen(
            self.argv(program, *words), cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True
        )
        self.running.append(process)
        assert process.stdout is not None
        return process.stdout.readline()


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[Somebody]:
    venv.create(tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (packages / "codeblue.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PREFECT_", "CODEBLUE_", "PYTHON"))}
    there = Somebody(
        folder=tmp_path,
        env=kept
        | {"CODEBLUE_HOME": str(tmp_path / "home"), "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}
        | {"PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},  # pip reads 0 as: without
    )
    yield there
    for process in there.running:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def write(somebody: Somebody, path: str, text: str) -> None:
    file = somebody.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.timeout(900)
def test_the_commands_of_the_how_to_run_in_order(somebody: Somebody) -> None:
    said: dict[str, str] = {}
    for step in steps(PAGE):
        if isinstance(step, tuple):
            write(somebody, *step)
            continue
        program, *words = step
        if words[0] == "up":
            assert somebody.start(program, *words)
            continue
        done = somebody.run(program, *words)
        line = " ".join([program, *words])
        said[line] = done.stdout
        assert done.returncode == FINDS.get(words[0], 0), f"{line}\n{done.stdout}\n{done.stderr}"
    assert "pantry.site_down" in said["codeblue runbooks"]
    assert "1 passed, 0 failed" in said["codeblue drill pantry.site_down.false_alarm"]
    assert "environment" in said["codeblue runbooks pantry.slow_pages"]
    assert "2 passed, 0 failed" in said["codeblue drill pantry.orders_stuck"]
    assert "setfacl -m u:codeblue_changer:rw FILE" in said["codeblue permissions pantry"]
    assert "http:GET" in said["codeblue permissions pantry"]


def test_what_is_there_is_not_replaced(somebody: Somebody) -> None:
    assert somebody.run("codeblue", "new", "system", "pantry").returncode == 0
    module = somebody.folder / "pantry" / "pantry" / "system.py"
    module.write_text("# mine\n")
    again = somebody.run("codeblue", "new", "system", "pantry")
    assert again.returncode == 4
    assert "is there already; nothing was written" in again.stderr
    assert module.read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("system", "Pantry!"), "cannot be the name of a module"),
        (("system", "class"), "cannot be the name of a module"),
        (("runbook", "pantry"), "names no runbook"),
        (("runbook", "pantry.slow", "--into", "nowhere"), "codeblue new system pantry"),
        (("runbook", "unknown.slow"), "There is no system 'unknown'"),
    ],
)
def test_what_cannot_be_written_is_refused(somebody: Somebody, words: tuple[str, ...], why: str) -> None:
    refused = somebody.run("codeblue", "new", *words)
    assert refused.returncode == 2
    assert why in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_skeleton_type_checks(somebody: Somebody) -> None:
    assert somebody.run("codeblue", "new", "system", "pantry").returncode == 0
    assert somebody.run("codeblue", "new", "runbook", "pantry.slow_pages", "--into", "pantry").returncode == 0
    assert mistakes(somebody) == []


def test_what_the_how_to_adds_type_checks(somebody: Somebody) -> None:
    assert somebody.run("codeblue", "new", "system", "pantry").returncode == 0
    files = [step for step in steps(PAGE) if isinstance(step, tuple)]
    assert len(files) > 4
    for path, text in files:
        write(somebody, path, text)
    assert mistakes(somebody) == []


def mistakes(somebody: Somebody) -> list[object]:
    """What the strict type checker finds in the project."""
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": [str(ROOT), "pantry"]}
    settings |= {"include": ["pantry"], "reportMissingTypeStubs": False, "reportUnknownMemberType": False}
    (somebody.folder / "pyrightconfig.json").write_text(json.dumps(settings))
    checker = Path(sys.executable).with_name("basedpyright")
    command = [str(checker), "--outputjson", "--level", "error", "--pythonpath", sys.executable, "--project", "."]
    done = subprocess.run(command, cwd=somebody.folder, capture_output=True, text=True, check=False, timeout=240)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] > 8
    return list(found["generalDiagnostics"])
