"""An entry that cannot be read costs its own incident, and no other: in the watch, in judging, in telling people.

Where a limit cannot be read, nothing is changed, and that is said. None of it needs Prefect.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest
from prefect.client.orchestration import SyncPrefectClient

from deployments import watch
from deployments.apart import IN_A_ROW, Cut, each
from deployments.cli.incidents import UNREADABLE, Line
from deployments.failing import Failures, failing
from deployments.places import stack_of
from deployments.receiver.runs import PrefectRuns
from deployments.stack_home import Home
from deployments.watch_memory import Memory
from flows.handing import in_vain
from journal import confirming, shadow, switches
from journal.errors import JournalUnavailable
from journal.facts.closed import Closed, Confirmed, HandedOff, Notified
from journal.facts.done import Carried, Intended
from journal.facts.opened import TakenUp
from journal.facts.seen import OTHER, Past
from journal.facts.words import Act, Ending
from journal.report_rows import rows
from journal.schema import LEDGER
from journal.store import Journal
from tasks import guardrail, notify
from tests.journal.samples import DIGEST, START, Ticking, opened, planned
from tests.tasks.test_turns import COOLING, case_of

RUNBOOK = opened().runbook


class Recording:
    """Keeps which runs were asked for."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def create(self, deployment: str, *, key: str, parameters: Mapping[str, Any], tags: Sequence[str]) -> UUID:
        self.keys.append(key)
        return uuid5(NAMESPACE_URL, key)


class NoRuns:
    """Prefect at its client's border, when it knows no run."""

    def read_flow_runs(self, **_: object) -> list[object]:
        return []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path)


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def journal(home: Home, clock: Ticking, migrated: Path) -> Iterator[Journal]:
    with Journal.connect(f"sqlite:///{shutil.copy(migrated, home.path)}", clock=clock) as found:
        yield found


@pytest.fixture
def memory(journal: Journal, home: Home) -> Memory:
    return Memory(journal, Failures(home, "watch"))


def two(journal: Journal) -> tuple[str, str]:
    """The incident that is about to be spoiled, and the other."""
    return journal.open_incident(opened("bad"))[0].id, journal.open_incident(opened("good"))[0].id


def spoil(journal: Journal, incident: str, key: str) -> None:
    """As a version that this one does not know may have written it."""
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        said = json.dumps({"kind": "from_the_future"})
        done = tx.exec_driver_sql("UPDATE entries SET fact = ? WHERE incident = ? AND key = ?", (said, incident, key))
        assert done.rowcount == 1


def carried(clock: Ticking) -> Carried:
    return Carried(
        mitigation="m", digest=DIGEST, act=Act.APPLY, attempt=1, ok=True, results=(), note="",
        expires_at=clock.now + timedelta(minutes=1),
    )  # fmt: skip


def test_an_intent_that_cannot_be_read_keeps_no_other_change_from_being_undone(
    journal: Journal, home: Home, clock: Ticking, memory: Memory
) -> None:
    bad, good = two(journal)
    for one in (bad, good):
        journal.append(one, "carried:m:apply:1", carried(clock))
    begun = Intended(mitigation="m", digest=DIGEST, act=Act.UNDO, attempt=1, holder="x")
    journal.append(bad, "intended:m:undo:1", begun)
    spoil(journal, bad, "intended:m:undo:1")
    clock.wait(minutes=5)
    runs = Recording()
    watch._undo_what_is_over(home, journal, cast("PrefectRuns", runs), memory)
    assert runs.keys == [f"{good}:m:undo"]
    assert [one.whose for one in failing(home)] == [f"{bad}:intended:m:undo:1"]


def test_a_run_that_cannot_be_one_keeps_no_other_incident_from_being_taken_up(
    journal: Journal, home: Home, clock: Ticking, memory: Memory
) -> None:
    bad, good = two(journal)
    lost = uuid4()
    journal.append(bad, "taken_up:1", TakenUp(holder="x", pass_number=1), flow_run="drill-7")
    journal.append(good, "taken_up:1", TakenUp(holder="x", pass_number=1), flow_run=str(lost))
    clock.wait(hours=1)
    runs = Recording()
    watch._carry_on(home, journal, cast("SyncPrefectClient", NoRuns()), cast("PrefectRuns", runs), memory)
    assert runs.keys == [f"{good}:instead-of:{lost}"]
    [named] = failing(home)
    assert named.whose == bad
    assert "start the runbook again" in named.why


def test_some_for_whom_something_is_always_away_keep_nobody_else_waiting_for_ever(home: Home) -> None:
    done: list[str] = []

    def work(whose: str) -> Callable[[], object]:
        def do() -> None:
            if whose.startswith("never"):
                raise JournalUnavailable("there", 1.0, "gone")
            done.append(whose)

        return do

    failures, names = Failures(home, "watch"), [*(f"never-{n}" for n in range(2 * IN_A_ROW)), "a", "b"]
    for _ in range(3):
        with pytest.raises(Cut):
            each(failures, "paging", [(one, work(one)) for one in names])
    assert done[:2] == ["a", "b"], "in the third round at the latest"
    assert failing(home) == ()


