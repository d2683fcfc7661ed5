"""What the demo says on a terminal, and to whom it refuses to play."""

import os
import subprocess
from pathlib import Path

import pytest

from deployments.cli.options import console
from sandbox.demo_page import Page, ask, sign_in

REPOSITORY = Path(__file__).resolve().parents[2]
URL = "http://127.0.0.1:4200/codeblue/sign-in?secret=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    console.cache_clear()
    yield
    console.cache_clear()


def test_the_address_that_signs_in_is_not_broken(capsys, tmp_path):
    sign_in(Page(home=tmp_path), URL)
    assert any(URL in line for line in capsys.readouterr().out.splitlines())


def test_an_answer_that_is_none_is_asked_again_with_the_reason(capsys, monkeypatch, tmp_path):
    typed = tmp_path / "typed"
    typed.write_text("Yeah\n\nYes\n")
    with typed.open() as keyboard:
        monkeypatch.setattr("sys.stdin", keyboard)
        assert ask("Approve?", lambda: False) is True
    said = capsys.readouterr().err
    assert said.count("Approve? [y/n]") == 3
    assert "'Yeah' is neither y nor n." in said


def test_a_demo_that_can_ask_nobody_says_so_before_it_installs_anything(tmp_path):
    done = subprocess.run(
        ["make", "demo", f"VENV={tmp_path / 'venv'}", "PYTHON=false"],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "APPROVE": ""},
    )
    assert done.returncode == 2
    assert "There is nobody here to ask for the approval; use: make demo APPROVE=yes" in done.stderr
    assert "Installing" not in done.stdout
