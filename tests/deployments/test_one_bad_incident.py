"""One incident, alert or form that fails keeps no other from its turn, and is named; however many are open."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State, StateType
from prefect.types import SecretDict
from pydantic import SecretStr
from sqlalchemy import insert

from blocks.environment import Environment
from blocks.notifier import Contact, Notifier
from deployments import escalating
from deployments.apart import IN_A_ROW, Cut, each
from deployments.checks.outcome import AT_ONCE
from deployments.deployed import everything, specs
from deployments.escalating import PAGING, UNTAKEN, escalate, page, tell_the_installation
from deployments.failing import Failing, Failures, failing
from deployments.receiver.inbox_queries import AMBIGUOUS, UNHANDLED, UNKNOWN_PLACE, UNROUTED
from deployments.receiver.routing import Route
from deployments.receiver.runs import NoRunError, PrefectRuns
from deployments.receiver.starting import Starter
from deployments.stack_home import Home
from deployments.stack_register import register
from deployments.watch import look_round
from deployments.watch_memory import READING, Memory
from journal import approvals, policy, shadow
from journal.errors import JournalUnavailable
from journal.facts.closed import Closed, Notified
from journal.facts.opened import Opened, TakenUp
from journal.facts.policy import Acknowledged, Escalated, EscalationPolicy
from journal.facts.words import Channel, Ending
from journal.inbox import Delivery, Inbox
from journal.policy import policy_of
from journal.schema import LEDGER, chains, incidents
from journal.store import Journal
from runbook.alert import Alert
from sandbox.pager import Pager
from tasks.policy import INSTALLATION
from tests.journal.samples import Ticking, opened

ODD = ("", "[/]", "rung\x00\x1b[2J-prod", "\r\n", "../../admin", "a" * 2000, "Ünïcode \u202e prod", "?limit=1#x")
"""What an alert's label may hold where a name is expected."""


