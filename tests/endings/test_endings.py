"""Five questions can be answered from each ending's document alone; and no title is eaten by redaction."""

from __future__ import annotations

import re
from typing import Any

import pytest

from journal.facts.words import Ending
from journal.redaction import redact
from journal.timeline_events import ending_words
from runbook import Runbook
from tasks.endings import quoted
from tests.contract.runbooks import RUNBOOKS
from tests.endings.examples import EXAMPLES, PAGE, QUESTIONS, Example, document, page


def plain(text: str) -> str:
    return text.replace("\\", "")


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    return {example.title: document(example) for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_document_alone_answers_five_questions(example: Example, documents: dict[str, str]) -> None:
    text = plain(documents[example.title])
    for asked, said in zip(QUESTIONS, example.answers, strict=True):
        assert said, asked
        for phrase in said:
            assert phrase in text, f"{asked} {phrase!r} is not in:\n{text}"


def test_each_ending_has_an_example(documents: dict[str, str]) -> None:
    ended = {re.findall(r"\*\*([a-z ]+)\*\* after", text)[0] for text in documents.values()}
    assert ended == {ending_words(ending) for ending in Ending}


def test_by_itself_is_never_said_after_an_act_of_ours(documents: dict[str, str]) -> None:
    for title, text in documents.items():
        if "Nothing was changed." not in text:
            assert "by itself" not in text, title


def test_the_page_is_what_the_templates_give_now(documents: dict[str, str]) -> None:
    at = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
    now = page(lambda example: documents[example.title])
    kept = PAGE.read_text(encoding="utf-8")
    assert at.sub("TIME", kept) == at.sub("TIME", now), "write it anew with `python -m tests.endings`, and read it"


@pytest.mark.parametrize("runbook", RUNBOOKS.values(), ids=RUNBOOKS.keys())
def test_no_title_is_eaten_by_redaction(runbook: Runbook[Any, Any]) -> None:
    """A title that ends in "password", with a colon behind it, reads like a secret."""
    for step in runbook.steps():
        for text in (
            f"{quoted(step.title)} worked, and the symptom is gone.",
            f"Not done: {quoted(step.title)}. The plan was rejected.",
            f"INC-20260314-EXMP: {step.title}?",
            f"INC-20260314-EXMP: {step.title}",
            f"{quoted(step.title)}: the change did not help AND COULD NOT BE UNDONE. Look at once.",
            f"INC-20260314-EXMP: not done: {step.title}",
        ):
            assert redact(text) == text
