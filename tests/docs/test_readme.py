"""Commands and code in the documents exist and run."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from deployments.cli import make_app
from tests.docs.pages import PAGES, ROOT, commands, name, snippets

ELSEWHERE = {"sqlite3", "pg_dump", "pip", "prefect"}
"""Programs that are not ours."""

EXECUTED = {"docs/switchboard.md", "docs/writing-a-runbook.md"}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_shell_command_of_the_documents_exists(page: Path) -> None:
    app = make_app()
    for program, *words in commands(page):
        match program:
            case "make":
                targets = [word for word in words if "=" not in word]
                assert set(targets) <= make_targets(), f"{name(page)}: make {' '.join(words)}"
            case "codeblue":
                app.parse_args(words, print_error=False, exit_on_error=False)
            case "export":
                assert words == ["PATH=$PWD/.venv/bin:$PATH"]  # where make puts codeblue
            case _:
                assert program in ELSEWHERE, f"{name(page)}: {program}"


@pytest.mark.parametrize("page", [page for page in PAGES if snippets(page, "python")], ids=name)
def test_the_python_of_the_documents_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert name(page) in EXECUTED, f"{name(page)} has Python that no test runs"
    module = ModuleType("tests.docs.executed")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # Pydantic looks annotations up in it
    exec(compile("\n".join(snippets(page, "python")), name(page), "exec"), module.__dict__)


def test_the_readme_shows_runbook_rendering_timeline_and_form() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for shown in (
        "excerpt: flows/rung/connection_exhaustion.py",
        "excerpt: docs/runbooks/rung/connection_exhaustion.md",
        "excerpt: docs/examples/timeline.md",
        "](docs/images/approval.png)",
        "## What it will not do",
    ):
        assert shown in text
