"""Which strangers there are, what is at work in each, and which of them are drawn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from sandbox import faults
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND, SEEING, saved_as
from sandbox.worlds import world_of

TRIAGE = "triage"
"""What a system calls the runbook that names others."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A fault with its bounds, as some drill has it."""

    fault: str
    bounds: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        """Its name, and its bounds where it has some."""
        return self.fault + (json.dumps(dict(self.bounds), default=str) if self.bounds else "")


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """Faults that meet a runbook: its alert is sent, with the labels that its drills send."""

    runbook: str
    alert: str
    labels: Mapping[str, str]
    broken: tuple[Broken, ...]
    environment: str

    def __str__(self) -> str:
        """What is broken, before whom."""
        blind = self.environment == saved_as(system_of(self.runbook), BLIND)
        return f"{self.runbook} and {' + '.join(map(str, self.broken))}" + (", blind" * blind)


def system_of(runbook: str) -> str:
    """The system of a runbook."""
    return runbook.partition(".")[0]


def variants(drills: Iterable[Drill], system: str) -> tuple[Broken, ...]:
    """Every fault that there is in a system's world, with all bounds that its drills give it."""
    found = {str(one): one for one in map(_broken, (d for d in drills if d.system == system)) if one is not None}
    named = {one.fault for one in found.values()}
    rest = (Broken(fault=name) for name in faults.names(world_of(system).faults_from) if name not in named)
    return (*found.values(), *rest)


def every(drills: Iterable[Drill]) -> Iterator[Stranger]:
    """Each fault before each runbook, seen and blind, and each pair of faults before each."""
    known = tuple(drills)
    several = {system: variants(known, system) for system in {one.system for one in known}}
    # The drill with most labels tells what an alert of this runbook can say.
    by_runbook = {one.runbook: one for one in sorted(known, key=lambda drill: len(drill.labels))}
    for runbook, drill in sorted(by_runbook.items()):
        here, seeing, blind = several[drill.system], *(saved_as(drill.system, eyes) for eyes in (SEEING, BLIND))
        for broken in (*((one,) for one in here), *combinations(here, 2)):
            if len({one.fault for one in broken}) < len(broken):
                continue
            yield Stranger(runbook=runbook, alert=drill.alert, labels=drill.labels, broken=broken, environment=seeing)
            if len(broken) == 1:
                yield Stranger(
                    runbook=runbook, alert=drill.alert, labels=drill.labels, broken=broken, environment=blind
                )


def at_work(stranger: Stranger, drills: Iterable[Drill]) -> frozenset[str]:
    """The causes of the runbook that are at work, as its drills have it; triage is right to name another runbook."""
    broken = {str(one) for one in stranger.broken}
    causes = set[str]()
    for drill in drills:
        one = _broken(drill)
        if one is None or str(one) not in broken:
            continue
        if drill.runbook == stranger.runbook:
            causes.update(name for name in (drill.top, *drill.also) if name is not None)
        elif stranger.runbook == f"{system_of(stranger.runbook)}.{TRIAGE}":
            causes.add(drill.runbook.rpartition(".")[2])
    return frozenset(causes)


def drawn(strangers: Iterable[Stranger], many: int, seed: str) -> list[Stranger]:
    """So many of them, as the seed has it."""
    return sorted(strangers, key=lambda one: hashlib.sha256(f"{seed} {one}".encode()).hexdigest())[:many]


def _broken(drill: Drill) -> Broken | None:
    return None if drill.fault is None else Broken(fault=drill.fault, bounds=drill.bounds)
