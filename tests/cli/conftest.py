"""A home with a real journal, an incident to tell, and the command line in this process."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest

from deployments import cli
from deployments.cli.options import console
from deployments.stack_home import Home
from journal.store import Journal
from tests.cli.story import Clock, Story


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one document on standard output."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def lines(self):
        """The JSON lines on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def flat(self):
        """What was printed, without the line breaks of the terminal's width."""
        return " ".join(self.out.split())


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("CODEBLUE_JOURNAL", "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_UI_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CODEBLUE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    return Home.at(tmp_path)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal(home, clock, migrated):
    file = shutil.copy(migrated, home.path / "journal.db")
    with Journal.connect(f"sqlite:///{file}", clock=clock) as opened:
        yield opened


@pytest.fixture
def story(journal, clock):
    return Story(journal, clock)


@pytest.fixture
def codeblue(home, capsys):
    """Run a command in this process: `codeblue("show", "INC", code=2)` asserts its exit code."""

    def run(*arguments, code=0):
        capsys.readouterr()
        console.cache_clear()  # each test has a terminal of its own
        got = cli.run([str(one) for one in arguments])
        printed = capsys.readouterr()
        result = Result(code=int(got), out=printed.out, err=printed.err)
        assert result.code == code, f"exit {result.code}\n{result.out}\n{result.err}"
        assert "Traceback" not in result.err
        return result

    return run


@pytest.fixture
def program(home):
    """Run a command as a program of its own."""

    def run(*arguments, code=0, **environment):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "deployments.cli", *(str(one) for one in arguments)],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            timeout=180,
        )
        result = Result(code=done.returncode, out=done.stdout, err=done.stderr)
        assert result.code == code, f"exit {result.code}\n{result.out}\n{result.err}"
        return result

    return run


def sentence(result):
    """The one sentence on standard error; nothing may be on standard output."""
    assert result.out == ""
    said = " ".join(result.err.split())
    assert said.startswith("codeblue: "), said
    assert "Traceback" not in said
    return said.removeprefix("codeblue: ")


@pytest.fixture(name="sentence")
def sentence_fixture():
    return sentence
