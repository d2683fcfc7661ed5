"""Twins find what one form of a rehearsal does and the other does not, and nothing where both do the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient

from journal.chain import Entry
from journal.facts.decided import TaskGiven
from journal.facts.opened import Opened
from journal.facts.seen import Read
from journal.store import Journal
from sandbox.drills.run import drills
from sandbox.within.engine import ProcessEngine
from sandbox.within.told import told
from sandbox.within.twins import differences, lot
from tasks.engine import Step
from tests.drills.planted import Params, really, within

AT = datetime(2026, 3, 14, 12, tzinfo=UTC)


class NeverAgain(ProcessEngine):
    """An engine that does not try again."""

    def step(
        self, name: str, do: Callable[[], Any], *, shown: str, retries: int, pauses: tuple[float, ...]
    ) -> Step[Any]:
        return super().step(name, do, shown=shown, retries=0, pauses=pauses)


@pytest.mark.parametrize(
    "params", [Params(), Params(stumbles=2), Params(stumbles=9)], ids=["plain", "again", "in vain"]
)
def test_both_forms_tell_the_same(params: Params, prefect: SyncPrefectClient, tmp_path: Path) -> None:
    one, other = within(params, tmp_path / "within"), really(params, prefect, tmp_path / "really")
    assert list(differences(told(one), told(other))) == []
    assert len(told(one)) >= 5


@pytest.mark.parametrize("text", ["session {} of rung-batch blocks", "pid {} waits", "12:00:{} UTC is late"])
def test_what_differs_by_chance_is_no_difference(text: str) -> None:
    def read(chance: int) -> Entry:
        looked = {"probe": "p", "asks": "?", "source": "devised", "at": AT, "took": timedelta(0), "text": "-"}
        fact = Read(phase="gather", unreadable=text.format(chance), **looked)
        return Entry(incident="I", number=1, key="read:p", kind="read", fact=fact, at=AT, previous="", hash="")

    assert list(differences(told([read(40)]), told([read(51)]))) == []


def test_a_probe_that_asks_the_wall_clock_is_found(prefect: SyncPrefectClient, tmp_path: Path) -> None:
    params = Params(wall=True)
    one, other = within(params, tmp_path / "within"), really(params, prefect, tmp_path / "really")
    found = list(differences(told(one), told(other)))
    assert "only within: symptom:gather: symptom_asked, a second takes a second? no" in found
    assert "only really: symptom:gather: symptom_asked, a second takes a second? yes" in found


def test_a_step_that_one_form_tries_again_and_the_other_does_not_is_found(
    prefect: SyncPrefectClient, tmp_path: Path
) -> None:
    params = Params(stumbles=1)
    one, other = within(params, tmp_path / "within", NeverAgain), really(params, prefect, tmp_path / "really")
    found = list(differences(told(one), told(other)))
    assert "only within: read:gather:wait: read, unreadable: It stumbled." in found
    assert "only really: read:gather:wait: read, answered" in found


def test_numbers_of_the_moment_in_the_steps_of_a_task_are_no_difference_and_words_are(tmp_path: Path) -> None:
    one, more, other = (
        told(given(tmp_path / name, step))
        for name, step in (("one", "End 3 sessions of a."), ("more", "End 41 sessions of a."), ("other", "End b."))
    )
    assert list(differences(one, more)) == []
    assert list(differences(one, other)) != []


def given(folder: Path, step: str) -> tuple[Entry, ...]:
    """The journal of an incident with one task, of one step."""
    opened = Opened(
        title="T",
        runbook="twins.wait",
        runbook_version="1",
        system="twins",
        environment="twins",
        severity="info",
        fingerprint="f",
        params={},
        requested_by="me",
    )
    task = TaskGiven(
        mitigation="m",
        title="T",
        treats="c",
        digest="d",
        steps=(step,),
        validation="It is over.",
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        text=step,
    )
    with Journal.connect(f"sqlite:///{folder / 'journal.db'}") as journal:
        incident, _new = journal.open_incident(opened)
        journal.append(incident.id, "task:m", task)
        return tuple(journal.entries(incident.id))


def test_the_lot_is_the_same_for_a_commit_and_another_for_the_next() -> None:
    every = list(drills())
    assert lot(every, 30, "a") == lot(reversed(every), 30, "a") != lot(every, 30, "b")
    assert len(lot(every, 30, "a")) == 30
