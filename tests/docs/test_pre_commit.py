"""The hooks that are run before a commit can be run, and look at what they are about."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
HERE = Path(sys.executable).parent


def entry(name: str) -> list[str]:
    """A hook's command, with the programs of the virtual environment that runs this."""
    words = shlex.split(next(hook["entry"] for hook in HOOKS if hook["id"] == name))
    assert words[0].startswith(".venv/bin/")
    return [str(HERE / words[0].removeprefix(".venv/bin/")), *words[1:]]


def test_the_hook_of_rendered_documents_works() -> None:
    done = subprocess.run(entry("rendered"), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("name", [hook["id"] for hook in HOOKS])
def test_the_program_of_each_hook_is_installed(name: str) -> None:
    assert Path(entry(name)[0]).exists()


def test_the_hook_of_rendered_documents_looks_when_anything_changes_that_they_are_made_of() -> None:
    files = re.compile(next(hook["files"] for hook in HOOKS if hook["id"] == "rendered"))
    code = "import docs.render, sys; print(*(m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    ours = [Path(file) for file in done.stdout.split() if Path(file).is_relative_to(ROOT) and ".venv" not in file]
    assert len(ours) > 40
    assert [str(one.relative_to(ROOT)) for one in ours if not files.search(str(one.relative_to(ROOT)))] == []
