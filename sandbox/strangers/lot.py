"""Which strangers there are, what is at work in each, and which of them are drawn."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import chain, combinations, zip_longest
from typing import Any, Final

from deployments.deployed import listed
from runbook import HandOff
from sandbox import faults
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND, SEEING, saved_as
from sandbox.strangers.hindrance import BLINDED, NOTHING, OF_THE_WORLD, Hindrance, without
from sandbox.worlds import world_of

BOTH_SIDES: Final = (0.5, 0.8, 1.25, 2.0)
"""By so much each number of a fault is made smaller and larger: the limits of runbooks are met from both sides."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A fault with its bounds, as some drill has it; `edge` where a number was moved, so that nobody may suffer."""

    fault: str
    bounds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    edge: bool = False

    def __str__(self) -> str:
        """Its name, and its bounds where it has some."""
        return self.fault + (json.dumps(dict(self.bounds), default=str) if self.bounds else "")

    def kind(self, faults_from: str) -> str:
        """What it is whatever its numbers are."""
        return _kind(faults_from, self.fault, json.dumps(dict(self.bounds), default=str))


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """Faults that meet a runbook: its alert is sent, with the labels that its drills send, for their `environment`."""

    runbook: str
    alert: str
    labels: Mapping[str, str]
    broken: tuple[Broken, ...]
    hindrance: Hindrance = NOTHING
    ours: tuple[str, ...] = ()
    """Those of the faults that a drill of the runbook has."""
    environment: str = SEEING

    def __str__(self) -> str:
        """What is broken, before whom."""
        hindered = f", {self.hindrance}" if self.hindrance.name else ""
        return f"{self.runbook} and {' + '.join(map(str, self.broken))}{hindered}"

    @property
    def seen_by(self) -> str:
        """The environment of those who look: blind eyes, or those of the drill."""
        return self.environment if self.hindrance.environment == SEEING else self.hindrance.environment

    @property
    def kind(self) -> str:
        """Of which sort it is."""
        first, *others = self.broken
        if others:
            return "pair"
        return self.hindrance.name or ("edge" if first.edge else "alone")


def system_of(runbook: str) -> str:
    """The system of a runbook."""
    return runbook.partition(".")[0]


def variants(drills: Iterable[Drill], system: str) -> tuple[Broken, ...]:
    """Every fault that there is in a system's world, with all bounds that its drills give it."""
    found = {str(one): one for one in map(_broken, (d for d in drills if d.system == system)) if one is not None}
    named = {one.fault for one in found.values()}
    rest = (Broken(fault=name) for name in faults.names(world_of(system).faults_from) if name not in named)
    return (*found.values(), *rest)


@cache
def _kind(faults_from: str, fault: str, bounds: str) -> str:
    made = faults.find(faults_from, fault, json.loads(bounds))
    known = {one.name: getattr(made, one.name) for one in fields(made) if one.init}
    words: dict[str, Any] = {
        name: value for name, value in known.items() if isinstance(value, str | list | tuple | Mapping | bool)
    }
    return f"{fault} {json.dumps(words, sort_keys=True)}"


def edges(several: Iterable[Broken], faults_from: str) -> Iterator[Broken]:
    """Each with each of its numbers a little smaller, and a little larger."""
    for one in several:
        made = faults.find(faults_from, one.fault, one.bounds)
        for known in fields(made):
            value = getattr(made, known.name) if known.init else None
            if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
                for times in BOTH_SIDES:
                    moved = type(value)(value * times)
                    if moved == value or not moved:  # half of one is nothing, and nothing is no fault
                        continue
                    if known.name.endswith("share") and moved > 1:  # there is no more than all
                        continue
                    yield Broken(fault=one.fault, bounds={**one.bounds, known.name: moved}, edge=True)


def every(drills: Iterable[Drill]) -> Iterator[Stranger]:
    """Each fault before each runbook: seen, hindered in each way, at its edges, and with each other fault."""
    known = tuple(drills)
    for system in sorted({one.system for one in known}):
        yield from _of(system, tuple(one for one in known if one.system == system))


