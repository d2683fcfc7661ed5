"""Clients of a world's database that hold sessions, as the base of the faults that they make."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Final, LiteralString, Protocol, TypeVar

from journal import clock
from sandbox.database import Database, end_sessions, read_slots
from sandbox.guests import admit_guest, dismiss_guest, set_limit
from sandbox.held import MOST, Held
from sandbox.process import wait_until
from sandbox.turning.fault import Fault

RIPE: Final = 4.0
"""Seconds: more than what counts as long in practice."""


class HasPostgres(Protocol):
    """What a world is made of, with a PostgreSQL among it."""

    @property
    def postgres(self) -> Database: ...


W = TypeVar("W", bound=HasPostgres)


@dataclass(kw_only=True)
class Clients(Fault[W]):
    """Sessions of one client. `most`: sessions at most."""

    most: int = MOST
    held: Held | None = field(default=None, init=False, repr=False)

    @property
    @abstractmethod
    def client(self) -> str:
        """What its sessions call themselves."""

    def dsn(self, parts: W) -> str:
        """By whom and where they come in."""
        address = parts.postgres.address
        return address.dsn(address.roles.application, application_name=self.client)

    def heal(self, parts: W) -> None:
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
class Leak(Clients[W]):
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

    def start(self, parts: W) -> None:
        """Fill the server, and grow old."""
        self.held = Held(dsn=self.dsn(parts))
        self.held.fill(*self.says, waits=self.waits, most=self.most)
        clock.sleep(RIPE)

    def live(self, parts: W) -> None:
        """Whose long query was cancelled gives its session back; until then more come whenever there is room."""
        if self.held is None or self.waits is None:
            return
        self.gave_back = bool(self.held.forget_answered()) or self.gave_back
        if not self.gave_back:
            self.held.fill(*self.says, waits=self.waits, most=self.most)


@dataclass(kw_only=True)
class ForeignLeak(Leak[W]):
    """Idle sessions of somebody else, whose role and database are made for it, and dropped again."""

    @property
    @abstractmethod
    def role(self) -> str:
        """Whose sessions they are."""

    @property
    def database(self) -> str | None:
        """A database of its own; none: the system's."""
        return None

    @property
    def client(self) -> str:
        """What its sessions call themselves."""
        return f"{self.role}-client"

    @property
    def says(self) -> tuple[LiteralString, ...]:
        """The one use: its tables are its own."""
        return ("SELECT 1",)

    def dsn(self, parts: W) -> str:
        """By a role that is made for it."""
        return admit_guest(parts.postgres.address, self.role, self.database, application_name=self.client)

    def heal(self, parts: W) -> None:
        """End the leak, and drop what was made for it."""
        super().heal(parts)
        dismiss_guest(parts.postgres.address, self.role, self.database)


@dataclass(kw_only=True)
class Several(Fault[W]):
    """Several faults at once."""

    @property
    @abstractmethod
    def kinds(self) -> tuple[Fault[W], ...]:
        """Those, not yet started."""

    begun: tuple[Fault[W], ...] = field(default=(), init=False, repr=False)

    def start(self, parts: W) -> None:
        """Start each."""
        self.begun = self.kinds
        for one in self.begun:
            one.start(parts)

    def live(self, parts: W) -> None:
        """Let each go on."""
        for one in self.begun:
            one.live(parts)

    def heal(self, parts: W) -> None:
        """End each."""
        for one in self.begun:
            one.heal(parts)


@dataclass(kw_only=True)
class Limited(Clients[W]):
    """The application has a connection limit of its own, and uses it up while the server has room."""

    limit: int = 6

    def start(self, parts: W) -> None:
        """Limit the role, and use it up."""
        address = parts.postgres.address
        set_limit(address, address.roles.application, self.limit)
        self.held = Held(dsn=self.dsn(parts))
        self.held.fill(most=self.limit)

    def live(self, parts: W) -> None:
        """Use them now and then."""
        if self.held is not None:
            self.held.say("SELECT 1")

    def heal(self, parts: W) -> None:
        """Nobody is limited."""
        address = parts.postgres.address
        set_limit(address, address.roles.application, -1)
        super().heal(parts)


@dataclass(kw_only=True)
class Busy(Clients[W]):
    """Nobody misbehaves: clients busy with short transactions, each trying again until it has a session."""

    @property
    @abstractmethod
    def says(self) -> LiteralString:
        """What each says again and again."""

    def start(self, parts: W) -> None:
        """Let them come."""
        self.held = Held(dsn=self.dsn(parts))
        self.live(parts)

    def live(self, parts: W) -> None:
        """The next transaction of each."""
        if self.held is not None:
            self.held.fill(most=self.most)
            self.held.say(self.says)
