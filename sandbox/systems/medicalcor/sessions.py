"""Clients of MedicalCor's database that hold sessions, as the base of the faults that they make."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Final, LiteralString

from journal import clock
from sandbox.database import end_sessions, read_slots
from sandbox.held import MOST, Held
from sandbox.process import wait_until
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.parts import Parts

RIPE: Final = 4.0
"""Seconds: more than what counts as long in practice."""


@dataclass(kw_only=True)
class Clients(Fault):
    """Sessions of one client. `most`: sessions at most."""

    most: int = MOST
    held: Held | None = field(default=None, init=False, repr=False)

    @property
    @abstractmethod
    def client(self) -> str:
        """What its sessions call themselves."""

    def dsn(self, parts: Parts) -> str:
        """By whom and where they come in."""
        address = parts.postgres.address
        return address.dsn(address.roles.application, application_name=self.client)

    def heal(self, parts: Parts) -> None:
        """End them: a server does not notice that the client of a running query has gone."""
        if self.held is None:
            return
        self.held.close()
        end_sessions(parts.postgres.address, self.client)
        wait_until(
            lambda: not read_slots(parts.postgres.address).by_application.get(self.client),
            seconds=20,
            failing=lambda: TimeoutError(f"sessions of {self.client} outlive their client"),
        )


@dataclass(kw_only=True)
class Leak(Clients):
    """Sessions until no slot is left, as old as they are when somebody is paged, and none is given back."""

    gave_back: bool = field(default=False, init=False)

    @property
    @abstractmethod
    def says(self) -> tuple[LiteralString, ...]:
        """What it says in each, and may name `{number}`."""

    @property
    def waits(self) -> LiteralString | None:
        """A last statement whose answer does not come."""
        return None

    def start(self, parts: Parts) -> None:
        """Fill the server, and grow old."""
        self.held = Held(dsn=self.dsn(parts))
        self.held.fill(*self.says, waits=self.waits, most=self.most)
        clock.sleep(RIPE)

    def live(self, parts: Parts) -> None:
        """Whose long query was cancelled gives its session back; until then more come whenever there is room."""
        if self.held is None or self.waits is None:
            return
        self.gave_back = bool(self.held.forget_answered()) or self.gave_back
        if not self.gave_back:
            self.held.fill(*self.says, waits=self.waits, most=self.most)
