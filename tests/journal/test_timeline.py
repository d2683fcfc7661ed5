"""The document says what was recorded: the same entries give the same bytes, and every kind has its line."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from journal.chain import GENESIS, Entry
from journal.facts.closed import Noted
from journal.facts.decided import PlannedTarget
from journal.facts.done import Intended
from journal.facts.every import Fact
from journal.facts.opened import Opened
from journal.facts.words import Act, Ending
from journal.store import Journal
from journal.timeline import Timeline, as_html, as_markdown, timeline
from journal.timeline_events import ending_tone, ending_words
from journal.wording import plain, span
from tests.journal.samples import DIGEST, START, Ticking, opened, planned, rest, story


def told(journal: Journal, clock: Ticking) -> tuple[Entry, ...]:
    incident, _ = journal.open_incident(opened())
    for seconds, key, fact in story():
        clock.wait(seconds=seconds)
        journal.append(incident.id, key, fact)
    return journal.entries(incident.id)


def entry_of(fact: Fact, number: int) -> Entry:
    return Entry(
        incident="INC-1",
        number=number,
        key=str(number),
        kind=fact.kind,
        fact=fact,
        at=START + timedelta(seconds=number),
        previous=GENESIS,
        hash=GENESIS,
    )


def drawn(*facts: Fact) -> Timeline:
    """A timeline of these facts, a second apart."""
    return timeline([entry_of(fact, number) for number, fact in enumerate((opened(), *facts), start=1)])


def test_it_begins_with_the_opening_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="from its opening"):
        timeline([])


def test_it_says_how_it_ended_and_how_long_each_stage_took(journal: Journal, clock: Ticking) -> None:
    view = timeline(told(journal, clock))
    assert (view.ending, view.lasted, view.incident) == ("resolved", "2 min 58 s", "INC-20260102-42WX")
    assert [(m.name, m.took) for m in view.milestones] == [
        ("opened", "0 s"),
        ("first reading", "0.9 s"),
        ("approval asked", "2.5 s"),
        ("approved", "2 min 23 s"),
        ("applied", "0.5 s"),
        ("validated", "31 s"),
        ("closed", "0.2 s"),
    ]
    assert view.summary[:4] == (
        "Symptom: at least 90% of the slots are taken (yes; 197 of 200 (98.5%)).",
        "Cause: A client opens sessions and never gives them back (91% likely).",
        "The plan was approved by mara.ionescu: worker deploy at 01:00 leaks; safe to cut.",
        "End 3 sessions that have been idle for more than 30 minutes: applied on 3 targets.",
    )


def test_it_says_who_decided_through_which_channel_and_that_nobody_proved_who(journal: Journal, clock: Ticking) -> None:
    (decision,) = timeline(told(journal, clock)).decisions
    assert (decision.by, decision.answer, decision.channel, decision.proof) == (
        "mara.ionescu",
        "approved",
        "cli",
        "identity not proven",
    )


def test_it_says_what_stayed_unknown(journal: Journal, clock: Ticking) -> None:
    assert timeline(told(journal, clock)).unknown == (
        "Cache: connection to cache.rung-prod.internal:6379 timed out.",
        "Does the cache answer? Could not look: connection to cache.rung-prod.internal:6379 timed out after 2 s.",
        "Neither supported nor refuted: The cache is away, so that every request goes to the database.",
        "Whether the cache does not answer (could not look: timed out after 2 s).",
    )


def test_an_intent_without_outcome_is_unknown_and_never_nothing() -> None:
    view = drawn(Intended(mitigation="End idle sessions", digest=DIGEST, act=Act.APPLY, attempt=1, holder="h"))
    assert view.unknown == ("What became of “End idle sessions” (apply, begun 03:04:07).",)
    assert "Nothing was changed." not in view.summary
    assert "Nothing was changed." in drawn().summary


def test_a_plan_shows_before_and_after_and_what_followed(journal: Journal, clock: Ticking) -> None:
    (plan,) = timeline(told(journal, clock)).plans
    assert (plan.targets[0].before, plan.targets[0].after) == ("idle for 2 h 11 min", "ended")
    assert [event.text for event in plan.followed] == [
        "Asked database on-call for approval, until 03:34:05",
        "Approved by cli, identity not proven",
        "About to apply: End idle sessions",
        "Applied: End idle sessions",
        "End idle sessions worked, after 4 looks in 31 s",
    ]


def test_the_same_entries_give_the_same_bytes(journal: Journal, clock: Ticking) -> None:
    entries = told(journal, clock)
    once, again = timeline(entries), timeline(journal.entries(entries[0].incident))
    assert as_html(once) == as_html(again)
    assert as_markdown(once) == as_markdown(again)


def test_every_kind_of_fact_has_its_line() -> None:
    facts = (*(fact for _, _, fact in story()), *rest())
    kinds = {kind.model_fields["kind"].default for kind in get_args(get_args(Fact)[0])}
    assert {"opened", *(fact.kind for fact in facts)} == kinds
    view = drawn(*facts)
    assert all(event.text and event.who for event in view.events)
    assert len(view.events) == len(facts) + 1
    for event in view.events:
        assert "{" not in event.text
        assert "None" not in event.text
    assert "Handed off to Cache out of memory" in as_markdown(view)


def test_an_incident_that_is_open_says_so() -> None:
    view = drawn(Noted(by="ana", text="looking"))
    assert view.ending == "still open"
    assert "As of 2026-01-02 03:04:07 UTC." in as_markdown(view)
    assert "still open" in as_html(view).lower()


def test_every_ending_has_its_words() -> None:
    assert len({ending_words(ending) for ending in Ending}) == len(Ending)
    assert all(ending_tone(ending) for ending in Ending)


def test_the_page_needs_nothing_from_outside(journal: Journal, clock: Ticking) -> None:
    page = as_html(timeline(told(journal, clock)))
    for outside in ("http://", "https://", "<script", "<link", "@import", "url(", "src="):
        assert outside not in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


HOSTILE = (
    "<script>alert(1)</script> [x](http://evil) ![x](http://evil/p.png) | a | **b** `c` <b>\n# heading\n- item &lt;"
)


def test_what_comes_from_outside_cannot_become_markup() -> None:
    facts = [Noted(by=HOSTILE, text=HOSTILE), Noted(by="x", text="# heading"), Noted(by="x", text="1. item")]
    opening = Opened.model_validate(
        opened().model_dump() | {"title": HOSTILE, "severity": HOSTILE, "requested_by": HOSTILE}
    )
    view = drawn(*facts)
    entries = [entry_of(opening, 1), *(entry_of(fact, n) for n, fact in enumerate(facts, start=2))]
    view = timeline(entries)
    page = as_html(view)
    assert "<script" not in page
    assert "<b>\n" not in page
    rendered = MarkdownIt("commonmark").enable("table").render(as_markdown(view))
    for mark in ("<script", "<img", "<a ", 'evil"', "<h1>heading", "<b>"):
        assert mark not in rendered
    assert rendered.count("<h1>") == 1


def test_a_target_whose_name_hides_something_shows_it_in_the_document() -> None:
    target = PlannedTarget(name="rung-\u202eipa", before="idle\u200b", after="ended")
    view = drawn(planned().model_copy(update={"targets": (target,)}))
    for document in (as_html(view), as_markdown(view)):
        assert "rung-⟨U+202E⟩ipa" in document
        assert not {"\u202e", "\u200b"} & set(document)


@given(st.text(max_size=40))
def test_plain_text_stays_one_line_of_text(text: str) -> None:
    rendered = MarkdownIt("commonmark").render(f"- {plain(text)}")
    assert rendered.startswith("<ul>\n<li>")
    for mark in ("<a ", "<img", "<em>", "<strong>", "<code>", "<h1>", "<h2>", "<blockquote>", "<ol>"):
        assert mark not in rendered
    assert rendered.count("<ul>") == 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (0.26, "0.3 s"),
        (9.94, "9.9 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (90_000, "25 h"),
        (260_000, "3 days"),
    ],
)
def test_spans_read_like_speech(seconds: float, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said
