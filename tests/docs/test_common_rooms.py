"""Common rooms know no system: neither by an import (`.importlinter`) nor by a name in a text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from deployments.systems import systems

ROOT = Path(__file__).resolve().parents[2]

COMMON = (
    "runbook",
    "journal",
    "tasks",
    ":(glob)flows/*.py",
    "flows/parts",
    "deployments",
    ":(glob)sandbox/*.py",
    "sandbox/clients",
    "sandbox/drills",
    "sandbox/faults",
    "sandbox/machines",
    "sandbox/overlay",
    "sandbox/selftest",
    "sandbox/strangers",
    "sandbox/turning",
    "sandbox/within",
    "blocks",
    ":(exclude,glob)blocks/medicalcor*.py",
    ":(exclude,glob)blocks/rastup*.py",
    ":(exclude,glob)blocks/rung*.py",
)
"""What every system shares. A system's own rooms stand beside them, under its name."""

SOURCE = re.compile(r"\b{name}\.[a-z]\d+[a-z]?\b")
"""The row of a page that somebody's advice comes from is cited by its id."""


def named(text: str, name: str) -> bool:
    """Whether a system is named, other than by the source of an advice."""
    cited = re.compile(SOURCE.pattern.replace("{name}", re.escape(name)))
    return re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", cited.sub("", text), re.IGNORECASE) is not None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("End sessions (`shop.c321`).", False),
        ("a workshop with shoppers", False),
        ("The database `shop`.", True),
        ("environment='shop-prod'", True),
        ("ROLE shop_app", True),
        ("see shop.slow_checkout", True),
        ("from blocks.shop import Shop", True),
    ],
)
def test_a_citation_is_no_name_and_everything_else_is(text: str, *, found: bool) -> None:
    assert named(text, "shop") is found


@pytest.mark.parametrize("system", list(systems()))
def test_no_common_room_names_a_system(system: str) -> None:
    files = subprocess.check_output(["git", "ls-files", "--", *COMMON], cwd=ROOT, text=True).split()
    assert len(files) > 300
    lines = [
        f"{file}:{number}: {line.strip()}"
        for file in files
        if (ROOT / file).suffix != ".png" and (ROOT / file).is_file()
        for number, line in enumerate((ROOT / file).read_text().splitlines(), 1)
        if named(line, system)
    ]
    assert lines == []
