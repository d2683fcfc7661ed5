"""Every link in the documents leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.docs.pages import PAGES, ROOT, name

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PICTURE_AT_MOST = 300_000


def targets(page: Path) -> list[str]:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    return LINK.findall(prose)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_between_documents_resolves(page: Path) -> None:
    for target in targets(page):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name(page)} links to {target}, which is not there"
        assert not anchor or anchor in anchors(there), f"{name(page)} links to {target}, which has no such heading"


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "images").glob("*.png")), ids=name)
def test_every_picture_is_small_and_shown_or_named(picture: Path) -> None:
    assert picture.stat().st_size < PICTURE_AT_MOST
    assert any(picture.name in page.read_text("utf-8") for page in PAGES), f"no document shows {picture.name}"


def test_the_logo_is_a_small_square() -> None:
    with Image.open(ROOT / "blocks" / "logo.png") as logo:
        assert logo.size == (256, 256)


def test_no_document_names_a_path_of_one_machine() -> None:
    for page in PAGES:
        assert not re.search(r"/(work|tmp|root|Users)/|/home/\w", page.read_text("utf-8")), name(page)
