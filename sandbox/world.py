"""The world: everything up at once, faults in and out, and the truth about it.

A system declares its own: a class that says what its world is made of (`sandbox.systems`).

with World.start(home) as world:
    world.break_("idle_leak")
    ...
    assert world.health().healthy
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import psycopg
from psycopg import sql

from journal import clock
from sandbox import faults
from sandbox.aws import Aws, AwsFacts, Standing
from sandbox.certificate import make
from sandbox.database import Address, Database, as_admin, read_slots
from sandbox.errors import FaultHasNoEffect, HealFailed, SandboxError
from sandbox.eyes import BLIND, SEEING
from sandbox.faults.fault import AwsFault, Fault, Scene, SessionFault
from sandbox.fleet import Fleet, Size, update_service
from sandbox.health import ATTEMPTS, FRESH, Health, look, try_fresh_clients
from sandbox.postgres import Postgres, free_port
from sandbox.postgres_elsewhere import is_elsewhere, open_elsewhere
from sandbox.process import wait_until
from sandbox.simulators import DatabaseConnections
from sandbox.turns import SHORT, turn_seconds
from sandbox.undone import lower_again
from sandbox.workflows import N8n, N8nFacts

if TYPE_CHECKING:
    from blocks.environment import Environment
    from sandbox.link import Handler, Message
    from sandbox.schema import Schema

BREAK_SECONDS = 30.0
HEAL_SECONDS = 30.0
STEADY_SECONDS = 1.0
GOOD_FOR = 300.0
"""Days of a certificate at the beginning. It begins earlier by what is left of a year."""
FORGOTTEN = 30.0
"""Seconds: more than any window that is looked at in practice."""

SIMULATOR_SESSIONS = 1
TURN_SECONDS = 0.5
REFUSED = "fresh clients are refused"
"""What users say where the database has no slot for them."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """How to reach this world; all a block, a probe or a drill needs to know."""

    home: Path
    known_as: str
    """What Code Blue knows the system as."""
    system: str
    """What it calls its database instance, its parameter group and its cluster."""
    service: str
    database: Address = field(repr=False)
    postgres_release: str
    has_statistics: bool
    aws: AwsFacts
    n8n: N8nFacts

    def dsn(self, role: str, *, application_name: str | None = None) -> str:
        """A libpq connection string for one of the roles of its schema."""
        return self.database.dsn(role, application_name=application_name)


class World(ABC):
    """A running production. Make it with `start`; use it as a context manager, or call `stop`.

    A system's own derives from it, and says what there is; nothing here knows one.
    """

    system: ClassVar[str]
    """The system that lives here."""
    production: ClassVar[str]
    """What it calls its database instance, its parameter group and its cluster, such as `shop-prod`."""
    schema: ClassVar[Schema]
    """What is in its database."""
    cloud: ClassVar[str]
    """What it has in AWS at the beginning: a `sandbox.overlay.cloud.Cloud`, as `module:NAME`."""
    service: ClassVar[str]
    """The ECS service whose tasks keep pools of connections."""
    usual: ClassVar[Size] = Size(tasks=2, pool_size=4)
    """Its tasks and their pools in good times."""
    n8n_log: ClassVar[str]
    """The log group of n8n."""
    faults_from: ClassVar[str]
    """The package of what can be broken here."""
    asked: ClassVar[tuple[str, ...]] = ()
    """What its own simulators ask of it, beyond what every world is asked."""
    tried_first: ClassVar[str]
    """The runbook that a person tries first, and that the self-test hands over to, as `module:NAME`."""

    eyes: ClassVar[tuple[str, ...]] = (SEEING, BLIND)
    """Who looks in its rehearsals: an environment of `environments` for each."""
    certificate: ClassVar[str | None] = None
    """The file in its home that this machine trusts, where something of it is reached by TLS."""
    also_at_work: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {}
    """By fault and runbook, the causes that a runbook is right to name beyond what its drills say; for strangers."""
    not_theirs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """By runbook, the causes by which it says that the problem is somebody else's; for strangers."""
    otherwise_felt: ClassVar[Mapping[str, Mapping[str, tuple[str, float]]]] = {}
    """By fault, the runbooks that are alerted for something else than what its users feel, while a bound is less."""

    @classmethod
    @abstractmethod
    def environments(cls, facts: Facts, *, pace: float) -> Mapping[str, Environment]:
        """What its runbooks are rehearsed in, by the names they are saved under: see `sandbox.eyes`."""

    @classmethod
    def trusted(cls, home: Path) -> Mapping[str, str]:
        """What a process must have in its environment to trust what lives in a world with this home.

        The file is there from now on: a process that is told of one that is missing cannot even start.
        """
        if cls.certificate is None:
            return {}
        file = home / cls.certificate
        if not file.exists():
            home.mkdir(parents=True, exist_ok=True)
            make(file, days=GOOD_FOR)
        return {"SSL_CERT_FILE": str(file)}

    def handlers(self) -> Mapping[str, Handler]:
        """What the system's own simulators ask of its world, by verb: those of `asked`."""
        return {}

    def __init__(
        self, *, home: Path, postgres: Database, aws: Aws, fleet: Fleet, n8n: N8n, by_itself: bool = True
    ) -> None:
        self._postgres, self._aws, self._fleet, self.n8n = postgres, aws, fleet, n8n
        self._lock, self._by_itself = threading.RLock(), by_itself
        # Looking too often would take the slots a fault is after; and what does not live by itself, lives by turns.
        self._look_every = 0.1 if by_itself else TURN_SECONDS
        self._faults: dict[str, Fault] = {}
        self._usual_connections = read_slots(postgres.address).max_connections
        self.facts = Facts(
            home=home,
            known_as=self.system,
            system=self.production,
            service=self.service,
            database=postgres.address,
            postgres_release=postgres.release,
            has_statistics=postgres.has_statistics,
            aws=aws.facts,
            n8n=n8n.facts,
        )
        self._scene = Scene(home=home, address=postgres.address, aws=aws, fleet=fleet, system=self.production, n8n=n8n)
        self._simulator = DatabaseConnections(address=postgres.address, aws=aws, instance=self.production)

    @classmethod
    def start(
        cls,
        home: Path,
        *,
        postgres: str = "wheel",
        max_connections: int = 100,
        usual: Size | None = None,
        within: Callable[[Mapping[str, Handler]], Standing] | None = None,
    ) -> Self:
        """Bring everything up, in about two seconds. Logs and records go under `home`.

        `postgres`: "wheel", "system" (Debian's; has pg_stat_statements), a folder of programs, a superuser's URL, or
        "container". `usual`: the service's tasks and pool size in good times. `within` makes AWS a part of this
        process, whose clock lets the world live (`sandbox.within`). Raises a `SandboxError`.
        """
        home = home.absolute()
        home.mkdir(parents=True, exist_ok=True)
        worlds: list[Self] = []
        size = usual or cls.usual

        def reboot(order: Message) -> None:
            worlds[0].reboot(max_connections=int(order["max_connections"]))

        def configure(order: Message) -> None:
            worlds[0].configure(str(order["name"]), str(order["value"]))

        def deploy(order: Message) -> None:
            worlds[0].deploy(Size(tasks=int(order["tasks"]), pool_size=int(order["pool_size"])))

        def ask(verb: str) -> Handler:
            return lambda order: worlds[0].handlers()[verb](order)  # noqa: PLW0108 # the world is not there yet

        with ThreadPoolExecutor(2) as pool:
            if is_elsewhere(postgres):
                # Not started from here: what AWS is to show is known only once it is reached.
                elsewhere = open_elsewhere(postgres, cls.schema, max_connections=max_connections)
                port, release, max_connections = elsewhere.address.port, elsewhere.release, elsewhere.max_connections
                database: Future[Database] = pool.submit(lambda: elsewhere)
            else:
                port, release = free_port(), Postgres.release_of(postgres)
                database = pool.submit(
                    Postgres.start,
                    home,
                    schema=cls.schema,
                    kind=postgres,
                    max_connections=max_connections,
                    port=port,
                )
            n8n = N8n()
            cloud = pool.submit(
                Aws.start,
                home,
                system=cls.production,
                cloud=cls.cloud,
                engine_version=release,
                port=port,
                max_connections=max_connections,
                services={cls.service: {"tasks": size.tasks, "pool_size": size.pool_size}, "n8n": {"tasks": 1}},
                n8n=n8n.facts.url,
                handlers={
                    "reboot": reboot,
                    "configure": configure,
                    "deploy": deploy,
                    "n8n": n8n.follow,
                    **{verb: ask(verb) for verb in cls.asked},
                },
                within=within,
            )
            fleet: Fleet | None = None
            try:
                address = database.result().address
                application = address.dsn(address.roles.application, application_name=cls.service)
                fleet = Fleet(home=home, service=cls.service, dsn=application, size=size)
                cloud.result()
            except BaseException:
                for stop in [
                    fleet.stop if fleet else None,
                    *(_stopper(part.result) for part in (cloud, database)),
                    n8n.stop,
                ]:
                    if stop is not None:
                        stop()
                raise
        world = cls(
            home=home, postgres=database.result(), aws=cloud.result(), fleet=fleet, n8n=n8n, by_itself=within is None
        )
        worlds.append(world)
        try:
            world._open_for_business()
        except BaseException:
            world.stop()
            raise
        return world

    def __enter__(self) -> Self:
        """Nothing more to do: it runs."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def broken(self) -> tuple[str, ...]:
        """The faults injected and not yet healed."""
        return tuple(self._faults)

    def break_(self, fault: str, **bounds: object) -> None:
        """Inject a fault and return when its symptom is there, as users would see it.

        `bounds` are the fault's fields, such as `most` or `lives_for`. Raises `UnknownFault`, or `FaultHasNoEffect`
        after 30 s (the fault is taken away again then).
        """
        with self._lock:
            broken = self.inject(fault, bounds)
            try:
                wait_until(
                    self._symptom_of(broken),
                    seconds=BREAK_SECONDS * turn_seconds() / SHORT,
                    every=self._look_every * turn_seconds() / SHORT,
                    failing=lambda: FaultHasNoEffect(
                        f"'{fault}' runs, but nobody suffers after {BREAK_SECONDS:g} s; give it larger bounds."
                    ),
                )
            except BaseException:
                del self._faults[fault]
                broken.heal(self._scene)
                raise

    def inject(self, fault: str, bounds: Mapping[str, Any]) -> Fault:
        """Begin a fault, whether or not anybody ever suffers from it. Raises `UnknownFault`."""
        with self._lock:
            if fault in self._faults:
                raise SandboxError(f"The fault '{fault}' is there already; heal the world first.")
            broken = faults.find(self.faults_from, fault, bounds)
            self._faults[fault] = broken
            try:
                broken.start(self._scene)
            except BaseException:
                del self._faults[fault]
                broken.heal(self._scene)
                raise
            return broken

    def heal(self) -> None:
        """Take every fault away, and what a runbook raised.

        Returns when fresh clients connect again; `HealFailed` after 30 s.
        """
        home = self.facts.home
        with self._lock:
            # The last one first: a fault puts back what it found, and may have found what an earlier one did.
            for name in reversed(list(self._faults)):
                self._faults[name].heal(self._scene)
                del self._faults[name]
            lower_again(self.facts.aws, self.production, self.facts.database, self._usual_connections)
            wait_until(
                lambda: not self._refusals(),
                seconds=HEAL_SECONDS,
                failing=lambda: HealFailed(
                    f"Every fault is gone, but fresh clients are refused after {HEAL_SECONDS:g} s; see {home}."
                ),
                every=0.1,
            )

    def begin_afresh(self, *, turns: int = 0, seconds: float = FORGOTTEN) -> None:
        """Forget what showed in metrics and logs just now, so that nobody takes it for what happens next.

        Returns when production has shown `turns` times how it is.
        """
        self._aws.begin_afresh(seconds=seconds, turns=turns)

    def set_pool_size(self, pool_size: int, *, tasks: int | None = None) -> None:
        """What a person does about oversized pools: deploy the service with a smaller pool. Returns when it runs."""
        size = Size(tasks=tasks or self._fleet.size.tasks, pool_size=pool_size)
        update_service(self._aws, cluster=self.production, service=self.service, size=size)
        wait_until(
            lambda: self._fleet.size == size,
            seconds=HEAL_SECONDS,
            failing=lambda: HealFailed(
                f"{self.service} was not deployed with a pool of {pool_size}; see {self.facts.home}."
            ),
        )

    def set_conditions(self, **conditions: Any) -> None:
        """What a person puts right that is no part of AWS, such as the clock of a phone; `None` ends a condition."""
        self._aws.set_conditions(conditions)

    def reboot(self, *, max_connections: int) -> None:
        """Restart PostgreSQL; called when somebody asks RDS to reboot the instance."""
        self._postgres.restart(max_connections=max_connections)

    def configure(self, name: str, value: str) -> None:
        """Let PostgreSQL run with another value at once; called when somebody sets a dynamic parameter in RDS."""
        with as_admin(self.facts.database) as connection:
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            connection.execute("SELECT pg_reload_conf()")

    def deploy(self, size: Size) -> None:
        """Run the service in another size; called when somebody updates it in ECS."""
        self._fleet.deploy(size, self._aws)

    def health(self, *, attempts: int = ATTEMPTS) -> Health:
        """The truth from the world: `attempts` real clients try to connect, the server counts."""
        sessions: dict[str, int] = {}
        waiting: dict[str, int] = {}
        for fault in list(self._faults.values()):
            if isinstance(fault, SessionFault):
                sessions |= fault.sessions(self._scene)
                waiting |= fault.waiting()
        return look(self.facts.database, sessions=sessions, waiting=waiting, attempts=attempts)

    def suffers(self, *, everybody: bool = False) -> tuple[str, ...]:
        """What users would complain about right now, read from the world; nothing when all is well.

        `everybody`: clients of the database are asked even when others complain already.
        """
        shown = [name for name, one in self._faults.items() if isinstance(one, AwsFault) and one.shows(self._scene)]
        # Asked last, and only when nobody complains yet, since three clients must come for it.
        refused = [REFUSED] if (everybody or not shown) and self._refusals() else []
        return (*shown, *refused)

    def show(self) -> None:
        """Let faults go on, and publish what the database counts; for the clock of a world that lives by turns."""
        for fault in list(self._faults.values()):
            fault.live(self._scene)
        self._simulator.publish()

    def written(self) -> tuple[str, ...]:
        """Every call to AWS by Code Blue's roles that was not a look, in order."""
        return self._aws.written()

    def wait_for(self, condition: Callable[[Health], bool], *, seconds: float = 30.0) -> Health:
        """Look until `condition` holds and return that look; `TimeoutError` with the last one otherwise."""
        last: list[Health] = []

        def holds() -> Health | None:
            with suppress(psycopg.OperationalError):  # Restarting; look again.
                last[:] = [self.health()]
                return last[0] if condition(last[0]) else None
            return None

        return wait_until(
            holds, seconds=seconds, every=0.1, failing=lambda: TimeoutError(f"not within {seconds:g} s: {last}")
        )

    def stop(self) -> None:
        """End everything and leave nothing running; harmless when it has ended."""
        self._simulator.stop()
        for fault in self._faults.values():
            with suppress(SandboxError, TimeoutError, psycopg.Error):
                fault.heal(self._scene)
        self._faults.clear()
        self._fleet.stop()
        self._aws.stop()
        self.n8n.stop()
        self._postgres.stop()

    def _open_for_business(self) -> None:
        self.n8n.log = partial(self._aws.log, self.n8n_log)
        if self._by_itself:
            self._simulator.start()
        self._fleet.deploy(self._fleet.usual, self._aws)
        wait_until(
            lambda: int(self._fleet.count()["alive"]) == self._fleet.usual.sessions,
            seconds=BREAK_SECONDS,
            failing=lambda: SandboxError(f"{self.service} did not fill its pools; give it fewer tasks or more slots."),
        )
        wait_until(
            lambda: self.n8n.mode == "serving",
            seconds=BREAK_SECONDS,
            failing=lambda: SandboxError(f"n8n does not serve; see {self.facts.home}/aws.log."),
        )

    def _symptom_of(self, fault: Fault) -> Callable[[], bool]:
        if isinstance(fault, AwsFault):
            return lambda: fault.shows(self._scene)
        assert isinstance(fault, SessionFault)
        return self._saturation_by(fault)

    def _saturation_by(self, fault: SessionFault) -> Callable[[], bool]:
        """Whether the symptom is there to stay, not only because somebody who looks holds the last slot for a moment.

        It is when no slot is left that the application could have, or it was there at every look for a second (with
        visitors connected, the slots they hold are free again later).
        """
        since: list[float] = []

        def shows() -> bool:
            there: Mapping[str, int] = fault.sessions(self._scene)
            if not all(there.values()) or len(self._refusals()) < ATTEMPTS:
                since.clear()
                return False
            slots = read_slots(self.facts.database)
            held = slots.taken - slots.by_application.get(FRESH, 0)
            since.append(clock.monotonic())
            full = held >= slots.max_connections - slots.reserved - SIMULATOR_SESSIONS
            return full or since[-1] - since[0] >= STEADY_SECONDS

        return shows

    def _refusals(self) -> tuple[str, ...]:
        return try_fresh_clients(self.facts.database)

    def slots_taken(self) -> int:
        """Sessions the server counts, the provider's own excluded."""
        return read_slots(self.facts.database).taken


def _stopper(result: Callable[[], Aws | Database]) -> Callable[[], None] | None:
    try:
        return result().stop
    except Exception:  # noqa: BLE001 - it did not start, so there is nothing to stop; the first failure is the one told
        return None
