"""Rebooting an RDS instance: the outage that makes a waiting parameter count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.postgres import Postgres
from journal.facts.words import Act, Effect, Stake
from runbook import (
    Drifted,
    Going,
    Long,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Progress,
    Target,
    Temporary,
    Warrant,
    changes,
)
from runbook.change import SOONEST
from tasks.rds.read import describe, to_instance
from tasks.selections import InstanceOf

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
class RebootInstance(Long[InstanceTarget]):
    """Reboot an instance whose parameters wait for it (`rung.c334`); over when it is available again."""

    aws: Aws
    database: Postgres
    identifier: str
    within: timedelta = timedelta(minutes=10)
    every: timedelta = SOONEST

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
        return Outcome(under_way=True, note=f"The reboot of {self.identifier} was begun.")

    def progress(self, plan: Plan[InstanceTarget], act: Act) -> Progress:  # noqa: ARG002 # there is no way back
        """A reboot shows in the start time of the server process, and is over when the instance is available again."""
        status = to_instance(describe(self.aws.reading("rds"), self.identifier)).status
        note = f"{self.identifier} is {status}"
        try:
            started = self._started()
        except (Temporary, Permanent) as away:
            going = Going.UNKNOWN if status == AVAILABLE else Going.UNDER_WAY
            return Progress(going=going, note=f"{note} and cannot be asked: {away}")
        if status != AVAILABLE:
            return Progress(going=Going.UNDER_WAY, note=f"{note}.")
        going = Going.NOT_BEGUN if started == plan.targets[0].started else Going.DONE
        return Progress(going=going, note=f"{note}, and its server process has run since {started:%H:%M:%S} UTC.")

    def _started(self) -> datetime:
        with self.database.reading() as connection:
            row = connection.execute("select pg_postmaster_start_time() as started").fetchone()
        if row is None:
            raise Permanent("The server does not say when it started; look by hand.")
        return row["started"]
