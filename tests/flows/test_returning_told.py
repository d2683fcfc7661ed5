"""Handed over, and coming back: what people read of it, meanwhile and afterwards; and what shadow makes of it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deployments.cli import panels
from deployments.cli.board import board, in_words
from journal import clock, shadow
from journal.facts.closed import Closed, HandedOff
from journal.facts.decided import Passed
from journal.facts.shadow import Shadowed, Would
from journal.facts.waited import WaitBegun
from journal.facts.words import Ending
from journal.policy import Page
from journal.postmortem import postmortem
from journal.report_rows import rows
from journal.timeline import as_html, as_markdown, timeline
from journal.waits import open_wait
from runbook import Runbook
from sandbox.within.engine import ProcessEngine
from tasks.message import page
from tests.flows.passes import Incident
from tests.flows.small import Params, Small, mend, runbook, small
from tests.flows.test_handing import NEIGHBOUR
from tests.flows.test_returning import GOES, STORAGE, back, either, never

ELSEWHERE = runbook(mend("storage"), name="elsewhere.storage", title="The storage elsewhere")


@pytest.fixture(autouse=True)
def _no_pages_with_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessEngine, "draws", never)


def test_whoever_looks_meanwhile_reads_that_it_was_handed_over_and_comes_back(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, GOES)
        assert one.go() is None
        entries, now = here.journal.entries(one.id), clock.now()
        seen = board(entries, now)
        found = Page(incident=one.id, name="L2", level="L2", contacts=(), due=now, why="It takes long.")
        _title, told = page(entries, found, now)
    shown = StringIO()
    Console(width=200, file=shown).print(*panels.whole(seen))
    assert (seen.status, in_words((), open_wait(entries), under_way=False)) == ("waits for another incident",) * 2
    words = "Handed over, and comes back: it is waited until the incident of the runbook The storage has ended"
    for text in (seen.doing, told, " ".join(shown.getvalue().split())):
        assert words in text
        assert "then the symptom is asked again" in text


def test_documents_say_that_it_comes_back_and_how_it_ended_there(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        incident, _ = here.follow(GOES, STORAGE)
        entries = here.journal.entries(incident)
        drawn, draft = timeline(entries), postmortem(entries)
        (row,) = (one for one in rows(here.journal, clock.now() - timedelta(days=1)) if one.incident == incident)
    markdown, html = as_markdown(drawn), as_html(drawn)
    for document in (markdown, html):
        for words in (
            "Handed off to The storage, and comes back",
            "until the incident that took over had ended Resolved",
            "Nothing was changed here; what the other incident did, its own timeline says.",
            "none here: small.storage has it",
            "The symptom is not there",
        ):
            assert words in document, words
        assert "Follow the incident that took over" not in document
    assert row.fixes == [("hand_storage", True)]
    assert draft.well[-1].startswith("Hand storage over: waited for")


def test_a_report_counts_one_that_came_back_in_vain_as_of_no_help(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        incident, _ = here.follow(either(NEIGHBOUR), NEIGHBOUR)
        entries = here.journal.entries(incident)
        found = {row.incident: row.fixes for row in rows(here.journal, clock.now() - timedelta(days=1))}
    assert found[incident] == [("mend_storage", True), ("hand_storage", False)]
    assert any("Hand storage over" in line for line in postmortem(entries).hard)


def test_in_shadow_it_is_only_written_what_would_have_been_handed_over(tmp_path: Path) -> None:
    """Also where the other one is in shadow as well, and one for good would be started."""
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        shadow.turn(here.journal, "small", on=True, by="ana", why="a trial")
        incident, closed = here.follow(GOES)
        (said,) = here.facts(incident, Shadowed)
        counted = [here.facts(incident, kind) for kind in (HandedOff, WaitBegun)]
    assert counted == [[], []]
    assert not here.engine.waiting
    assert (said.would, said.title, closed.ending) == (Would.HAND_OFF, "Hand storage over", Ending.UNRESOLVED)
    assert "would have been started. It would have been waited for its end, and gone on after that." in said.text


@pytest.mark.parametrize("before", [True, False])
def test_where_the_other_one_is_in_shadow_it_is_not_waited_for_what_nobody_is_asked(
    tmp_path: Path, before: bool
) -> None:
    """Before it is handed over, it is passed over; after that, the other one only watches, and ends."""
    book: Runbook[Small, Params] = either(ELSEWHERE)
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        if before:
            shadow.turn(here.journal, "elsewhere", on=True, by="ana", why="a trial")
        one = Incident(here, book)
        one.go()
        if not before:
            shadow.turn(here.journal, "elsewhere", on=True, by="ana", why="a trial")
            _deployment, run, _params = here.engine.waiting.popleft()
            other = Incident(here, ELSEWHERE)
            other.run = run
            while (ended := other.go()) is None:
                here.let_wait(other.run)
            assert "In shadow (a trial, ana)" in ended.text
            one.go()
        one.say(one.asked()[-1])
        closed = one.go()
        assert closed is not None
        passed = [fact.why for fact in here.facts(one.id, Passed)]
    assert closed.ending is Ending.RESOLVED
    assert any("which is in shadow: nobody is paged there" in why for why in passed) is before


def test_a_wait_that_began_before_the_shadow_goes_the_way_that_is_recorded(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, runbook(back("storage", STORAGE), name="small.login"))
        assert one.go() is None
        shadow.turn(here.journal, "small", on=True, by="ana", why="a trial")
        here.world.strengths["storage"] = 0.0
        _deployment, run, _params = here.engine.waiting.popleft()
        other = Incident(here, STORAGE)
        other.run = run
        assert other.go() is not None
        closed = one.go()
        assert closed is not None
        assert len(here.facts(one.id, Closed)) == 1
    assert closed.ending is Ending.RECOVERED
