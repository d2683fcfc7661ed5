"""The real parts of Rastup: PostgreSQL and its replica, its account of AWS, and the pools of its services."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sandbox.aws import Aws
from sandbox.fleet import Size, update_service
from sandbox.link import Handler, Message
from sandbox.overlay import tick
from sandbox.postgres import Postgres, free_port
from sandbox.process import wait_until
from sandbox.replica import SENDERS, Replica
from sandbox.simulators import ReplicaMetrics
from sandbox.systems.rastup.cloud import ACCOUNT, API, PRODUCTION, REPLICA
from sandbox.systems.rastup.schema import SCHEMA
from sandbox.within.aws import Within

SLOTS: Final = 40
"""`max_connections`: enough for every share that a runbook names, and quickly filled."""
USUAL: Final = Size(tasks=2, pool_size=4)
"""The API's tasks and their pools in good times."""
DEPLOYS_WITHIN: Final = 20.0


@dataclass(kw_only=True)
class Parts:
    """All of them while they run, and where logs are kept."""

    home: Path
    postgres: Postgres = field(repr=False)
    replica: Replica = field(repr=False)
    told: ReplicaMetrics = field(repr=False)
    """What RDS tells of the replica."""
    aws: Aws = field(repr=False)
    account: Within = field(repr=False)
    deployed: Size = USUAL
    """What the API runs with now."""

    def deploy(self, size: Size) -> None:
        """What whoever deploys the API with another pool size does; returns when its tasks run."""
        update_service(self.aws, cluster=PRODUCTION, service=API, size=size)
        wait_until(
            lambda: self.deployed == size,
            seconds=DEPLOYS_WITHIN,
            failing=lambda: TimeoutError(f"{API} did not become {size.tasks} tasks with a pool of {size.pool_size}"),
        )

    def turn(self) -> None:
        """What lives in AWS lives on."""
        tick.turn(self.account.stage)
        self.told.publish()


@contextmanager
def running(home: Path) -> Generator[Parts]:
    """All of them, ended with this process."""
    home.mkdir(parents=True, exist_ok=True)
    port, found, within = free_port(), list[Parts](), list[Within]()

    def reboot(order: Message) -> None:
        found[0].postgres.restart(max_connections=int(order["max_connections"]))

    def deploy(order: Message) -> None:
        found[0].aws.tasks_run(API, int(order["tasks"]))
        found[0].deployed = Size(tasks=int(order["tasks"]), pool_size=int(order["pool_size"]))

    def account(handlers: Mapping[str, Handler]) -> Within:
        within.append(Within(handlers))
        return within[0]

    postgres = Postgres.start(home, schema=SCHEMA, max_connections=SLOTS, port=port, senders=SENDERS)
    try:
        aws = Aws.start(
            home,
            system=PRODUCTION,
            cloud="sandbox.systems.rastup.cloud:CLOUD",
            engine_version=postgres.release,
            port=port,
            max_connections=SLOTS,
            services={API: {"tasks": USUAL.tasks, "pool_size": USUAL.pool_size}},
            handlers={"reboot": reboot, "deploy": deploy},
            account=ACCOUNT,
            within=account,
        )
        try:
            aws.tasks_run(API, USUAL.tasks)
            replica = Replica.start(home, primary=postgres)
            try:
                told = ReplicaMetrics(replica=replica, aws=aws, instance=REPLICA)
                found.append(
                    Parts(home=home, postgres=postgres, replica=replica, told=told, aws=aws, account=within[0])
                )
                yield found[0]
            finally:
                replica.stop()
        finally:
            aws.stop()
    finally:
        postgres.stop()
