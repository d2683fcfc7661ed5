"""An alert that was acknowledged is kept, once, and handled by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from deployments.receiver.inbox_queries import done_together
from journal.facts.closed import Closed
from journal.facts.opened import Opened
from journal.facts.words import Ending
from journal.inbox import _KEEP, Delivery, Inbox
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


def test_a_batch_keeps_what_one_by_one_would_be_kept(inbox: Inbox) -> None:
    names = ["old", "a", "b", "a", "c", "old"]
    inbox.done(inbox.put(delivery("old")).id, "INC-1")
    together = inbox.put_all([delivery(name, token="t0ps3cret") for name in names])
    others = Inbox(inbox._journal)
    alone = [others.put(delivery(name, token="t0ps3cret")) for name in names]
    assert [receipt.new for receipt in together] == [False, True, True, False, True, False]
    assert [receipt.id for receipt in together] == [receipt.id for receipt in alone]
    assert [receipt.incident for receipt in together] == ["INC-1", None, None, None, None, "INC-1"]
    kept = {one.delivery: one.alert for one in inbox.pending()}
    assert kept == {name: {"name": name, "token": "[redacted: token]"} for name in "abc"}


def test_alerts_that_share_a_commit_are_handled_in_the_order_in_which_they_came(inbox: Inbox) -> None:
    """An end that is handled before its problem ends nothing, and the problem stays open for ever."""
    names = [f"{digit}-{word}" for digit in "5039471826" for word in ("problem", "end")]
    receipts = inbox.put_all([delivery(name) for name in (*names, names[0], names[-1])])
    assert [alert.delivery for alert in inbox.pending()] == names
    assert [alert.delivery for alert in inbox.claim("one")] == names
    assert [receipt.id for receipt in receipts[:-2]] == sorted(receipt.id for receipt in receipts[:-2])
    assert [receipt.id for receipt in receipts[-2:]] == [receipts[0].id, receipts[-3].id]


def test_two_that_keep_the_same_alerts_in_another_order_do_not_block_each_other(inbox: Inbox) -> None:
    names = [f"d{number}" for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        rounds = [names, names[::-1], names[30:] + names[:30], names]
        told = list(pool.map(lambda given: inbox.put_all([delivery(name) for name in given]), rounds))
    assert sum(receipt.new for receipts in told for receipt in receipts) == 60
    assert len(inbox.pending(1000)) == 60


def test_a_batch_is_kept_as_a_whole_or_not_at_all(inbox: Inbox) -> None:
    lacking = delivery("b").model_copy(update={"fingerprint": None})
    with pytest.raises((ValueError, IntegrityError)):
        inbox.put_all([delivery("a"), lacking, delivery("c")])
    assert inbox.pending() == ()


# -- done together ----------------------------------------------------------------------------------------------------


def opened(journal: Journal, fingerprint: str) -> str:
    what = {"title": "t", "runbook": "r.b", "runbook_version": "1", "system": "r", "environment": "r-prod"}
    asked = Opened(**what, severity="error", fingerprint=fingerprint, params={}, requested_by="test")
    return journal.open_incident(asked)[0].id


def places(journal: Journal) -> dict[int, str | None]:
    """Which incident each alert has."""
    with journal.database.engine.begin() as tx:
        return {row[0]: row[1] for row in tx.exec_driver_sql("SELECT id, incident FROM inbox")}


def test_many_done_together_are_as_many_done_alone(journal: Journal, inbox: Inbox) -> None:
    first, second, closed = (opened(journal, name) for name in ("f1", "f2", "f3"))
    journal.append(closed, "closed", Closed(ending=Ending.RESOLVED, text="done"))
    ids = [inbox.put(delivery(f"d{number}")).id for number in range(9)]
    inbox.claim("one")
    inbox.done(ids[0], "INC-before")
    left = done_together(journal, {first: ids[:3], second: ids[3:6], closed: ids[6:]})
    assert left == {closed}
    assert places(journal) == dict(zip(ids, ["INC-before", *[first] * 2, *[second] * 3, *[None] * 3], strict=True))
    assert [one.id for one in inbox.pending()] == ids[6:]
    assert inbox.counts().model_dump() == {"waiting": 0, "held": 3, "done": 6}


def test_cut_off_in_between_none_of_them_is_done_and_all_can_be_again(journal: Journal, inbox: Inbox) -> None:
    incident = opened(journal, "f1")
    ids = [inbox.put(delivery(f"d{number}")).id for number in range(3)]

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    event.listen(journal.database.engine, "commit", die)
    with pytest.raises(KeyboardInterrupt):
        done_together(journal, {incident: ids})
    event.remove(journal.database.engine, "commit", die)
    assert [one.id for one in inbox.pending()] == ids
    assert done_together(journal, {incident: ids}) == set()
    assert set(places(journal).values()) == {incident}


def test_a_storm_compiles_its_statements_once(journal: Journal, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """An insert that SQLAlchemy does not cache takes longer to compile than to carry out, at each commit."""
    if not journal.database.sqlite:
        assert "ON CONFLICT" in str(_KEEP["postgresql"].compile(journal.database.engine))
        return
    incident = opened(journal, "f1")
    done_together(journal, {incident: [one.id for one in inbox.put_all([delivery("first"), delivery("other")])]})
    compiled: list[str] = []
    compiler = journal.database.engine.dialect.statement_compiler
    real = compiler.__init__

    def counting(self: object, dialect: object, statement: object, *args: object, **options: object) -> None:
        compiled.append(str(statement))
        real(self, dialect, statement, *args, **options)

    monkeypatch.setattr(compiler, "__init__", counting)
    ids = [receipt.id for n in range(3) for receipt in inbox.put_all([delivery(f"d{n}"), delivery(f"e{n}")])]
    done_together(journal, {incident: ids})
    assert compiled == []
