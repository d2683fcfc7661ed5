"""Twins: the same drills within one process and by the whole stack; their journals must tell the same.

What keeps rehearsals within a process honest. Which drills are taken is drawn by lot from a commit's hash, so that in
time all are, and anybody who has the commit can repeat it.
"""

from __future__ import annotations

import difflib
import hashlib
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.drills.drill import Drill
from sandbox.within.lanes import Shown

HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One drill in both forms, and where they differ: lines of the journal that only one of them has."""

    drill: Drill
    differences: tuple[str, ...]


def commit() -> str:
    """The commit that is checked out. Raises `OSError` or `CalledProcessError` outside a repository."""
    return subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=HERE, text=True).strip()  # git


def lot(drills: Iterable[Drill], many: int, seed: str) -> list[Drill]:
    """So many of the drills, as the seed has it."""

    def rank(drill: Drill) -> str:
        return hashlib.sha256(f"{seed} {drill.runbook}.{drill.name}".encode()).hexdigest()

    return sorted(drills, key=rank)[:many]


def compare(
    drills: Sequence[Drill],
    within: Callable[[list[Drill]], Iterator[Shown]],
    really: Callable[[list[Drill]], Iterator[Shown]],
) -> Iterator[Pair]:
    """Each drill in both forms, one form after the other so that neither disturbs the other."""
    told = {shown.outcome.drill.name + shown.outcome.drill.runbook: shown for shown in within(list(drills))}
    for shown in really(list(drills)):
        drill = shown.outcome.drill
        twin = told[drill.name + drill.runbook]
        yield Pair(drill=drill, differences=tuple(differences(twin.told, shown.told)))


def differences(within: Sequence[str], really: Sequence[str]) -> Iterator[str]:
    """The lines that only one form has, in order."""
    names = {"-": "only within", "+": "only really"}
    for line in difflib.ndiff(within, really):
        if line[0] in names:
            yield f"{names[line[0]]}: {line[2:]}"
