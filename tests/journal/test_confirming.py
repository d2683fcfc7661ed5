"""The true cause, as a person found it: refusals first, the last word counts, and what it says about the next time."""

from __future__ import annotations

import pytest

from journal import confirming
from journal.confirming import OTHER, confirm, past
from journal.errors import UnknownCause, UnknownIncident, Unsigned
from journal.facts.closed import Closed, Confirmed
from journal.facts.seen import Past
from journal.facts.words import Ending
from journal.store import Journal
from journal.timeline import as_html, as_markdown, timeline
from journal.verify import verify
from tests.journal.samples import Ticking, opened, story


def judged(journal: Journal, clock: Ticking, number: int = 0, runbook: str = "rung.connections") -> str:
    """A closed incident in which causes were judged."""
    incident = journal.open_incident(opened(f"fingerprint-{number}", runbook=runbook))[0].id
    for _, key, fact in story():
        if fact.kind in ("judged", "closed"):
            clock.wait(seconds=1)
            journal.append(incident, key, fact)
    return incident


def test_a_cause_that_the_incident_does_not_name_is_refused(journal: Journal, clock: Ticking) -> None:
    incident = judged(journal, clock)
    before = journal.incident(incident).count
    with pytest.raises(UnknownCause, match="idle_leak, cache_down, lock_queue, other"):
        confirm(journal, incident, "leak", by="ana")
    with pytest.raises(Unsigned):
        confirm(journal, incident, "idle_leak", by="  ")
    with pytest.raises(Unsigned):
        confirm(journal, incident, OTHER, by="ana")
    with pytest.raises(UnknownIncident):
        confirm(journal, "INC-NONE", "idle_leak", by="ana")
    assert journal.incident(incident).count == before


def test_a_closed_incident_can_be_confirmed_and_the_last_word_counts(journal: Journal, clock: Ticking) -> None:
    incident = judged(journal, clock)
    confirm(journal, incident, "cache_down", by="ana", why="a guess")
    confirm(journal, incident, "idle_leak", by="mara", why="found the cursor", identity_proven=True)
    drawn = timeline(journal.entries(incident))
    assert drawn.confirmed == Confirmed(
        cause="idle_leak",
        claim="A client opens sessions and never gives them back.",
        by="mara",
        identity_proven=True,
        why="found the cursor",
    )
    assert "Confirmed by mara: A client opens sessions and never gives them back." in drawn.summary
    assert not [line for line in drawn.follow_ups if "codeblue confirm" in line]
    for page in (as_markdown(drawn), as_html(drawn)):
        assert "Confirmed by mara" in page
    assert past(journal, "rung.connections") == Past(of=1, confirmed={"idle_leak": 1})
    assert verify(journal).intact


def test_another_cause_is_said_in_words(journal: Journal, clock: Ticking) -> None:
    incident = judged(journal, clock)
    entry = confirm(journal, incident, OTHER, by="ana", why="the load balancer forgot its health check")
    assert isinstance(entry.fact, Confirmed)
    assert entry.fact.claim == "the load balancer forgot its health check"
    assert past(journal, "rung.connections") == Past(of=1, confirmed={OTHER: 1})


def test_an_incident_without_judgement_takes_the_names_of_its_runbook(journal: Journal) -> None:
    incident = journal.open_incident(opened())[0].id
    journal.append(incident, "closed", Closed(ending=Ending.NOT_REPRODUCED, text="it is not so"))
    with pytest.raises(UnknownCause):
        confirm(journal, incident, "idle_leak", by="ana")
    entry = confirm(journal, incident, "idle_leak", by="ana", claims={"idle_leak": "A client leaks."})
    assert isinstance(entry.fact, Confirmed)
    assert entry.fact.claim == "A client leaks."


def test_the_past_is_that_of_the_same_runbook_without_the_present_incident(journal: Journal, clock: Ticking) -> None:
    assert past(journal, "rung.connections") == Past()
    ours = [judged(journal, clock, number) for number in range(3)]
    theirs = judged(journal, clock, 9, runbook="ledger.connections")
    for incident, cause in zip((*ours, theirs), ("idle_leak", "idle_leak", "lock_queue", "cache_down"), strict=True):
        confirm(journal, incident, cause, by="ana")
    assert past(journal, "rung.connections") == Past(of=3, confirmed={"idle_leak": 2, "lock_queue": 1})
    assert past(journal, "rung.connections", before=ours[0]) == Past(of=2, confirmed={"idle_leak": 1, "lock_queue": 1})


def test_only_the_latest_incidents_count(journal: Journal, clock: Ticking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "LATEST", 2)
    for number, cause in enumerate(("cache_down", "idle_leak", "idle_leak")):
        clock.wait(hours=1)
        confirm(journal, judged(journal, clock, number), cause, by="ana")
    assert past(journal, "rung.connections") == Past(of=2, confirmed={"idle_leak": 2})
