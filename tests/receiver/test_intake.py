"""Many deliveries, few commits: nobody is acknowledged before the commit, and one bad alert spoils no other."""

import asyncio
import threading

import pytest

from deployments.receiver.formats import Item, Message
from deployments.receiver.intake import Intake
from deployments.receiver.refusals import Refused
from journal.errors import JournalUnavailable
from journal.inbox import Inbox
from runbook.alert import Alert


def message(name):
    return Message(items=[Item(delivery=name, alert=Alert(format="signed", name=name, fingerprint=name))])


def take_all(intake, names):
    async def all_at_once():
        return await asyncio.gather(*(intake.take("signed", message(name)) for name in names), return_exceptions=True)

    return asyncio.run(all_at_once())


@pytest.fixture
def intake(journal):
    opened = Intake(Inbox(journal), within=5.0)
    yield opened
    opened.close()


def test_alerts_that_cannot_be_kept_are_told_so_each(intake, monkeypatch):
    def away(*_):
        raise JournalUnavailable("there", 0.3, "gone")

    monkeypatch.setattr(Inbox, "put_all", away)
    answers = take_all(intake, "abc")
    assert [type(answer) for answer in answers] == [Refused] * 3
    assert {answer.status for answer in answers} == {503}


def test_one_alert_that_cannot_be_kept_holds_up_no_other(intake, journal, monkeypatch):
    real = Inbox.put_all

    def picky(self, deliveries):
        if any(delivery.delivery == "b" for delivery in deliveries):
            raise ValueError("never")
        return real(self, deliveries)

    monkeypatch.setattr(Inbox, "put_all", picky)
    first, second, third = take_all(intake, "abc")
    assert isinstance(second, ValueError)
    assert [answer[0][0].new for answer in (first, third)] == [True, True]
    assert {kept.delivery for kept in Inbox(journal).pending()} == {"a", "c"}


def test_alerts_that_arrive_during_a_commit_share_the_next(intake, journal, monkeypatch):
    real, sizes = Inbox.put_all, []
    begun, resume = threading.Event(), threading.Event()

    def slow_at_first(self, deliveries):
        sizes.append(len(deliveries))
        if len(sizes) == 1:
            begun.set()
            assert resume.wait(5)
        return real(self, deliveries)

    monkeypatch.setattr(Inbox, "put_all", slow_at_first)

    async def storm():
        first = asyncio.create_task(intake.take("signed", message("0")))
        await asyncio.to_thread(begun.wait, 5)
        rest = [asyncio.create_task(intake.take("signed", message(str(number)))) for number in range(1, 100)]
        await asyncio.sleep(0)
        resume.set()
        return await asyncio.gather(first, *rest)

    answers = asyncio.run(storm())
    assert sizes == [1, 99]
    assert len({receipts[0].id for receipts, _ in answers}) == len(Inbox(journal).pending(1000)) == 100


def test_whoever_was_told_to_come_again_is_not_kept_behind_its_back(journal, monkeypatch):
    real = Inbox.put_all
    resume = threading.Event()

    def stuck(self, deliveries):
        assert resume.wait(5)
        return real(self, deliveries)

    monkeypatch.setattr(Inbox, "put_all", stuck)
    intake = Intake(Inbox(journal), within=0.05)

    async def late():
        first = asyncio.create_task(intake.take("signed", message("under way")))
        await asyncio.sleep(0)
        second = asyncio.create_task(intake.take("signed", message("waiting")))
        answers = await asyncio.gather(first, second, return_exceptions=True)
        resume.set()
        return answers

    assert [answer.status for answer in asyncio.run(late())] == [503, 503]
    intake.close()
    assert {kept.delivery for kept in Inbox(journal).pending()} == {"under way"}
