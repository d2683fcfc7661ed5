"""One holder at a time; a holder that is gone does not block anybody."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from journal import leases
from journal.facts.closed import Closed
from journal.facts.words import Ending
from journal.store import Journal
from tests.journal.samples import Ticking, opened

MINUTE = timedelta(minutes=1)


def test_a_held_lease_is_refused_to_others(journal: Journal) -> None:
    assert leases.acquire(journal, "db/rung", "a", MINUTE)
    assert not leases.acquire(journal, "db/rung", "b", MINUTE)
    assert not leases.renew(journal, "db/rung", "b", MINUTE)
    assert not leases.release(journal, "db/rung", "b")
    assert leases.holder_of(journal, "db/rung") == "a"
    assert leases.acquire(journal, "db/other", "b", MINUTE)


def test_a_lease_without_duration_is_refused(journal: Journal) -> None:
    with pytest.raises(ValueError, match="some time"):
        leases.acquire(journal, "x", "a", timedelta(0))


def test_its_holder_may_take_it_again_renew_and_release_it(journal: Journal, clock: Ticking) -> None:
    leases.acquire(journal, "x", "a", MINUTE)
    clock.wait(seconds=50)
    assert leases.acquire(journal, "x", "a", MINUTE)
    clock.wait(seconds=50)
    assert leases.renew(journal, "x", "a", MINUTE)
    clock.wait(seconds=50)
    assert leases.holder_of(journal, "x") == "a"
    assert leases.release(journal, "x", "a")
    assert leases.holder_of(journal, "x") is None


def test_an_expired_lease_is_free_and_its_old_holder_learns_it(journal: Journal, clock: Ticking) -> None:
    leases.acquire(journal, "x", "a", MINUTE)
    clock.wait(minutes=1)
    assert leases.holder_of(journal, "x") is None
    assert leases.acquire(journal, "x", "b", MINUTE)
    assert not leases.renew(journal, "x", "a", MINUTE)


def test_many_who_want_it_at_once_leave_one_holder(journal: Journal) -> None:
    with ThreadPoolExecutor(10) as pool:
        got = list(pool.map(lambda n: leases.acquire(journal, "x", f"h{n}", MINUTE), range(20)))
    assert sum(got) == 1


def test_the_lease_of_a_dead_process_of_this_host_is_taken_over_at_once(journal: Journal) -> None:
    code = "from journal import leases; print(leases.me(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        holder = process.stdout.readline().strip()
        leases.acquire(journal, "x", holder, timedelta(days=1))
        assert not leases.is_gone(holder)
        assert not leases.acquire(journal, "x", leases.me(), MINUTE)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, but a zombie still: it will do nothing more
        assert leases.is_gone(holder)
        assert leases.acquire(journal, "x", leases.me(), MINUTE)
    assert leases.is_gone(holder)


def test_a_reused_pid_does_not_keep_a_lease_alive() -> None:
    host, pid, start = leases.me().split(":")
    ticks, _, namespace = start.partition("@")
    assert not leases.is_gone(leases.me())
    assert leases.is_gone(f"{host}:{pid}:{int(ticks) - 1}@{namespace}")


@pytest.mark.parametrize("holder", ["anybody", "otherhost:1:2@3", "", "a:b:c", "{host}:999999:5@1", "{host}:x:5@{ns}"])
def test_doubt_is_no_proof_of_death(holder: str) -> None:
    host, _, start = leases.me().split(":")
    assert not leases.is_gone(holder.format(host=host, ns=start.partition("@")[2]))


def test_the_sweep_leaves_what_is_held_and_frees_what_nobody_can_be_using(journal: Journal, clock: Ticking) -> None:
    assert leases.sweep(journal) == ()
    gone = subprocess.run(
        [sys.executable, "-c", "from journal.leases import me; print(me())"], capture_output=True, text=True, check=True
    ).stdout.strip()
    opened_ = journal.open_incident(opened("a"))[0].id
    over = journal.open_incident(opened("b"))[0].id
    journal.append(over, "closed", Closed(ending=Ending.RESOLVED, text="x"))
    for name, holder in (("held", leases.me()), ("dead", gone), ("target:open", opened_), ("target:over", over)):
        leases.acquire(journal, name, holder, MINUTE)
    leases.acquire(journal, "past", "elsewhere:1:2", timedelta(seconds=1))
    clock.wait(seconds=2)
    assert leases.sweep(journal) == ("dead", "past", "target:over")
    assert leases.sweep(journal) == ()
    assert leases.holder_of(journal, "held") == leases.me()
    assert leases.holder_of(journal, "target:open") == opened_