def test_a_confirmation_that_cannot_be_read_keeps_nobody_from_judging(journal: Journal) -> None:
    for one in two(journal):
        journal.append(one, "confirmed:1", Confirmed(cause=OTHER, claim="c", by="ana", why="w", identity_proven=False))
    spoil(journal, two(journal)[0], "confirmed:1")
    assert confirming.past(journal, RUNBOOK) == Past(of=1, confirmed={OTHER: 1})


def test_a_hand_off_that_cannot_be_read_keeps_no_other_incident_from_going_on(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = two(journal)
    journal.append(bad, "handed_off:x", HandedOff(mitigation="x", to="y", title="t", flow_run=str(uuid4())))
    spoil(journal, bad, "handed_off:x")
    assert in_vain(journal, good) == set()
    assert bad in caplog.text


def test_a_message_that_cannot_be_read_keeps_nobody_from_being_told(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journal.clock.now", lambda: START)
    bad, good = two(journal)
    for one in (bad, good):
        journal.append(one, "notified:1", Notified(to="x", title="t", delivered=True, text="x"))
    spoil(journal, bad, "notified:1")
    assert notify._sent(journal, "rung-prod") == 1


def test_an_ending_that_nobody_knows_keeps_no_other_incident_from_being_listed(journal: Journal) -> None:
    bad, good = two(journal)
    for one in (bad, good):
        journal.append(one, "closed", Closed(ending=Ending.RESOLVED, text="x"))
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("UPDATE incidents SET ending = 'Merged' WHERE id = ?", (bad,))
    lines = {one.id: Line.of(journal, one).status for one in journal.incidents()}
    assert lines == {bad: UNREADABLE, good: "Resolved"}
    assert {one.id for one in journal.latest_of(RUNBOOK, "rung-prod")} == {bad, good}
    assert journal.incident(bad).ending is None
    assert {row.incident: (row.ending, row.unreadable) for row in rows(journal, START)} == {
        bad: (None, True),
        good: (Ending.RESOLVED, False),
    }


@pytest.mark.parametrize("kind", ["frozen", "switched", "shadow"])
def test_a_limit_that_cannot_be_read_refuses_every_change_in_a_sentence(
    journal: Journal, clock: Ticking, kind: str
) -> None:
    case = case_of(journal, "0" * 16, "one")
    if kind == "frozen":
        said = switches.freeze(journal, "x", starts=clock.now, ends=clock.now + timedelta(days=1), by="ana", why="w")
    elif kind == "shadow":
        shadow.turn(journal, "x", on=True, by="ana", why="w")
        said = shadow.turn(journal, "x", on=False, by="ana", why="w")
    else:
        said = switches.go(journal, "ana", "well again")
    assert guardrail.halted(case) is None
    spoil(journal, LEDGER, said.key)
    halt = guardrail.halted(case)
    assert halt is not None
    assert halt.why == (
        "Whether changes are stopped or frozen cannot be read, so nothing is changed;"
        " `codeblue verify` says which entry is damaged."
    )


def test_a_change_whose_last_time_cannot_be_read_is_refused_in_a_sentence(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journal.clock.now", lambda: START)
    other, case = (case_of(journal, name * 16, "one") for name in "01")
    begun = Intended(mitigation="cooling", digest=DIGEST, act=Act.APPLY, attempt=1, holder="x")
    other.say("plan:cooling", planned(DIGEST))
    other.say("intended:cooling:apply:1", begun)
    assert "may be made again" in (guardrail.cooling(case, COOLING, planned(DIGEST).change, "") or "")
    spoil(journal, other.incident, "intended:cooling:apply:1")
    assert "cannot be read, so nothing is changed" in (guardrail.cooling(case, COOLING, planned().change, "") or "")


KEPT = {"part": "paging", "whose": "INC-1", "why": "x.", "since": "2026-01-02T03:04:05+00:00"}


@pytest.mark.parametrize("odd", [1, None, [], {"part": []}, KEPT | {"since": "yesterday"}, KEPT | {"since": None}])
def test_a_note_of_what_fails_that_is_damaged_costs_itself(home: Home, odd: object) -> None:
    (home.path / "watch.failing.json").write_text(json.dumps([odd, KEPT]))
    assert [one.whose for one in failing(home)] == ["INC-1"]
    assert [one.whose for one in Failures(home, "watch").now()] == ["INC-1"], "the watch begins all the same"


@pytest.mark.parametrize("said", ["[" * 5000, "null", "{}", json.dumps([KEPT | {"since": "2026-01-02T03:04:05"}])])
def test_notes_of_what_fails_can_be_held_against_the_clock_or_are_none(home: Home, said: str) -> None:
    (home.path / "watch.failing.json").write_text(said)
    assert all(one.since.tzinfo is not None for one in failing(home))


@pytest.mark.parametrize("said", ["[]", "null", "7", '{"api_url": 5, "pid": "x"}', '{"api_url": "u", "pid": "-1"}'])
def test_a_damaged_note_of_the_stack_is_no_stack(home: Home, said: str) -> None:
    (home.path / "stack.json").write_text(said)
    assert stack_of(home) is None
