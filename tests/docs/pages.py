"""The documents, and what stands in them; used by the tests beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
SIGNED = "codeblue.example.internal/alerts/signed"
"""Stands in the examples of a sender's; tests/receiver/test_signed_examples.py runs both against a receiver."""
EXCERPT = re.compile(r"<!-- excerpt: .*?<!-- end -->", re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def snippets(page: Path, language: str) -> list[str]:
    """The code blocks of a language; excerpts, and the examples of signing, are checked elsewhere."""
    text = EXCERPT.sub("", page.read_text("utf-8"))
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for block in found if SIGNED not in block]


def commands(page: Path) -> Iterator[list[str]]:
    """Each command line of the shell snippets, as words."""
    for snippet in snippets(page, "sh"):
        yield from _lines(snippet)


def steps(page: Path) -> Iterator[list[str] | tuple[str, str]]:
    """In order, each command line as words, and each file that the page tells to write: its path and its text."""
    found = re.findall(r"^```(sh|python \S+)\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for fence, text in found:
        if fence == "sh":
            yield from _lines(text)
        else:
            yield fence.removeprefix("python "), text


def _lines(snippet: str) -> Iterator[list[str]]:
    import shlex

    for line in snippet.splitlines():
        if line.strip():
            yield shlex.split(line, comments=True)
