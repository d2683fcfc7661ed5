"""The storm's judgement, held against journals in which something is wrong; and a small storm with everything gone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.bare import measure
from benchmarks.figures import Series
from benchmarks.storm import BESIDE, against, main
from benchmarks.storm_audit import Noted, wrong
from journal.facts.closed import Closed
from journal.facts.opened import Opened
from journal.facts.words import Ending
from journal.inbox import Delivery, Inbox
from journal.store import Journal

ONE = Noted(number=0, form="signed", problem=0, status=202, took=0.01, attempts=1, receipts=(1,))
TWO = replace(ONE, number=1, receipts=(2,))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    opened = Journal.connect(f"sqlite:///{tmp_path / 'journal.db'}")
    inbox = Inbox(opened)
    for number in ("a", "b"):
        receipt = inbox.put(Delivery(format="signed", delivery=number, fingerprint="f", alert={}))
        opened.open_incident(opening("f"), delivery=receipt.id)
    return opened


def opening(fingerprint: str) -> Opened:
    return Opened(
        title="A storm",
        runbook="rung.connection_exhaustion",
        runbook_version="1",
        system="rung",
        environment="rung-prod",
        severity="critical",
        fingerprint=fingerprint,
        params={},
        requested_by="storm",
    )


def judged(journal: Journal, notes: list[Noted], sent: int = 2, runs: list[str] | None = None) -> str:
    said = wrong(notes, sent, Path(str(journal.database.url.database)), _ids(journal) if runs is None else runs)
    journal.close()
    return " ".join(said)


def test_a_bare_receiver_keeps_each_alert_before_it_answers(tmp_path: Path) -> None:
    measured = measure(tmp_path / "bare", rate=50, seconds=1, problems=5)
    assert len(measured.acknowledged.samples) == 50
    with closing(sqlite3.connect(tmp_path / "bare" / "bare.db")) as asked:
        assert len([json.loads(body) for [body] in asked.execute("select alert from kept")]) == 50


def test_ours_is_so_many_times_as_slow_as_a_bare_one() -> None:
    ours, bare = (Series(name="", samples=[each] * 9) for each in (0.06, 0.02))
    assert against(ours, bare).samples == pytest.approx([3.0])
    assert BESIDE.met(against(ours, bare))
    assert not BESIDE.met(against(replace(ours, samples=[0.07] * 9), bare))


def test_a_storm_in_which_all_was_kept_has_nothing_wrong(journal: Journal) -> None:
    assert judged(journal, [ONE, TWO]) == ""


def test_a_retry_that_was_kept_before_its_answer_was_lost_is_none_too_many(journal: Journal) -> None:
    assert judged(journal, [ONE, replace(TWO, status=409, receipts=None)]) == ""


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ([ONE], "1 sendings have no answer"),
        ([ONE, replace(TWO, status=503, receipts=None)], "1 sendings ended with 503"),
        ([ONE, replace(TWO, status=0, receipts=None)], "no answer"),
        ([ONE, replace(TWO, receipts=(3,))], "1 acknowledged alerts are not in the journal"),
        ([ONE, replace(TWO, form="grafana")], "1 acknowledged alerts are not in the journal"),
        ([ONE, replace(TWO, receipts=(1,))], "1 receipts were given for two"),
        ([ONE, TWO, replace(TWO, status=409, receipts=None)], "1 alerts fewer"),
    ],
)
def test_an_answer_that_the_journal_does_not_bear_out_is_said(journal: Journal, notes: list[Noted], said: str) -> None:
    assert said in judged(journal, notes)


def test_an_alert_that_nobody_sent_is_said(journal: Journal) -> None:
    assert "1 alerts more" in judged(journal, [ONE], sent=1)


def test_only_a_retry_without_a_time_of_sending_may_be_a_repeat(journal: Journal) -> None:
    def put(form: str) -> None:
        for name in ("c", "c in the next minute"):
            receipt = Inbox(journal).put(Delivery(format=form, delivery=name, fingerprint="f", alert={}))
            journal.open_incident(opening("f"), delivery=receipt.id)

    put("alertmanager")
    retried = replace(ONE, number=2, form="alertmanager", attempts=2, receipts=(4,))
    assert wrong([ONE, TWO, retried], 3, file := Path(str(journal.database.url.database)), runs := _ids(journal)) == []
    assert "1 alerts more" in " ".join(wrong([ONE, TWO, replace(retried, attempts=1)], 3, file, runs))
    put("grafana")
    other = replace(retried, number=3, form="grafana", receipts=(6,))
    assert "1 alerts more" in judged(journal, [ONE, TWO, retried, other], sent=4)


def _ids(journal: Journal) -> list[str]:
    return [incident.id for incident in journal.incidents()]


def test_a_second_incident_of_a_problem_is_said(journal: Journal) -> None:
    journal.append(journal.incidents()[0].id, "closed", Closed(ending=Ending.RESOLVED, text="done"))
    journal.open_incident(opening("f"))
    assert "2 incidents were opened for the fingerprint f" in judged(journal, [ONE, TWO])


def test_a_run_too_many_or_too_few_is_said(journal: Journal) -> None:
    [incident] = journal.incidents()
    assert "1 incidents have no flow run" in judged(journal, [ONE, TWO], runs=[])
    assert "more than one flow run" in judged(journal, [ONE, TWO], runs=[incident.id, incident.id])


@pytest.mark.timeout(400)  # it waits for conditions, on a machine that may be busy
def test_with_prefect_and_the_journal_gone_under_load_nothing_acknowledged_is_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    storm = ["--rate", "60", "--seconds", "6", "--problems", "10", "--away", "4", "--patience", "0.5"]
    assert main(storm) == 0
    said = capsys.readouterr().out
    assert "Nothing was lost, nothing was doubled." in said
    assert "0 were sent more than once" not in said  # they were told 503 meanwhile
