"""Rastup to practise on: real parts, what can break in them, and whether its users suffer.

One world serves one drill after another: `heal` puts everything back. It lives by the rehearsal's time: at each of its
turns AWS publishes what it counts, and what is broken goes on.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from deployments.permissions import granted, needs_of_system
from sandbox.database import run_as_admin
from sandbox.eyes import BLIND, SEEING, saved_as
from sandbox.overlay.services import consumed
from sandbox.simulators import IDLE, DatabaseConnections
from sandbox.systems.rastup import application
from sandbox.systems.rastup.cloud import PRODUCTION
from sandbox.systems.rastup.fault import Fault, find
from sandbox.systems.rastup.parts import SLOTS, USUAL, Parts, running
from sandbox.systems.rastup.wiring import rastup
from sandbox.undone import lower_again
from sandbox.within.ages import Ages
from sandbox.world import FORGOTTEN

if TYPE_CHECKING:
    from blocks.rastup import Rastup

SYSTEM = "rastup"


@dataclass(kw_only=True)
class World:
    """The parts while they run, and what is broken in them."""

    parts: Parts
    ages: Ages
    """What tells the database the time of the rehearsal."""
    counts: DatabaseConnections
    broken: list[Fault] = field(default_factory=list[Fault])

    def environments(self) -> Mapping[str, Rastup]:
        """What the runbooks are rehearsed in, by the names that the drills give."""
        return {
            saved_as(SYSTEM, SEEING): rastup(self.parts),
            saved_as(SYSTEM, BLIND): rastup(self.parts, blind=True),
        }

    def break_(self, fault: str) -> None:
        """Break something, as production would."""
        found = find(fault)
        self.broken.append(found)
        found.start(self.parts)

    def live(self) -> None:
        """A turn of the rehearsal's time."""
        self.ages.tell()
        self.counts.publish()
        self.parts.turn()
        for one in self.broken:
            one.live(self.parts)
        self.ages.tell()  # what a slow machine took for all this was no time of the rehearsal's

    def heal(self) -> None:
        """Put everything right again, whatever was done to it."""
        while self.broken:
            self.broken.pop().heal(self.parts)
        self.begin()

    def begin(self) -> None:
        """As it is in good times."""
        lower_again(self.parts.aws.facts, PRODUCTION, self.parts.postgres.address, SLOTS)
        if self.parts.deployed != USUAL:
            self.parts.deploy(USUAL)
        self.parts.replica.as_it_was()
        self.parts.told.cpu = IDLE
        consumed.begin(self.parts.account.stage)
        self.ages.begin()
        self.parts.aws.begin_afresh(seconds=FORGOTTEN, turns=0)

    def suffers(self) -> tuple[str, ...]:
        """What users complain about: asked as the application would."""
        of_faults = (said for one in self.broken for said in one.complaints(self.parts))
        return (*application.complaints(self.parts), *of_faults)


@contextmanager
def open_world(folder: Path) -> Generator[World]:
    """Start the parts, in good times; our identities are granted exactly what `codeblue permissions` prints."""
    with running(folder) as parts:
        for one in granted(needs_of_system(SYSTEM), rastup(parts)).connections["database"]:
            for statement in one.document:
                run_as_admin(parts.postgres.address, sql.Composed([sql.SQL(statement)]))  # pyright: ignore[reportArgumentType] # our own statement
        ages = Ages(parts.postgres.address)
        counts = DatabaseConnections(address=parts.postgres.address, aws=parts.aws, instance=PRODUCTION)
        world = World(parts=parts, ages=ages, counts=counts)
        world.begin()
        try:
            yield world
        finally:
            counts.stop()
            ages.close()
