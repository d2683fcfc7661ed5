"""`codeblue sandbox`, command by command as a newcomer types them, against a Prefect that runs."""

import shlex

import pytest

from deployments.cli import practice
from deployments.stack import Stack
from sandbox.selftest.saving import typed


@pytest.fixture
def sandbox(program, codeblue):
    """The commands below `codeblue sandbox`, with one that is up, in a program of its own."""
    program("sandbox", "up", "--max-connections", "40")
    yield lambda *arguments, **more: codeblue("sandbox", *arguments, "--json", **more)
    program("sandbox", "down")
    codeblue("sandbox", "status", code=3)


def test_a_sandbox_is_saved_broken_looked_at_and_healed(sandbox, program, prefect_alone: Stack):
    at = {"PREFECT_API_URL": prefect_alone.api_url, "PREFECT_API_AUTH_STRING": prefect_alone.auth}
    saved = program("sandbox", "save", "--name", "my-practice", "--json", **at).json
    assert saved["environment"] == "my-practice"
    words = shlex.split(saved["run"])
    assert words[:5] == ["codeblue", "run", "rung.connection_exhaustion", "--environment", "my-practice"]
    assert "idle_for=2s" in words

    granted = program("permissions", "rung", "--environment", "my-practice", **at)
    assert "111122223333" in granted.out  # the sandbox's account
    assert granted.err == ""

    assert sandbox("status").json["healthy"] is True
    sandbox("break", "idle_leak", "--bound", "lives_for=60")
    broken = sandbox("status", code=1).json
    assert broken["sessions"]["idle_leak"] > 10
    sandbox("heal")
    assert sandbox("status").json["healthy"] is True


def test_every_fault_is_listed_with_what_happens(codeblue):
    faults = codeblue("sandbox", "break", "--json").json["faults"]
    assert len(faults) > 50
    assert all(what.endswith(".") for what in faults.values())
    assert faults["authenticator_lost"] == "A user has lost the phone with the authenticator."
    shown = codeblue("sandbox", "break").flat
    assert f"idle_leak {faults['idle_leak']}" in shown


@pytest.mark.parametrize(
    ("kept", "shown"),
    [("PT2S", "2s"), ("PT0.4S", "0.4s"), ("PT1H", "3600s"), ("Postgres", "Postgres"), ("3", "3")],
)
def test_spans_are_shown_as_people_type_them(kept, shown):
    assert typed(kept) == shown


class Interrupted:
    """A sandbox whose every verb takes so long that somebody presses Ctrl-C."""

    def _wait(self, *_, **__):
        raise KeyboardInterrupt

    break_ = heal = stop = launch = _wait


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("break", "idle_leak"), "Interrupted; the world may be broken: codeblue sandbox heal"),
        (("heal",), "codeblue sandbox status"),
        (("down",), "codeblue sandbox status"),
        (("up",), "no sandbox was started"),
    ],
)
def test_an_interruption_says_what_may_have_become_of_the_world(codeblue, monkeypatch, command, said):
    monkeypatch.setattr(practice, "_attached", lambda _options: Interrupted())
    monkeypatch.setattr(practice, "_control", Interrupted)
    assert said in codeblue("sandbox", *command, code=130).err
