"""The commands of the how-to, in order, in an environment that somebody else would have."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks
from tests.docs.walk import Walk

PAGE = ROOT / "docs" / "your-own-system.md"


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[Walk]:
    """Their environment and folder. Packages come from here, as no test asks the network."""
    venv.create(tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (packages / "codeblue.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    there = Walk(
        folder=tmp_path,
        python=str(tmp_path / "venv" / "bin" / "python"),
        exports={"CODEBLUE_HOME": str(tmp_path / "home"), "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}
        | {"PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},  # pip reads 0 as: without
    )
    yield there
    there.end()


@pytest.mark.timeout(900)
def test_the_commands_of_the_how_to_run_in_order(somebody: Walk) -> None:
    for block in blocks(PAGE):
        somebody.along(block)
    assert somebody.running


def test_what_is_there_is_not_replaced(somebody: Walk) -> None:
    assert somebody.run("codeblue new system pantry").returncode == 0
    module = somebody.folder / "pantry" / "pantry" / "system.py"
    module.write_text("# mine\n")
    again = somebody.run("codeblue new system pantry")
    assert again.returncode == 4
    assert "is there already; nothing was written" in again.stdout
    assert module.read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("system Pantry!", "cannot be the name of a module"),
        ("system class", "cannot be the name of a module"),
        ("runbook pantry", "names no runbook"),
        ("runbook pantry.slow --into nowhere", "codeblue new system pantry"),
        ("runbook unknown.slow", "There is no system 'unknown'"),
    ],
)
def test_what_cannot_be_written_is_refused(somebody: Walk, words: str, why: str) -> None:
    refused = somebody.run(f"codeblue new {words}")
    assert refused.returncode == 2
    assert why in " ".join(refused.stdout.split())
    assert "Traceback" not in refused.stdout


def test_the_skeleton_and_what_the_how_to_adds_type_check(somebody: Walk) -> None:
    """Both in one run of the checker, which reads Prefect and all of ours once."""
    assert somebody.run("codeblue new system pantry").returncode == 0
    shutil.copytree(somebody.folder / "pantry", somebody.folder / "fresh")
    assert somebody.run("codeblue new runbook pantry.slow_pages --into pantry").returncode == 0
    (somebody.folder / "begun").mkdir()
    shutil.move(somebody.folder / "pantry", somebody.folder / "begun" / "pantry")
    shutil.move(somebody.folder / "fresh", somebody.folder / "pantry")
    files = [block for block in blocks(PAGE) if block.is_file]
    assert len(files) > 4
    for block in files:
        somebody.along(block)
    assert mistakes(somebody, "begun/pantry", "pantry") == []


def mistakes(somebody: Walk, *projects: str) -> list[object]:
    """What the strict type checker finds in the projects, each of which knows itself and ours."""
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "include": list(projects)}
    settings |= {"extraPaths": [str(ROOT)]}  # for ours, which belong to neither project
    settings |= {"executionEnvironments": [{"root": one, "extraPaths": [str(ROOT)]} for one in projects]}
    settings |= {"reportMissingTypeStubs": False, "reportUnknownMemberType": False}
    (somebody.folder / "pyrightconfig.json").write_text(json.dumps(settings))
    checker = Path(sys.executable).with_name("basedpyright")
    command = [str(checker), "--outputjson", "--level", "error", "--pythonpath", sys.executable, "--project", "."]
    done = subprocess.run(command, cwd=somebody.folder, capture_output=True, text=True, check=False, timeout=240)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] > 8 * len(projects)
    return list(found["generalDiagnostics"])
