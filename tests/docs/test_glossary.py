"""The glossary has the words of the vocabulary, one meaning each."""

from __future__ import annotations

import re

import pytest

import runbook
from tests.docs.pages import ROOT

ROWS = re.findall(r"^\| (.+?) \| (.+) \|$", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)
WORDS = [word for words, _ in ROWS for word in re.findall(r"`(\w+)`", words)]


@pytest.mark.parametrize("word", runbook.__all__)
def test_every_word_that_authors_import_is_explained(word: str) -> None:
    assert word in WORDS


def test_no_word_is_explained_that_does_not_exist() -> None:
    assert set(WORDS) <= set(runbook.__all__)


def test_every_word_has_one_meaning() -> None:
    assert len(WORDS) == len(set(WORDS))


def test_it_fits_one_page() -> None:
    assert len(ROWS) < 100
