"""Silences: for exactly these alerts, for exactly that time, with a name and a reason, until somebody lifts them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journal import silences, switches
from journal.chain import Entry
from journal.errors import NoSuchSilence, Unsigned
from journal.store import Journal
from journal.verify import verify
from tests.journal.samples import START, Ticking

HOUR = timedelta(hours=1)


def silence(journal: Journal, name: str = "Disk*", labels: dict[str, str] | None = None) -> Entry:
    return silences.silence(journal, name, labels or {}, starts=START, ends=START + HOUR, by="ana", why="known")


def test_a_silence_needs_a_name_a_reason_and_a_time_that_comes(journal: Journal) -> None:
    for by, why in ((" ", "known"), ("ana", "")):
        with pytest.raises(Unsigned):
            silences.silence(journal, "x", {}, starts=START, ends=START + HOUR, by=by, why=why)
    with pytest.raises(ValueError, match="end after it starts"):
        silences.silence(journal, "x", {}, starts=START, ends=START, by="ana", why="known")


@pytest.mark.parametrize(
    ("name", "labels", "after", "hushed"),
    [
        ("DiskFull", {"system": "rung", "disk": "a"}, HOUR / 2, True),
        ("DiskFull", {"system": "rung-2"}, HOUR / 2, True),
        ("diskfull", {"system": "rung"}, HOUR / 2, False),
        ("DiskFull", {"system": "tcgx"}, HOUR / 2, False),
        ("DiskFull", {}, HOUR / 2, False),
        ("DiskFull", {"system": "rung"}, -HOUR, False),
        ("DiskFull", {"system": "rung"}, HOUR, False),
    ],
)
def test_a_silence_is_for_its_alerts_and_its_time_only(
    journal: Journal, name: str, labels: dict[str, str], after: timedelta, *, hushed: bool
) -> None:
    silence(journal, labels={"system": "rung*"})
    assert (silences.silenced(journal, name, labels, START + after) is not None) is hushed


def test_a_silence_is_lifted_once(journal: Journal, clock: Ticking) -> None:
    clock.now = START
    kept = silence(journal)
    silences.unsilence(journal, kept.number, "bo", "it matters")
    assert silences.silences(journal, START) == ()
    assert silences.silenced(journal, "DiskFull", {}, START + HOUR / 2) is None
    with pytest.raises(NoSuchSilence, match=f"No silence {kept.number} holds"):
        silences.unsilence(journal, kept.number, "bo", "again")
    assert verify(journal).intact


def test_a_maintenance_window_is_a_freeze_and_a_freeze_is_no_maintenance(journal: Journal) -> None:
    ends = START + HOUR
    switches.freeze(journal, "rung", starts=START, ends=ends, by="ana", why="release")
    assert switches.maintained(journal, "rung", START) is None
    switches.freeze(journal, "rung", starts=START, ends=ends - HOUR / 2, by="ana", why="move", maintenance=True)
    found = switches.maintained(journal, "rung", START)
    assert found is not None
    assert found.why == "move"
    assert switches.frozen(journal, "rung", START) is not None
    assert switches.maintained(journal, "tcgx", START) is None
    switches.thaw(journal, "rung", "ana", "done")
    assert switches.maintained(journal, "rung", START) is None
