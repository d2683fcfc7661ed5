"""A draft fills facts in and leaves opinions blank: it never says why, and never says more than the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from markdown_it import MarkdownIt

from journal.chain import GENESIS, Entry
from journal.confirming import OTHER
from journal.facts.closed import Confirmed
from journal.facts.done import Carried, Settled, Validated
from journal.facts.every import Fact
from journal.facts.seen import Check, Checked
from journal.facts.words import Act, Answer
from journal.postmortem import PostMortem, as_html, as_markdown, postmortem
from tests.journal.samples import DIGEST, START, finding, opened, story


def draft(*facts: Fact) -> PostMortem:
    return postmortem(
        [
            Entry(
                incident="INC-1",
                number=number,
                key=str(number),
                kind=fact.kind,
                fact=fact,
                at=START + timedelta(seconds=number),
                previous=GENESIS,
                hash=GENESIS,
            )
            for number, fact in enumerate((opened(), *facts), 1)
        ]
    )


def told(*kinds: str) -> tuple[Fact, ...]:
    return tuple(fact for _, _, fact in story() if fact.kind in kinds)


def confirmed(cause: str, claim: str) -> Confirmed:
    return Confirmed(cause=cause, claim=claim, by="ana", identity_proven=True, why="")


def test_it_begins_with_the_opening_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="from its opening"):
        postmortem([])


def test_a_cause_nobody_confirmed_is_called_that() -> None:
    made = draft(*told("judged"))
    assert made.cause_is.startswith("Not confirmed by anybody yet; most likely: A client opens sessions")
    assert draft().cause_is == "Unknown: no cause had evidence for it."


def test_a_confirmed_cause_is_shown_with_its_evidence_even_where_the_verdict_was_another() -> None:
    made = draft(*told("judged"), confirmed("lock_queue", "Sessions pile up behind a lock."))
    assert made.cause is not None
    assert made.cause.hypothesis == "lock_queue"
    assert "The evidence spoke for another cause: A client opens sessions and never gives them back." in made.hard
    right = draft(*told("judged"), confirmed("idle_leak", "A client leaks."))
    assert "The cause that the evidence spoke for was the true one." in right.well
    foreign = draft(*told("judged"), confirmed(OTHER, "a cut cable"))
    assert (foreign.cause, foreign.cause_is) == (
        None,
        "Confirmed by ana, and none that the runbook names: a cut cable.",
    )


def test_well_and_hard_are_what_happened() -> None:
    deed = {"mitigation": "m", "digest": DIGEST, "attempt": 1, "results": (), "note": ""}
    looked = {"mitigation": "m", "finding": finding("s", Answer.NO, "o"), "looks": 3, "took": timedelta(seconds=31)}
    made = draft(
        Checked(checks=(Check(name="postgres", answer=Answer.YES, text="seen"),)),
        Carried(act=Act.APPLY, ok=True, **deed),
        Validated(held=False, **looked),
        Carried(act=Act.UNDO, ok=True, **deed),
        Settled(mitigation="m", digest=DIGEST, act=Act.APPLY, attempt=2, landed=Answer.UNKNOWN, text="?"),
        Carried(act=Act.APPLY, ok=False, **{**deed, "note": "the server refused"}),
    )
    assert made.well == ("Everything that was to be looked at could be seen.", "m did not help and was undone.")
    assert made.hard == (
        "m did not help.",
        "A run broke off while it acted, and nobody could tell what had become of it.",
        "M failed (apply): the server refused.",
    )


def test_every_section_has_a_blank_and_follow_ups_can_be_filled_in() -> None:
    made = draft(*(fact for _, _, fact in story()))
    text, page = as_markdown(made), as_html(made)
    blanks = text.count("> ✎ **To be written:**")
    assert blanks == page.count("✎ To be written:") == text.count("\n## ")
    shown = MarkdownIt("commonmark").enable("table").render(text)
    assert shown.count("<blockquote>") == blanks
    assert shown.count("<td>✎</td>\n<td>✎</td>\n<td></td>") >= 3
    assert as_markdown(draft(*(fact for _, _, fact in story()))) == text