class Recording:
    """Prefect at its client's border: one run for each key; keeps the order in which they were asked for."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def create(self, deployment: str, *, key: str, parameters: Mapping[str, Any], tags: Sequence[str]) -> UUID:
        self.keys.append(key)
        return uuid5(NAMESPACE_URL, key)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("CODEBLUE_HOME", str(tmp_path))
    monkeypatch.setenv("CODEBLUE_JOURNAL", f"sqlite:///{tmp_path}/journal.db")
    return Home.at(tmp_path)


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def journal(home: Home, clock: Ticking, migrated: Path) -> Iterator[Journal]:
    with Journal.connect(f"sqlite:///{shutil.copy(migrated, home.path)}", clock=clock) as found:
        yield found


@pytest.fixture
def installation(prefect: SyncPrefectClient) -> Iterator[Pager]:
    with Pager() as pager:
        Notifier(urls=[SecretStr(pager.address("installation"))]).save(INSTALLATION, overwrite=True)
        yield pager


def open_(journal: Journal, environment: str, mark: str, **more: object) -> str:
    given: dict[str, object] = {"runbook": "rung.connection_exhaustion", "environment": environment, **more}
    return journal.open_incident(opened(mark, **given))[0].id


def spoil(journal: Journal, incident: str) -> None:
    """Make one record unreadable, as a version that this one does not know may write it."""
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        said = json.dumps({"kind": "from_the_future"})
        tx.exec_driver_sql("UPDATE entries SET fact = ?, kind = 'from_the_future' WHERE incident = ?", (said, incident))


# -- the loop itself --------------------------------------------------------------------------------------------------


def refuse() -> None:
    raise ValueError("this one is odd")


def away() -> None:
    raise JournalUnavailable("there", 1.0, "gone")


def test_one_that_fails_is_noted_until_it_works_and_the_others_have_their_turn(home: Home) -> None:
    done: list[str] = []
    failures = Failures(home, "watch")
    each(failures, PAGING, [("a", lambda: done.append("a")), ("b", refuse), ("c", lambda: done.append("c"))])
    assert done == ["a", "c"]
    [one] = failing(home)
    assert (one.part, one.whose, one.why) == (PAGING, "b", "ValueError: this one is odd.")
    assert Failures(home, "watch").now() == (one,), "known again after a restart, since when it fails"
    each(failures, PAGING, [("b", lambda: done.append("b"))])
    assert failing(home) == ()


def test_what_is_over_fails_no_longer(home: Home) -> None:
    failures = Failures(home, "watch")
    each(failures, PAGING, [("a", refuse), ("b", refuse)])
    each(failures, PAGING, [("b", refuse)])
    assert [one.whose for one in failing(home)] == ["b"]


def test_something_away_for_one_keeps_no_other_from_its_turn_but_away_for_all_ends_the_loop(home: Home) -> None:
    done: list[str] = []
    with pytest.raises(Cut, match="a: The journal at there"):
        each(Failures(home, "watch"), PAGING, [("a", away), ("b", lambda: done.append("b"))])
    assert done == ["b"]
    with pytest.raises(Cut):
        each(
            Failures(home, "watch"),
            PAGING,
            [*[(f"{n}", away) for n in range(IN_A_ROW)], ("z", lambda: done.append("z"))],
        )
    assert (done, failing(home)) == (["b"], ())


def test_what_failed_is_told_without_what_an_alert_said(home: Home) -> None:
    def quoting() -> None:
        raise RuntimeError("password=hunter2-is-my-secret " + "x" * 5000)

    each(Failures(home, "watch"), PAGING, [("a", quoting)])
    [one] = failing(home)
    assert "hunter2" not in one.why
    assert len(one.why) < 400


# -- paging -----------------------------------------------------------------------------------------------------------


def test_no_label_ends_the_paging_of_others_and_its_own_incident_pages_the_installation(
    prefect: SyncPrefectClient, journal: Journal, home: Home, clock: Ticking, installation: Pager
) -> None:
    odd = [open_(journal, environment, f"odd-{number}") for number, environment in enumerate(ODD)]
    plain = open_(journal, "never-saved", "plain")
    clock.wait(seconds=UNTAKEN.total_seconds() + 1)
    runs, memory = Recording(), Memory(journal, Failures(home, "watch"))
    escalate(home, journal, prefect, runs, memory)
    clock.wait(days=1)
    escalate(home, journal, prefect, runs, memory)
    assert failing(home) == ()
    for incident in (*odd, plain):
        own = policy_of(journal.entries(incident))
        assert own is not None
        assert own.block == f"codeblue-notifier/{INSTALLATION}"
        assert f"{incident}:L1" in runs.keys
    assert page(odd[2], "L1", return_state=True).name == "Told"
    [told] = installation.told("installation")
    assert odd[2] in told.title


def test_an_incident_whose_record_cannot_be_read_is_named_and_the_others_are_paged(
    prefect: SyncPrefectClient, journal: Journal, home: Home, clock: Ticking
) -> None:
    bad, good = open_(journal, "a", "bad"), open_(journal, "b", "good")
    spoil(journal, bad)
    clock.wait(days=1)
    runs, memory = Recording(), Memory(journal, Failures(home, "watch"))
    trouble = look_round(home, journal, prefect, runs, memory)  # pyright: ignore[reportArgumentType] # a double
    assert f"{good}:L1" in runs.keys
    assert [(one.part, one.whose) for one in failing(home)] == [(READING, bad)]
    assert trouble is not None
    assert bad in trouble, "such a round is not whole, so the monitor elsewhere hears of it"


def test_a_page_whose_environment_is_gone_is_told_to_the_installation(
    prefect: SyncPrefectClient, journal: Journal, installation: Pager
) -> None:
    incident = open_(journal, "gone", "gone")
    levels = {"name": "L1", "after": "PT0S", "contacts": ["Mara"]}
    own = EscalationPolicy.model_validate(
        {"issue": "i", "source": "s", "block": "codeblue-rung/gone", "levels": [levels]}
    )
    journal.append(incident, policy.KEY, own)
    assert page(incident, "L1", return_state=True).name == "Told"
    [fact] = [entry.fact for entry in journal.entries(incident) if isinstance(entry.fact, Escalated)]
    assert "gone" in fact.why
    assert len(installation.told("installation")) == 1


class Own(Environment):
    """An environment of a runbook that is run without an installed system, as the self-test is."""

    _block_type_name = "An environment of our own"
    _block_type_slug = "own-environment"


def test_a_page_is_told_to_the_contacts_of_an_environment_that_no_installed_system_brings(
    prefect: SyncPrefectClient, journal: Journal, installation: Pager
) -> None:
    addresses = SecretDict({"Mara": installation.address("Mara")})
    Own(notifier=Notifier(), contacts=[Contact(name="Mara", level="L1")], addresses=addresses).save("own")
    incident = open_(journal, "own", "own")
    levels = {"name": "L1", "after": "PT0S", "contacts": ["Mara"]}
    own = EscalationPolicy.model_validate(
        {"issue": "i", "source": "s", "block": "own-environment/own", "levels": [levels]}
    )
    journal.append(incident, policy.KEY, own)
    assert page(incident, "L1", return_state=True).name == "Told"
    assert [message.to for message in installation.messages] == ["Mara"]


def test_the_installation_is_told_once_of_what_fails_for_long_and_of_alerts_that_started_nothing(
    journal: Journal, clock: Ticking, installation: Pager
) -> None:
    inbox = Inbox(journal)
    for number, marker in enumerate((UNROUTED, UNROUTED, UNHANDLED, AMBIGUOUS, UNKNOWN_PLACE)):
        alert = {"name": f"Disk {marker}", "status": "firing"}
        kept = inbox.put(Delivery(format="signed", delivery=str(number), fingerprint=str(number), alert=alert))
        inbox.done(kept.id, marker)
    just = Failing(part=PAGING, whose="INC-JUST-NOW", why="x.", since=clock.now)
    long = Failing(part=PAGING, whose="INC-FOR-LONG", why="y.", since=clock.now - timedelta(hours=1))

    @flow(name="telling")
    def telling() -> None:
        tell_the_installation(journal, [just, long])

    telling()
    telling()
    [message] = installation.told("installation")
    assert "INC-FOR-LONG" in message.text
    assert "INC-JUST-NOW" not in message.text
    for marker in (UNROUTED, UNHANDLED, AMBIGUOUS, UNKNOWN_PLACE):
        assert message.text.count(f"Disk {marker}") == 1
    assert sum(entry.key.startswith("check:upkeep:") for entry in journal.entries(LEDGER)) == 5


def test_what_reached_nobody_is_told_again(
    journal: Journal, installation: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.notify.TRIES", 0)
    long = Failing(part=PAGING, whose="INC-FOR-LONG", why="y.", since=journal.clock() - timedelta(hours=1))

    @flow(name="telling")
    def telling() -> None:
        tell_the_installation(journal, [long])

    installation.deaf = True
    telling()
    telling()
    assert (installation.refused, installation.messages) == (2, [])
    installation.deaf = False
    telling()
    telling()
    [message] = installation.told("installation")
    assert "INC-FOR-LONG" in message.text
    told = [entry.fact for entry in journal.entries(LEDGER) if isinstance(entry.fact, Notified)]
    assert [one.delivered for one in told] == [False, True], "that it failed is kept once"


def test_no_message_is_longer_than_people_read_and_what_is_left_comes_with_the_next(
    journal: Journal, installation: Pager
) -> None:
    inbox = Inbox(journal)
    for number in range(AT_ONCE + 3):
        alert = {"name": f"Disk {number}", "status": "firing"}
        kept = inbox.put(Delivery(format="signed", delivery=str(number), fingerprint=str(number), alert=alert))
        inbox.done(kept.id, UNROUTED)

    @flow(name="telling")
    def telling() -> None:
        tell_the_installation(journal, [])

    for _ in range(3):
        telling()
    assert [len(one.text.splitlines()) for one in installation.told("installation")] == [AT_ONCE, 3]


# -- more than a page -------------------------------------------------------------------------------------------------


def crowd(journal: Journal, count: int) -> list[str]:
    """So many open incidents, in one commit: only what is listed of them, since opening each takes minutes."""
    known = opened().model_dump(include={"system", "environment", "runbook", "title", "severity"})
    ids = [f"INC-20260102-Z{number:04}" for number in range(count)]
    with journal.database.engine.begin() as tx:
        tx.execute(insert(chains), [{"incident": one, "head": "", "length": 0} for one in ids])
        rows = [{"id": one, "fingerprint": one, "opened_at": journal.clock(), **known} for one in ids]
        tx.execute(insert(incidents), rows)
    return ids


def test_the_oldest_of_more_than_a_thousand_is_paged_and_taken_up(
    prefect: SyncPrefectClient, journal: Journal, home: Home, clock: Ticking
) -> None:
    oldest = [open_(journal, "a", f"old-{number}", requested_by="alert:signed") for number in range(2)]
    lost = uuid4()
    journal.append(oldest[0], "taken_up:x", TakenUp(holder="x", pass_number=1), flow_run=str(lost))
    clock.wait(hours=1)
    newer = crowd(journal, 1205)
    assert [one.id for one in journal.every_open()] == [*oldest, *newer]

    runs = Recording()
    memory = Memory(journal, Failures(home, "watch"))
    assert look_round(home, journal, prefect, runs, memory) is None  # pyright: ignore[reportArgumentType] # a double
    assert runs.keys[0] == f"{oldest[0]}:instead-of:{lost}"
    assert {key.partition(":")[0] for key in runs.keys[1:]} == set(oldest), "both are paged"
    assert list(Starter(journal, runs, lambda _: None, lambda _: None).orphans()) == oldest


# -- whose run it is --------------------------------------------------------------------------------------------------


@flow(name="somebody.else")
def foreign(incident: str, name: str) -> None:
    """Says of itself what our pages say."""


@pytest.fixture
def due(prefect: SyncPrefectClient, home: Home, installation: Pager) -> Iterator[tuple[Journal, str]]:
    """An incident whose first page is due now, by the real clock."""
    register(prefect, specs(one for one in everything() if one.name == "page"))
    with Journal.connect(f"sqlite:///{home.path}/journal.db") as journal:
        incident = open_(journal, "gone", "due")
        levels = {"name": "L1", "after": "PT0S", "contacts": ["Mara"]}
        given = {"issue": "i", "source": "s", "block": "codeblue-rung/gone", "levels": [levels]}
        journal.append(incident, policy.KEY, EscalationPolicy.model_validate(given))
        yield journal, incident


def test_nobody_is_paged_in_shadow_until_it_is_lifted(
    prefect: SyncPrefectClient, home: Home, due: tuple[Journal, str], installation: Pager
) -> None:
    """Neither is a page told whose run was created before."""
    journal, incident = due
    system = journal.incident(incident).system
    runs, memory = Recording(), Memory(journal, Failures(home, "watch"))
    shadow.turn(journal, system, on=True, by="ana", why="trial")
    assert escalate(home, journal, prefect, runs, memory) == 0
    assert page(incident, "L1", return_state=True).name == "NotNeeded"
    assert (runs.keys, told(journal, incident), installation.told("installation")) == ([], False, [])
    shadow.turn(journal, system, on=False, by="ana", why="over")
    assert escalate(home, journal, prefect, runs, memory) == 1
    assert runs.keys == [f"{incident}:L1"]


def told(journal: Journal, incident: str) -> bool:
    return any(isinstance(entry.fact, Escalated) for entry in journal.entries(incident))


@pytest.mark.parametrize("state", [StateType.COMPLETED, StateType.RUNNING, StateType.SCHEDULED])
def test_a_run_of_somebody_else_with_a_pages_tags_name_and_key_suppresses_no_page(
    prefect: SyncPrefectClient, home: Home, due: tuple[Journal, str], state: StateType
) -> None:
    journal, incident = due
    body = {
        "flow_id": str(prefect.create_flow(foreign)),
        "parameters": {"incident": incident, "name": "L1"},
        "name": f"{incident}:L1",
        "idempotency_key": f"{incident}:L1",
        "tags": ["page", f"incident:{incident}", "level:L1"],
        "state": {"type": state.value, "name": "Theirs"},
    }
    prefect._client.post("/flow_runs/", json=body, timeout=30).raise_for_status()
    runs = Recording()
    escalate(home, journal, prefect, runs, Memory(journal, Failures(home, "watch")))
    assert runs.keys == [f"{incident}:L1"]


@pytest.mark.parametrize("state", [StateType.RUNNING, StateType.PAUSED, StateType.SCHEDULED, StateType.PENDING])
def test_a_page_whose_run_lost_its_tags_or_stands_still_is_told_from_here(
    prefect: SyncPrefectClient,
    home: Home,
    due: tuple[Journal, str],
    monkeypatch: pytest.MonkeyPatch,
    state: StateType,
) -> None:
    journal, incident = due
    monkeypatch.setattr(escalating, "UNTAKEN", timedelta(0))
    with PrefectRuns(str(prefect.api_url)) as runs:
        escalate(home, journal, prefect, runs, Memory(journal, Failures(home, "watch")))
        assert not told(journal, incident), "its run was made just now"
        [run] = [one for one in prefect.read_flow_runs() if one.idempotency_key == f"{incident}:L1"]
        prefect.update_flow_run(run.id, tags=[])
        prefect.set_flow_run_state(run.id, State(type=state), force=True)
        if state is StateType.RUNNING:  # for longer than it may
            escalate(home, journal, prefect, runs, Memory(journal, Failures(home, "watch")))
            assert not told(journal, incident)
            monkeypatch.setattr(escalating, "TELLING", timedelta(microseconds=1))
        escalate(home, journal, prefect, runs, Memory(journal, Failures(home, "watch")))
    assert told(journal, incident)


# -- never to run -----------------------------------------------------------------------------------------------------

RUNBOOK = "rung.connection_exhaustion"


@pytest.fixture
def runs(prefect: SyncPrefectClient) -> Iterator[PrefectRuns]:
    register(prefect, specs(one for one in everything() if one.runbook == RUNBOOK))
    with PrefectRuns(str(prefect.api_url)) as there:
        yield there


def starter(journal: Journal, runs: PrefectRuns, deployment: str = f"{RUNBOOK}/connection_exhaustion") -> Starter:
    route = Route(
        deployment=deployment, runbook=RUNBOOK, title="t", version="1", system="rung", environment="e", params={},
        severity="error",  # pyright: ignore[reportArgumentType] # text becomes a Severity
    )  # fmt: skip
    return Starter(journal, runs, lambda _: route, lambda _: None)


def alerted(environment: str, mark: str, summary: str = "") -> Opened:
    alert = Alert(format="signed", name="X", fingerprint=mark, labels={"big": summary})
    return opened(
        mark, runbook=RUNBOOK, environment=environment, params={}, requested_by="alert:signed",
        alert=alert.model_dump(mode="json"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "size", "why"), [("", 0, "answered 409"), ("rung-prod", 829_000, "answered 422")]
)
def test_an_incident_whose_run_prefect_refuses_ends_unresolved_and_is_told(  # noqa: PLR0917  (fixtures)
    environment: str, size: int, why: str, journal: Journal, runs: PrefectRuns, home: Home, installation: Pager,
    prefect: SyncPrefectClient,
) -> None:  # fmt: skip
    incident = journal.open_incident(alerted(environment, "m", "x" * size))[0].id
    begin = starter(journal, runs)
    assert begin.start(incident) is False
    [closed] = [entry.fact for entry in journal.entries(incident) if isinstance(entry.fact, Closed)]
    assert closed.ending is Ending.UNRESOLVED
    assert why in closed.text
    assert len(closed.text) < 1000
    assert list(begin.orphans()) == []
    made = Recording()
    escalate(home, journal, prefect, made)
    assert made.keys[0] == f"{incident}:L1"
    assert page(incident, "L1", return_state=True).name == "Told"
    assert "Nothing was looked at" in installation.told("installation")[0].text


def test_a_deployment_that_is_missing_may_come_and_is_waited_for(journal: Journal, runs: PrefectRuns) -> None:
    incident = journal.open_incident(alerted("rung-prod", "m"))[0].id
    with pytest.raises(NoRunError, match="deploy it"):
        starter(journal, runs, "nowhere/default").start(incident)
    assert journal.incident(incident).closed_at is None


def test_an_acknowledged_incident_is_not_paged_because_of_another(
    prefect: SyncPrefectClient, journal: Journal, home: Home, clock: Ticking
) -> None:
    had, other = open_(journal, "a", "had"), open_(journal, "b", "other")
    journal.append(had, "acknowledged", Acknowledged(by="Mara", channel=Channel.CLI, why="mine"))
    clock.wait(days=1)
    runs = Recording()
    escalate(home, journal, prefect, runs)
    assert not any(key.startswith(f"{had}:") for key in runs.keys)
    assert f"{other}:L1" in runs.keys
    assert approvals.waiting(journal.entries(other), clock.now) == ()
