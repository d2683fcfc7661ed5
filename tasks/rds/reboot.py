"""Rebooting an RDS instance: the outage that makes a waiting parameter count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.postgres import Postgres
from journal.facts.words import Answer, Effect, Stake
from runbook import (
    Change,
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Result,
    Target,
    Temporary,
    Warrant,
    changes,
)
from tasks.rds.read import describe, to_instance
from tasks.selections import InstanceOf
from tasks.waiting import until

AVAILABLE = "available"


class InstanceTarget(Target):
    """One instance, as it ran when it was planned: `started` is when its server process began."""

    identifier: str
    started: datetime


@changes(
    InstanceTarget,
    name="rds.reboot_instance",
    effect=Effect.DISRUPTIVE,
    stake=Stake.EVERYBODY,
    needs=("rds:RebootDBInstance",),
    reads=("rds:DescribeDBInstances", "postgres:connect"),
)
@dataclass(frozen=True, kw_only=True)
class RebootInstance(Change[InstanceTarget]):
    """Reboot an instance whose parameters wait for it (`rung.c334`), and wait until it is available again."""

    aws: Aws
    database: Postgres
    identifier: str
    back_within: timedelta = timedelta(minutes=10)

    @property
    def about(self) -> InstanceOf:
        return InstanceOf(identifier=self.identifier)

    def plan(self) -> Plan[InstanceTarget] | NotNeeded:
        instance = to_instance(describe(self.aws.reading("rds"), self.identifier))
        if instance.status != AVAILABLE:
            raise NotSafe(f"{self.identifier} is {instance.status}; a reboot is only safe when it is available.")
        if not instance.pending:
            return NotNeeded(why=f"No parameter of {self.identifier} waits for a reboot.")
        failover = "" if instance.multi_az else " It has no standby, so the database is away until it is back."
        return Plan(
            change=self.name,
            summary=f"Reboot {self.identifier}; every session is dropped.{failover}",
            targets=(
                InstanceTarget(
                    name=self.identifier,
                    before="available, parameters wait for a reboot",
                    after="available, parameters in use, all sessions new",
                    identifier=self.identifier,
                    started=self._started(),
                ),
            ),
            out_of=1,
            warnings=("Every client is disconnected and must reconnect.",),
        )

    def apply(self, plan: Plan[InstanceTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if self._started() != target.started:
            raise Drifted(f"{self.identifier} has restarted since this was planned; plan again.")
        try:
            rds = self.aws.changing("rds", warrant, self.permissions, on=[self.aws.arn("rds", f"db:{self.identifier}")])
            rds.reboot_db_instance(DBInstanceIdentifier=self.identifier)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"reboot {self.identifier}") from error
        back = until(lambda: self._is_back(target), within=self.back_within, every=timedelta(seconds=0.5))
        note = "is available again" if back else f"was not available again within {self.back_within}"
        return Outcome(
            ok=back, note=f"{self.identifier} {note}.", results=(Result(name=target.name, done=True, note=note),)
        )

    def landed(self, plan: Plan[InstanceTarget]) -> tuple[Answer, str]:
        """A reboot shows in the start time of the server process; while the instance is away, nobody can tell yet."""
        (target,) = plan.targets
        status = to_instance(describe(self.aws.reading("rds"), self.identifier)).status
        if status != AVAILABLE:
            until(lambda: self._is_back(target), within=self.back_within, every=timedelta(seconds=0.5))
        try:
            started = self._started()
        except (Temporary, Permanent) as blind:
            return Answer.UNKNOWN, f"{self.identifier} is {status} and cannot be asked: {blind}"
        restarted = started != target.started
        return (Answer.YES if restarted else Answer.NO), f"The server process has run since {started:%H:%M:%S} UTC."

    def _is_back(self, target: InstanceTarget) -> bool:
        try:
            instance = to_instance(describe(self.aws.reading("rds"), self.identifier))
            return instance.status == AVAILABLE and self._started() != target.started
        except Temporary:
            return False

    def _started(self) -> datetime:
        with self.database.reading() as connection:
            row = connection.execute("select pg_postmaster_start_time() as started").fetchone()
        if row is None:
            raise Permanent("The server does not say when it started; look by hand.")
        return row["started"]