def _of(system: str, known: tuple[Drill, ...]) -> Iterator[Stranger]:
    several, faults_from = variants(known, system), world_of(system).faults_from
    blind = saved_as(system, BLIND)
    pairs = tuple(pair for pair in combinations(several, 2) if pair[0].fault != pair[1].fault)
    near = tuple(edges(several, faults_from))
    probes = {one.runbook: tuple(one.declaration.probes()) for one in listed()}
    for runbook in sorted({one.runbook for one in known}):
        told = _told(runbook, known, faults_from)
        ways = (NOTHING, BLINDED, *map(without, probes[runbook]), *OF_THE_WORLD)
        alone = ((one, way) for one in several for way in ways)
        for broken, hindrance in chain(
            (((one,), way) for one, way in alone),
            ((pair, NOTHING) for pair in pairs),
            (((one,), NOTHING) for one in near),
        ):
            ours = tuple(one for one in broken if one.kind(faults_from) in told)
            drill = told[ours[0].kind(faults_from) if ours else ANY]
            yield Stranger(
                runbook=runbook,
                alert=drill.alert,
                labels=drill.labels,
                broken=broken,
                hindrance=hindrance,
                ours=tuple(one.fault for one in ours),
                environment=drill.environment if ours and drill.environment != blind else SEEING,
            )


ANY: Final = ""


def _told(runbook: str, drills: tuple[Drill, ...], faults_from: str) -> dict[str, Drill]:
    """The drill that says what an alert tells, by the kind of the fault; of any other, the one that tells most."""
    ours = sorted((one for one in drills if one.runbook == runbook), key=lambda one: len(one.labels))
    return {ANY: ours[-1], **{broken.kind(faults_from): one for one in ours if (broken := _broken(one)) is not None}}


def at_work(stranger: Stranger, drills: Iterable[Drill]) -> frozenset[str]:
    """The causes of the runbook that are at work, as its drills have it.

    Where a runbook only hands over, whose problem it is is right when a drill of that runbook has the fault, and does
    not find that it is somebody else's. What is true besides is said by the world (`also_at_work`).
    """
    world = world_of(system_of(stranger.runbook))
    also, faults_from = world.also_at_work, world.faults_from
    kinds = {one.kind(faults_from) for one in stranger.broken}
    besides = [causes for known, causes in also.items() if any(_is_one(kind, known) for kind in kinds)]
    causes = {cause for one in besides for cause in one.get(stranger.runbook, ())}
    found = set[str]()
    for drill in drills:
        one = _broken(drill)
        if drill.system != world.system or one is None or one.kind(faults_from) not in kinds:
            continue
        if drill.runbook == stranger.runbook:
            causes.update(name for name in (drill.top, *drill.also) if name is not None)
        if drill.top not in world.not_theirs.get(drill.runbook, ()):
            found.add(drill.runbook)
    (declared,) = (one.declaration for one in listed() if one.runbook == stranger.runbook)
    steps = declared.mitigations
    handed: list[HandOff[Any, Any]] = [step for step in steps if isinstance(step, HandOff)]
    if len(handed) < len(steps):
        return frozenset(causes)
    told = (cause.name for step in handed if step.to.name in found for cause in step.causes)
    return frozenset((*causes, *told))


def _is_one(kind: str, known: str) -> bool:
    """Whether a kind of fault is one that is `known`, of which less may be said."""
    (fault, _, words), (other, _, said) = kind.partition(" "), known.partition(" ")
    told: dict[str, Any] = json.loads(words or "{}")
    return fault == other and all(told.get(name) == word for name, word in json.loads(said or "{}").items())


def drawn(strangers: Iterable[Stranger], many: int, seed: str) -> list[Stranger]:
    """So many of them, as the seed has it: of each kind as many, and those first that a drill of the runbook knows."""
    heaps: defaultdict[str, list[Stranger]] = defaultdict(list)
    for one in strangers:
        heaps[one.kind].append(one)
    mixed = (_mixed(heaps[kind], many, seed) for kind in sorted(heaps))
    return [one for together in zip_longest(*mixed) for one in together if one is not None][:many]


def _mixed(heap: list[Stranger], many: int, seed: str) -> list[Stranger]:
    """By lot; every other one is related to the runbook that it meets, while there are such."""

    def by_lot(*, related: bool) -> list[Stranger]:
        half = (one for one in heap if bool(one.ours) is related)
        return sorted(half, key=lambda one: hashlib.sha256(f"{seed} {one}".encode()).hexdigest())[:many]

    return [
        one for both in zip_longest(by_lot(related=True), by_lot(related=False)) for one in both if one is not None
    ][:many]


def _broken(drill: Drill) -> Broken | None:
    return None if drill.fault is None else Broken(fault=drill.fault, bounds=drill.bounds)
