"""The documents, and what stands in them; used by the tests beside it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
WALKED = frozenset({ROOT / "docs" / "operating.md", ROOT / "docs" / "your-own-system.md"})
"""Pages whose commands are run from top to bottom (`walk`)."""
EXCERPT = re.compile(r"<!-- excerpt: .*?<!-- end -->", re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


FENCE = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$|^#+ ([^\n]+)$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of a page: its language, what stands beside that, its text, and the heading that it is below.

    Beside `sh` may stand `starts` (it goes on), `exits N` or `elsewhere`; beside `text`, `shows` (what the command
    before prints). Beside any other language stands the path of the file that the page tells to write, or `elsewhere`.
    """

    language: str
    mark: str
    text: str
    below: str

    @property
    def is_file(self) -> bool:
        return self.language not in {"sh", "text"} and self.mark not in {"", "elsewhere"}

    @property
    def runs(self) -> bool:
        """Whether a walk along the page does something with it."""
        return self.is_file or (self.language == "sh" and self.mark != "elsewhere") or self.mark == "shows"


def blocks(page: Path) -> Iterator[Block]:
    """Every block of the page, in order; excerpts are checked elsewhere."""
    heading = ""
    for language, mark, text, title in FENCE.findall(EXCERPT.sub("", page.read_text("utf-8"))):
        heading = title or heading
        if language:
            yield Block(language=language, mark=mark, text=text, below=heading)


def snippets(page: Path, language: str) -> list[str]:
    """The code blocks of a language, without those that a walk along the page runs."""
    walked = page in WALKED
    return [block.text for block in blocks(page) if block.language == language and not (walked and block.runs)]


def commands(page: Path) -> Iterator[list[str]]:
    """Each command line of the shell snippets, as words."""
    for snippet in snippets(page, "sh"):
        for line in snippet.replace("\\\n", " ").splitlines():
            if line.strip():
                yield shlex.split(line, comments=True)
