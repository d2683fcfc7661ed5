"""What people are told arrives at real servers, once; what does not is tried again, then said. Refusals first."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from prefect import flow
from pydantic import SecretStr

from blocks.environment import Environment
from blocks.notifier import Address, Notifier
from journal.facts.closed import Notified
from journal.store import Journal
from runbook import Form, Temporary
from sandbox.pager import Pager
from tasks import step as steps
from tasks.case import Case
from tasks.notify import notify
from tests.journal.samples import opened
from tests.tasks.smtp import Mailbox

pytestmark = pytest.mark.usefixtures("prefect")


@pytest.fixture
def journal(migrated: Path, tmp_path: Path) -> Iterator[Journal]:
    with Journal.connect(f"sqlite:///{shutil.copy(migrated, tmp_path)}") as kept:
        yield kept


@dataclass
class Told:
    """An incident whose environment has these addresses, and a way to tell it something."""

    journal: Journal
    notifier: Notifier
    incident: str = field(init=False)

    def __post_init__(self) -> None:
        self.incident = self.journal.open_incident(opened())[0].id

    def tell(self, about: str, title: str = "Title", text: str = "Some *text*") -> None:
        env = Environment(notifier=self.notifier)

        class Here:
            params = Form(environment="rung-prod")

        Here.env = env
        case = Case(
            runbook=None, context=Here, journal=self.journal, incident=self.incident,
            requested_by="x", flow_run="run", holder="me",
        )  # fmt: skip

        @flow
        def telling() -> None:
            notify(case, about, title, text)

        telling()

    @property
    def facts(self) -> list[Notified]:
        return [e.fact for e in self.journal.entries(self.incident) if isinstance(e.fact, Notified)]


def at(*urls: str, at_most: int = 60) -> Notifier:
    return Notifier(urls=[SecretStr(url) for url in urls], at_most=at_most)


@pytest.fixture
def mail() -> Callable[[Mailbox], str]:
    return lambda box: f"mailto://127.0.0.1:{box.port}?from=codeblue@example.org&to=oncall@example.org&mode=insecure"


def test_beyond_its_limit_nothing_is_sent_and_the_journal_says_so(journal: Journal) -> None:
    with Pager() as pager:
        told = Told(journal, at(pager.address("a"), at_most=2))
        for number in range(4):
            told.tell(f"about-{number}")
    assert len(pager.messages) == 2
    assert [fact.delivered for fact in told.facts] == [True, True, False, False]
    assert "more than 2 messages within 10 minutes" in told.facts[-1].text


def test_an_address_that_is_away_is_tried_again_then_said_without_the_address(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "BACK_OFF", (0.01, 0.01, 0.01))
    with Pager(deaf=True) as pager:
        told = Told(journal, at(pager.address("t0ken-of-the-team")))
        told.tell("x")
    assert pager.refused == 4
    (fact,) = told.facts
    assert (fact.to, fact.delivered) == ("json", False)
    assert "t0ken" not in fact.model_dump_json()


def test_a_deaf_address_does_not_keep_the_others_from_hearing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "BACK_OFF", (0.01, 0.01, 0.01))
    with Pager(deaf=True) as deaf, Pager() as pager:
        told = Told(journal, at(deaf.address("a"), pager.address("b")))
        told.tell("x")
    assert {fact.to: fact.delivered for fact in told.facts} == {"json": False, "json 2": True}
    assert len(pager.messages) == 1


def test_an_address_that_apprise_does_not_know_is_said(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "BACK_OFF", (0.01, 0.01, 0.01))
    told = Told(journal, at("nosuch://service"))
    told.tell("x")
    assert [fact.delivered for fact in told.facts] == [False]
    with pytest.raises(Temporary, match="The address of Ann is wrong or out of reach"):
        Address(to="Ann", url=SecretStr("nosuch://service")).tell("t", "m")


def test_secrets_are_taken_out_before_anything_is_sent(journal: Journal) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLE"
    with Pager() as pager:
        told = Told(journal, at(pager.address("a")))
        told.tell("x", f"key {secret}", f"password=hunter2-{secret}")
    (message,) = pager.messages
    assert secret not in message.title + message.text
    assert secret not in told.facts[0].model_dump_json()


def test_each_address_is_told_once_however_often_the_step_is_repeated(journal: Journal) -> None:
    with Pager() as pager:
        told = Told(journal, at(pager.address("a"), pager.address("b")))
        for _ in range(3):
            told.tell("ask:plan", "INC: end 3 sessions?", "`codeblue approve INC --plan 0123`")
    assert sorted(message.to for message in pager.messages) == ["a", "b"]
    assert pager.messages[0].title == "INC: end 3 sessions?"
    assert "codeblue approve INC --plan 0123" in pager.messages[0].text
    assert [fact.delivered for fact in told.facts] == [True, True]


def test_mail_arrives_and_one_put_off_is_sent_again(
    journal: Journal, mail: Callable[[Mailbox], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "BACK_OFF", (0.01, 0.01, 0.01))
    with Mailbox(busy=1) as box:
        told = Told(journal, at(mail(box)))
        told.tell("x", "Connection exhaustion", "Approve with `codeblue approve INC --plan 0123`.")
    assert box.put_off == 1
    (sent,) = box.mails
    assert sent["Subject"] == "Connection exhaustion"
    assert "codeblue approve INC --plan 0123" in sent.get_body(("html", "plain")).get_content()
    assert set(box.recipients) == {"oncall@example.org"}
    assert [(fact.to, fact.delivered) for fact in told.facts] == [("mailto", True)]


def test_the_limit_counts_ten_minutes_and_not_for_ever(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    early = datetime.now(UTC) - timedelta(minutes=11)
    with Journal.connect(f"sqlite:///{tmp_path}/j.db", clock=lambda: early) as past:
        incident = past.open_incident(opened(environment="rung-prod"))[0].id
        past.append(incident, "notified:old", Notified(to="json", title="old", delivered=True, text="old"))
    with Journal.connect(f"sqlite:///{tmp_path}/j.db") as now, Pager() as pager:
        Told(now, at(pager.address("a"), at_most=1)).tell("x")
        assert len(pager.messages) == 1
