"""Who watches the watch: a ping after whole rounds, and a note that `codeblue doctor` reads. Refusals first."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deployments import watch_note
from deployments.cli.doctor_home import watch
from deployments.stack_home import Home
from deployments.up_note import UpNote
from deployments.watch_note import NOTE, Pulse, last_round
from journal.facts.words import Answer
from sandbox.pager import Pager


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_note, "PING_EVERY", 0.0)


def address(pager: Pager) -> str:
    return pager.address("beat").replace("json://", "http://")


@pytest.mark.usefixtures("always")
def test_a_round_that_was_cut_short_is_no_sign_of_life(home: Home) -> None:
    with Pager() as monitor:
        pulse = Pulse(home=home, address=address(monitor))
        pulse.beat("The journal is away.")
        assert monitor.told("beat") == []
        pulse.beat(None)
    assert len(monitor.told("beat")) == 1


def test_a_monitor_is_asked_once_a_minute_at_most(home: Home) -> None:
    with Pager() as monitor:
        pulse = Pulse(home=home, address=address(monitor))
        for _ in range(5):
            pulse.beat(None)
    assert len(monitor.told("beat")) == 1


@pytest.mark.usefixtures("always")
def test_a_monitor_that_is_away_stops_nothing_and_its_address_is_not_logged(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    with Pager() as monitor:
        gone = address(monitor)
    with caplog.at_level(logging.WARNING):
        for wrong in (f"{gone}?token=t0ken", "http://[t0ken"):
            Pulse(home=home, address=wrong).beat(None)
    assert [("t0ken" in r.getMessage(), "ping was not taken" in r.getMessage()) for r in caplog.records] == [
        (False, True)
    ] * 2
    assert last_round(home)


def test_the_note_keeps_when_the_last_whole_round_was(home: Home) -> None:
    pulse = Pulse(home=home)
    pulse.beat(None)
    whole = last_round(home)["whole"]
    pulse.beat("Prefect is away.")
    note = last_round(home)
    assert (note["whole"], note["trouble"]) == (whole, "Prefect is away.")
    assert note["at"] > whole


def test_the_doctor_says_that_the_watch_never_ran_is_silent_or_was_cut_short(home: Home) -> None:
    assert (watch(home).answer, "never run" in watch(home).text) == (Answer.NO, True)
    (home.path / NOTE).write_text("{half a no")
    assert watch(home).answer is Answer.NO
    began = datetime.now(UTC) - timedelta(days=1)
    UpNote(ready=True, began=began.isoformat()).keep(home)
    Pulse(home=home).beat("Prefect is away.")
    assert (watch(home).answer, "Prefect is away." in watch(home).text) == (Answer.NO, True)
    Pulse(home=home).beat(None)
    assert (watch(home).answer, "Went round" in watch(home).text) == (Answer.YES, True)
    old = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    (home.path / NOTE).write_text(f'{{"at": "{old}", "whole": "{old}", "trouble": null}}')
    assert (watch(home).answer, "10 min ago" in watch(home).text) == (Answer.NO, True)
