"""MedicalCor to practise on: real parts, what can break in them, and whether its users suffer.

One world serves one drill after another: `heal` puts everything back. It lives by the rehearsal's time: at each of its
turns the application works (`application.works`), and what is broken goes on.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from deployments.permissions import granted, needs_of_system
from sandbox.database import run_as_admin
from sandbox.eyes import BLIND, SEEING, saved_as
from sandbox.systems.medicalcor import application, jobs
from sandbox.systems.medicalcor.fault import Fault, find
from sandbox.systems.medicalcor.parts import SLOTS, Parts, running
from sandbox.systems.medicalcor.wiring import medicalcor
from sandbox.within.ages import Ages

if TYPE_CHECKING:
    from blocks.medicalcor import MedicalCor

SYSTEM = "medicalcor"
GOOD_TIMES = timedelta(minutes=75)
"""In which all was well, as far as anybody looks back to see how it was before."""
IN_LIFE, IN_LIFE_BLIND = "medicalcor-in-life", "medicalcor-in-life-blind"
"""In which nothing is hurried: Cloud Monitoring counts by minutes, and is minutes late."""


@dataclass(kw_only=True)
class World:
    """The parts while they run, and what is broken in them."""

    parts: Parts
    admitted: tuple[tuple[str, ...], ...]
    """Our users of Redis, each with its rights."""
    ages: Ages
    """What tells the database the time of the rehearsal."""
    broken: list[Fault] = field(default_factory=list[Fault])

    def environments(self) -> Mapping[str, MedicalCor]:
        """What the runbooks are rehearsed in, by the names that the drills give."""
        return {
            saved_as(SYSTEM, SEEING): medicalcor(self.parts),
            saved_as(SYSTEM, BLIND): medicalcor(self.parts, blind=True),
            IN_LIFE: medicalcor(self.parts, pace=1.0),
            IN_LIFE_BLIND: medicalcor(self.parts, blind=True, pace=1.0),
        }

    def break_(self, fault: str) -> None:
        """Break something, as production would."""
        found = find(fault)
        self.broken.append(found)
        found.start(self.parts)

    def live(self) -> None:
        """A turn of the rehearsal's time."""
        self.ages.tell()
        application.works(self.parts)
        self.parts.api.turn()
        self.parts.worker.works()
        self.parts.callers.turn()
        self.parts.disk.turn()
        self.parts.usage.turn()
        self.parts.signed_in.turn()
        self.parts.trigger.turn()
        for one in self.broken:
            one.live(self.parts)

    def heal(self) -> None:
        """Put everything right again, whatever was done to it."""
        while self.broken:
            self.broken.pop().heal(self.parts)
        self.begin()

    def begin(self) -> None:
        """As it is in good times."""
        parts = self.parts
        if parts.postgres.max_connections != SLOTS:
            parts.postgres.restart(max_connections=SLOTS)
        self.ages.begin()
        parts.valkey.as_it_was()
        parts.project.begin()
        parts.backing.close()
        parts.worker.begin()
        parts.api.begin()
        parts.api.past(GOOD_TIMES)
        parts.callers.begin()
        parts.disk.begin()
        parts.usage.begin()
        parts.signed_in.begin()
        parts.trigger.begin(*jobs.tasks(), schedules=jobs.schedules())
        parts.trigger.past(GOOD_TIMES)
        for user, *rights in self.admitted:
            parts.valkey.admit(user, *rights)
        application.begin(parts.valkey)

    def suffers(self) -> tuple[str, ...]:
        """What users complain about: asked as the application would."""
        of_faults = (said for one in self.broken for said in one.complaints(self.parts))
        parts = self.parts
        peopled = (parts.api, parts.worker, parts.callers, parts.disk, parts.signed_in)
        of_parts = (said for one in peopled for said in one.complaints())
        return (*application.complaints(parts), *of_parts, *jobs.complaints(parts.trigger), *of_faults)


@contextmanager
def open_world(folder: Path) -> Generator[World]:
    """Start the parts, in good times; our identities are granted exactly what `codeblue permissions` prints."""
    with running(folder) as parts:
        found = granted(needs_of_system(SYSTEM), medicalcor(parts)).connections
        for one in found.get("database", ()):
            for statement in one.document:
                run_as_admin(parts.postgres.address, sql.Composed([sql.SQL(statement)]))  # pyright: ignore[reportArgumentType] # our own statement
        lines = [str(line).split() for one in found.get("redis", ()) for line in one.document]
        ages = Ages(parts.postgres.address)
        world = World(parts=parts, admitted=tuple(tuple(words[2:]) for words in lines), ages=ages)
        world.begin()
        try:
            yield world
        finally:
            ages.close()
