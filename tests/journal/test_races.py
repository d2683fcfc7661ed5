"""Several processes at once: nothing is lost, nothing is there twice, and the chain holds."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from journal import approvals, leases
from journal.errors import AlreadyDecided
from journal.facts.closed import Noted
from journal.facts.words import Channel
from journal.inbox import Delivery, Inbox
from journal.store import Journal, utcnow
from journal.verify import verify
from tests.journal.samples import DIGEST, Ticking, opened, requested
from tests.journal.server import Postgres

FORK = multiprocessing.get_context("fork")
PROCESSES = 4

Work = Callable[[str, int], object]


def in_processes(url: str, work: Work) -> list[object]:
    """What `work(url, number)` returns in each of several processes that start together."""

    def run(number: int, pipe: Connection) -> None:
        barrier.wait(20)
        pipe.send(work(url, number))

    barrier = FORK.Barrier(PROCESSES)
    pairs = [FORK.Pipe(duplex=False) for _ in range(PROCESSES)]
    children = [FORK.Process(target=run, args=(number, pair[1])) for number, pair in enumerate(pairs)]
    for child in children:
        child.start()
    try:
        said = [pair[0].recv() if pair[0].poll(40) else None for pair in pairs]
    finally:
        for child in children:
            child.join(10)
            child.kill()
        for pair in pairs:
            pair[0].close()
            pair[1].close()
    return said


def test_an_empty_database_is_set_up_once_by_whoever_comes_first(
    request: pytest.FixtureRequest, url: str, tmp_path: Path
) -> None:
    if url.startswith("postgresql"):
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.new_database()

    def connect(url: str, number: int) -> object:
        with Journal.connect(url) as journal:
            return journal.open_incident(opened(f"f{number}"))[1]

    assert in_processes(url, connect) == [True] * PROCESSES


def test_processes_that_append_the_same_steps_record_each_once(journal: Journal, url: str) -> None:
    incident, _ = journal.open_incident(opened())

    def append(url: str, number: int) -> object:
        with Journal.connect(url, clock=Ticking()) as mine:
            return [mine.append(incident.id, f"k{n}", Noted(by=str(number), text="x")).hash for n in range(30)]

    said = in_processes(url, append)
    kept = [
        entry.hash for key in range(30) for entry in [journal.recorded(incident.id, f"k{key}")] if entry is not None
    ]
    assert said == [kept] * PROCESSES
    assert journal.incident(incident.id).count == 31
    assert verify(journal).intact


def test_processes_that_open_the_same_problem_open_one_incident(journal: Journal, url: str) -> None:
    def open_all(url: str, number: int) -> object:
        with Journal.connect(url) as mine:
            return [mine.open_incident(opened(f"f{n}")) for n in range(15)]

    said = in_processes(url, open_all)
    for n in range(15):
        results = [answers[n] for answers in said if isinstance(answers, list)]
        assert sum(new for _, new in results) == 1
        assert len({incident.id for incident, _ in results}) == 1
    assert len(journal.incidents()) == 15
    assert {incident.count for incident in journal.incidents()} == {PROCESSES}
    assert verify(journal).intact


def test_processes_that_answer_at_once_record_one_answer(journal: Journal, url: str) -> None:
    incident, _ = journal.open_incident(opened())
    journal.append(incident.id, "r", requested(expires_at=utcnow() + timedelta(hours=1)))

    def answer(url: str, number: int) -> object:
        with Journal.connect(url) as mine:
            try:
                approvals.decide(
                    mine,
                    incident.id,
                    DIGEST,
                    approve=True,
                    by=str(number),
                    channel=Channel.CLI,
                    identity_proven=True,
                    why="x",
                )
            except AlreadyDecided:
                return False
            return True

    assert sorted(map(str, in_processes(url, answer))) == ["False"] * (PROCESSES - 1) + ["True"]
    assert journal.incident(incident.id).count == 3


def test_processes_that_want_the_same_lease_leave_one_holder(journal: Journal, url: str) -> None:
    def acquire(url: str, number: int) -> object:
        with Journal.connect(url) as mine:
            return [leases.acquire(mine, f"l{n}", str(number), timedelta(hours=1)) for n in range(20)]

    said = in_processes(url, acquire)
    for n in range(20):
        assert sum(got[n] for got in said if isinstance(got, list)) == 1


def test_processes_that_take_in_the_same_alerts_keep_each_once(journal: Journal, url: str) -> None:
    def put(url: str, number: int) -> object:
        with Journal.connect(url) as mine:
            inbox = Inbox(mine)
            return sum(
                inbox.put(Delivery(format="x", delivery=str(n), fingerprint="f", alert={})).new for n in range(50)
            )

    assert sum(new for new in in_processes(url, put) if isinstance(new, int)) == 50
    assert Inbox(journal).counts().waiting == 50


def test_a_killed_process_loses_nothing_that_it_was_told_is_kept(journal: Journal, url: str) -> None:
    incident, _ = journal.open_incident(opened())
    code = """
import itertools, sys
from journal.facts.closed import Noted
from journal.store import Journal
journal = Journal.connect(sys.argv[1])
for n in itertools.count():
    journal.append(sys.argv[2], f"k{n}", Noted(by="x", text="y"))
    print(n, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, url, incident.id],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": "."},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "40":
                break
        process.send_signal(signal.SIGKILL)
        told = [int(line) for line in process.stdout.read().split()]
    last = max([40, *told])
    kept = journal.entries(incident.id)
    assert [entry.key for entry in kept[1 : last + 2]] == [f"k{n}" for n in range(last + 1)]
    assert len(kept) <= last + 3  # at most the one that it was not told about any more
    assert verify(journal).intact
    journal.append(incident.id, f"k{last}", Noted(by="x", text="done again"))
    assert len(journal.entries(incident.id)) == len(kept)
