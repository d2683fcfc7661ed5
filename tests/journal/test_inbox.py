"""An alert that was acknowledged is kept, once, and handled by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from journal.inbox import Delivery, Inbox
from journal.store import Journal
from tests.journal.samples import Ticking


def delivery(name: str, **alert: str) -> Delivery:
    return Delivery(format="alertmanager", delivery=name, fingerprint="f", alert={"name": name} | alert)


@pytest.fixture
def inbox(journal: Journal) -> Inbox:
    return Inbox(journal)


def test_a_replay_is_told_apart_and_kept_once(inbox: Inbox) -> None:
    first = inbox.put(delivery("a"))
    again = inbox.put(delivery("a"))
    other = inbox.put(Delivery(format="cloudwatch", delivery="a", fingerprint="f", alert={}))
    assert (first.new, again.new, other.new) == (True, False, True)
    assert again.id == first.id != other.id
    assert inbox.counts().waiting == 2


def test_a_replay_of_a_handled_alert_names_its_incident(inbox: Inbox) -> None:
    first = inbox.put(delivery("a"))
    assert inbox.done(first.id, "INC-1")
    assert not inbox.done(first.id, "INC-2")
    assert inbox.put(delivery("a")).incident == "INC-1"


def test_an_alert_is_kept_redacted(inbox: Inbox) -> None:
    inbox.put(delivery("a", annotation="call bob@example.com", token="t0ps3cret"))
    (alert,) = inbox.pending()
    assert alert.alert == {"name": "a", "annotation": "call [redacted: e-mail]", "token": "[redacted: token]"}


def test_alerts_that_arrive_at_once_are_all_kept_and_replays_among_them_found(inbox: Inbox) -> None:
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(lambda n: inbox.put(delivery(f"d{n % 100}")), range(200)))
    assert sum(receipt.new for receipt in receipts) == 100
    assert len({receipt.id for receipt in receipts}) == 100
    assert len(inbox.pending(1000)) == 100


def test_an_alert_is_claimed_by_one_until_its_time_is_over(inbox: Inbox, clock: Ticking) -> None:
    for name in "abc":
        inbox.put(delivery(name))
    taken = inbox.claim("one", limit=2, ttl=timedelta(minutes=1))
    rest = inbox.claim("two", ttl=timedelta(minutes=1))
    assert [alert.delivery for alert in (*taken, *rest)] == ["a", "b", "c"]
    assert inbox.claim("three") == ()
    inbox.done(taken[0].id, "INC-1")
    assert inbox.counts().model_dump() == {"waiting": 0, "held": 2, "done": 1}
    clock.wait(minutes=1)
    assert [alert.delivery for alert in inbox.claim("three")] == ["b", "c"]


def test_old_alerts_can_be_forgotten_but_never_those_that_wait(inbox: Inbox, clock: Ticking) -> None:
    inbox.done(inbox.put(delivery("a")).id, "INC-1")
    inbox.put(delivery("b"))
    clock.wait(days=8)
    assert inbox.forget(clock.now - timedelta(days=7)) == 1
    assert [alert.delivery for alert in inbox.pending()] == ["b"]
