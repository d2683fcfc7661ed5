"""`codeblue sandbox`, command by command as a newcomer types them, against a Prefect that runs."""

import shlex

import pytest

from deployments.stack import Stack


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
    assert "idle_for=PT2S" in words

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
