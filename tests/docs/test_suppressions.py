"""Whoever silences a tool says why, beside it."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT

ROOMS = ("benchmarks", "blocks", "deployments", "docs", "flows", "journal", "runbook", "sandbox", "tasks", "tests")
SILENCED = re.compile(
    r"#\s*(?:ruff:\s*noqa|noqa)\b(?::\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?"
    r"|#\s*(?:type|pyright|mypy):\s*ignore\b(?:\[[^\]]*\])?|#\s*(?:nosec|pragma:\s*no cover)\b"
)


def reasonless(line: str) -> bool:
    """Whether a line silences a tool and gives no word of why."""
    found = SILENCED.search(line)
    return found is not None and re.search(r"[^\W\d_]{2,}", SILENCED.sub("", line[found.start() :])) is None


def test_every_suppression_has_its_reason() -> None:
    here = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if path.name != "test_suppressions.py" and reasonless(line)
    ]
    assert here == []


def test_every_exception_in_the_settings_has_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    begin, end = lines.index("[tool.ruff.lint]"), lines.index("[tool.ruff.lint.pydocstyle]")
    rules = [line for line in lines[begin:end] if re.search(r'"[A-Z]+\d*"', line) and not line.startswith("select")]
    assert rules
    assert [line for line in rules if not re.search(r"#\s*`?\w", line)] == []


def test_a_reason_is_asked_for() -> None:
    assert reasonless("x = 1  # noqa: PLR2004")
    assert reasonless("x = 1  # noqa")
    assert reasonless("x = y._z  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]")
    assert reasonless("x = 1  # type: ignore[arg-type]")
    assert not reasonless("x = 1  # noqa: PLR2004  (a couple)")
    assert not reasonless("x = 1  # type: ignore[arg-type] # said above")
    assert not reasonless("x = 1  # nothing is silenced")
