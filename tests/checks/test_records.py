"""The installation's own checks find what they are for: a changed record, a review that is overdue."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from blocks.notifier import Notifier
from deployments.checks import records
from deployments.checks.certificates import certificates
from deployments.checks.records import journal_intact, reviews
from flows.rung.connection_exhaustion import RUNBOOK
from journal.facts.closed import Noted
from journal.schema import LEDGER
from journal.store import Journal
from sandbox.pager import Pager
from tasks.policy import INSTALLATION
from tests.checks.test_measures import serving
from tests.journal.samples import opened

pytestmark = pytest.mark.usefixtures("prefect", "journal")


@pytest.fixture
def installation() -> Iterator[Pager]:
    with Pager() as pager:
        Notifier(urls=[SecretStr(pager.address("installation"))]).save(INSTALLATION, overwrite=True)
        yield pager


def test_a_changed_record_is_told_once(journal: Journal, installation: Pager) -> None:
    incident = journal.open_incident(opened())[0].id
    journal.append(incident, "n", Noted(by="ana", text="seen"))
    assert journal_intact(return_state=True).name == "Quiet"
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER entries_no_update")
        tx.exec_driver_sql(f"UPDATE entries SET fact = replace(fact, 'seen', 'sawn') WHERE incident = '{incident}'")
    for _ in range(2):
        state = journal_intact(return_state=True)
        assert (state.name, state.type) == ("Found", "FAILED")
        assert incident in state.message
    (message,) = installation.told("installation")
    assert incident in message.text


def test_a_journal_that_was_rewritten_as_a_whole_is_found_by_the_anchor_in_the_home(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installation: Pager
) -> None:
    journal.open_incident(opened("a"))
    assert journal_intact(return_state=True).name == "Quiet"
    monkeypatch.setenv("CODEBLUE_JOURNAL", f"sqlite:///{tmp_path}/other.db")
    with Journal.connect(f"sqlite:///{tmp_path}/other.db") as other:
        other.open_incident(opened("b"))
        other.open_incident(opened("c"))
    assert journal_intact(return_state=True).name == "Found"
    assert len(installation.told("installation")) == 1


def listed(*by: date | None) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(runbook=f"rung.{number}", declaration=replace(RUNBOOK, review_by=day))
        for number, day in enumerate(by)
    ]


def test_an_overdue_review_is_told_and_a_missing_date_is_only_said(
    monkeypatch: pytest.MonkeyPatch, journal: Journal, installation: Pager
) -> None:
    monkeypatch.setattr(records, "listed", lambda: listed(None, date(2999, 1, 1)))
    quiet = reviews(return_state=True)
    assert (quiet.name, "1 of 2 runbooks have no date" in quiet.message) == ("Quiet", True)
    monkeypatch.setattr(records, "listed", lambda: listed(date(2020, 1, 1), date(2999, 1, 1)))
    assert reviews(return_state=True).name == "Found"
    (message,) = installation.told("installation")
    assert "rung.0 was to be reviewed by 2020-01-01" in message.text
    assert [e.fact.text for e in journal.entries(LEDGER) if isinstance(e.fact, Noted)]


def test_a_certificate_that_ends_soon_is_told_once_and_an_endpoint_that_is_away_is_unknown(
    tmp_path: Path, journal: Journal, installation: Pager
) -> None:
    for name in ("first", "again"):
        with serving(tmp_path, datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)) as endpoint:
            state = certificates([endpoint], return_state=True)
            assert (state.name, state.type) == ("Found", "FAILED"), name
    assert all("days left" in message.text for message in installation.told("installation"))
    with socket.create_server(("127.0.0.1", 0)) as ears:
        gone = f"127.0.0.1:{ears.getsockname()[1]}"
    state = certificates([gone], return_state=True)
    assert (state.name, state.type) == ("Unknown", "FAILED")


def test_certificates_of_nothing_are_unknown_and_not_well(journal: Journal, installation: Pager) -> None:
    missing = certificates([], "rung", "nowhere", return_state=True)
    assert (missing.name, missing.type) == ("Unknown", "FAILED")
    assert "No environment 'nowhere' is saved" in missing.message
    nothing = certificates([], return_state=True)
    assert (nothing.name, "no endpoint is given" in nothing.message) == ("Unknown", True)


def test_an_environment_that_is_not_saved_is_unknown_beside_endpoints_that_are_looked_at(
    tmp_path: Path, journal: Journal, installation: Pager
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with serving(tmp_path, now + timedelta(days=60)) as endpoint:
        state = certificates([endpoint], "rung", "nowhere", return_state=True)
    assert (state.name, state.type) == ("Unknown", "FAILED")
    assert "No environment 'nowhere' is saved" in state.message
    assert "1 of 1 certificates are good for more than 30 days" in state.message
    assert installation.messages == []
    with serving(tmp_path, now + timedelta(days=9)) as endpoint:
        state = certificates([endpoint], "rung", "nowhere", return_state=True)
    assert (state.name, state.type) == ("Found", "FAILED")
    assert "No environment 'nowhere' is saved" in state.message
    (message,) = installation.told("installation")
    assert "days left" in message.text
