"""Changes to an RDS instance's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blocks.postgres import Postgres
from journal.facts.words import Effect, Stake
from runbook import NotNeeded, NotSafe, Plan, Temporary, changes
from tasks.postgres.read import read_slots
from tasks.rds.parameter import NEEDS, READS, ParameterTarget, SetParameter
from tasks.rds.read import MAX_CONNECTIONS


@changes(
    ParameterTarget,
    name="rds.raise_max_connections",
    effect=Effect.REVERSIBLE,
    stake=Stake.LIMIT,
    needs=NEEDS,
    reads=READS,
)
@dataclass(frozen=True, kw_only=True)
class RaiseMaxConnections(SetParameter):
    """Raise max_connections in the instance's own parameter group (`rung.c329`); never lower it.

    The literal 200 of the source may be less than what the server has now, so the new value is at least that and at
    least `by` above what runs. It waits for a reboot; `RebootInstance` is a step of its own.
    """

    database: Postgres
    at_least: int = 200
    by: float = 1.5

    parameter = MAX_CONNECTIONS
    method = "pending-reboot"

    def plan(self) -> Plan[ParameterTarget] | NotNeeded:
        found = self.found()
        running = read_slots(self.database)
        if running.refused:
            raise Temporary("The server is too full to say what max_connections is; the raise cannot be computed yet.")
        new = max(self.at_least, int(running.limit * self.by))
        if _number(found) == new:
            return NotNeeded(why=f"{self.group} already says max_connections {new}; it waits for a reboot.")
        if new <= max(running.limit, _number(found)):
            raise NotSafe(f"max_connections is already {max(running.limit, _number(found))}; {new} would lower it.")
        target = ParameterTarget(
            name=f"max_connections in {self.group}",
            before=f"{running.limit} in use (group says {found.get('ParameterValue', 'nothing')})",
            after=f"{new} after the next reboot",
            group=self.group,
            old=found.get("ParameterValue"),
            new=str(new),
            source=found.get("Source", "system"),
        )
        return Plan(
            change=self.name,
            summary=f"Set max_connections of {self.identifier} from {running.limit} to {new}, at its next reboot.",
            targets=(target,),
            out_of=1,
            warnings=("The value waits for a reboot and lands at any later one, also an unplanned one.",),
        )


def _number(found: dict[str, Any]) -> int:
    """The value as a number; a formula such as `LEAST({DBInstanceClassMemory/9531392},5000)` sets no fixed floor."""
    value = str(found.get("ParameterValue") or "")
    return int(value) if value.isdigit() else 0


@changes(ParameterTarget, name="rds.time_functions", effect=Effect.REVERSIBLE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class TimeFunctions(SetParameter):
    """Let the server add up how long each function takes that is written in a procedural language.

    Numbers and names of functions, and nothing of what anybody typed: a log of slow statements would have that.
    """

    parameter = "track_functions"
    method = "immediate"

    def plan(self) -> Plan[ParameterTarget] | NotNeeded:
        found = self.found()
        old = found.get("ParameterValue")
        if old in {"pl", "all"}:
            return NotNeeded(why=f"{self.group} already says {self.parameter} {old}.")
        target = ParameterTarget(
            name=f"{self.parameter} in {self.group}",
            before=old or "none",
            after="pl",
            group=self.group,
            old=old,
            new="pl",
            source=found.get("Source", "system"),
        )
        summary = f"Let {self.identifier} add up how long each function takes, at once and without a reboot."
        return Plan(change=self.name, summary=summary, targets=(target,), out_of=1)
