"""Many drills at once: a few processes, each with a world of its own, that take one drill after another."""

from __future__ import annotations

import importlib
import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path

from moto.core.routing import get_service_router

from blocks.aws import warm
from journal.store import Journal
from sandbox.aws import MODELS
from sandbox.drills.carrying import carry_out
from sandbox.drills.drill import Drill, Outcome
from sandbox.overlay import registry
from sandbox.rehearsal import Rehearsing
from sandbox.within.processor import seconds_used
from sandbox.within.rehearsal import ProcessRehearsal, open_within
from sandbox.within.told import told

LANES = 3
"""Processes: one more than most machines have processors to spare, since a drill also waits."""

SERVICES = (
    "bedrock",
    "cloudwatch",
    "cognito-idp",
    "ec2",
    "ecs",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "service-quotas",
    "sns",
    "ssm",
    "sts",
)
"""What most drills ask; reading a service's model takes longer than ten answers of it."""

_here: list[ProcessRehearsal] = []
"""This lane's world."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What became of a drill, the processor seconds that it took (its world's included), and what its journal says."""

    outcome: Outcome
    seconds: float
    told: tuple[str, ...]


def show(drill: Drill, rehearsal: Rehearsing) -> Shown:
    """Carry one drill out."""
    before = seconds_used()
    return shown(carry_out(drill, rehearsal), rehearsal.journal, before)


def shown(outcome: Outcome, journal: Journal, before: float) -> Shown:
    """What became of a drill that began when so many processor seconds had been used."""
    entries = journal.entries(outcome.incident) if outcome.incident else ()
    return Shown(outcome=outcome, seconds=seconds_used() - before, told=told(entries))


def show_all(drills: Iterable[Drill], *, lanes: int = LANES) -> Iterator[Shown]:
    """Each drill as soon as it was carried out.

    The lanes are forked from this process, which must have no threads, so that nothing is imported twice.
    """
    warm_up()
    for system, todo in by_system(drills).items():
        yield from _shown(system, todo, lanes)


def by_system(drills: Iterable[Drill]) -> Mapping[str, list[Drill]]:
    """The drills of each system, in order: each system has a world of its own."""
    found: dict[str, list[Drill]] = {}
    for drill in drills:
        found.setdefault(drill.system, []).append(drill)
    return found


def _shown(system: str, todo: list[Drill], lanes: int) -> Iterator[Shown]:
    with (
        tempfile.TemporaryDirectory(prefix="codeblue-drill-") as folder,
        ProcessPoolExecutor(
            min(lanes, len(todo)), multiprocessing.get_context("fork"), initializer=_open, initargs=(folder, system)
        ) as pool,
    ):
        for done in as_completed([pool.submit(_show, drill) for drill in todo]):
            yield done.result()


def warm_up() -> None:
    """Import and read here, once, what each lane would have to."""
    importlib.import_module("deployments.warm")
    registry.load()
    warm(SERVICES)
    for service in SERVICES:
        get_service_router(service)
        MODELS.load_service_model(service, "service-2")


def _open(folder: str, system: str) -> None:
    held = ExitStack()
    here = Path(tempfile.mkdtemp(dir=folder))
    _here[:] = [held.enter_context(open_within(here, system=system))]
    Finalize(None, held.close, exitpriority=10)


def _show(drill: Drill) -> Shown:
    return show(drill, _here[0])
