"""Changes to a PostgreSQL server's sessions. An ended session cannot be resumed, so these have no way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from blocks.postgres import Postgres
from journal.facts.words import Answer, Effect
from journal.wording import span
from runbook import Change, Drifted, NotNeeded, Outcome, Plan, Result, Warrant, changes
from tasks.postgres.read import STATS, see_all
from tasks.postgres.selection import SessionsOf
from tasks.postgres.sessions import Filter, SessionTarget, find, reach
from tasks.waiting import until

SIGNAL = "postgres:pg_signal_backend"
LEFT_ALONE = "left alone: no longer as approved"
NEEDS = (SIGNAL, STATS)
READS = ("postgres:connect", STATS)


@dataclass(frozen=True, kw_only=True)
class _EndSessions(Change[SessionTarget]):
    """End sessions of one selection that have been in one kind of state for too long."""

    kind: ClassVar[str]
    database: Postgres
    whose: SessionsOf
    at_most: int = 200

    @property
    def about(self) -> SessionsOf:
        return self.whose

    @property
    def which(self) -> Filter:
        return Filter(kind=self.kind, whose=self.whose, at_most=self.at_most)

    @property
    def longer_than(self) -> timedelta:
        return self.whose.longer_than(self.kind)

    def plan(self) -> Plan[SessionTarget] | NotNeeded:
        with self.database.reading() as connection:
            see_all(self.database, connection)
            targets, out_of = find(connection, self.which)
        if not targets:
            return NotNeeded(
                why=f"No session of {self.whose.role} has been {self.kind} for longer than {span(self.longer_than)}."
            )
        return Plan(
            change=self.name,
            summary=f"{self.does} {len(targets)} of {out_of} sessions: those of {self.whose.role} on"
            f" {self.database.dbname} that have been {self.kind} for longer than {span(self.longer_than)}.",
            targets=tuple(targets),
            out_of=out_of,
        )

    @property
    def does(self) -> str:
        return "End"

    def apply(self, plan: Plan[SessionTarget], warrant: Warrant) -> Outcome:
        with self.database.changing(warrant) as connection:
            ended = reach(connection, self.which, plan.targets, "pg_terminate_backend(pid)")
        if not ended:
            raise Drifted("None of the approved sessions is still there in the approved state; nothing was ended.")
        return Outcome(
            ok=True,
            note=f"Ended {len(ended)} of {len(plan.targets)} approved sessions.",
            results=tuple(
                Result(name=t.name, done=t.pid in ended, note="ended" if t.pid in ended else LEFT_ALONE)
                for t in plan.targets
            ),
        )

    def landed(self, plan: Plan[SessionTarget]) -> tuple[Answer, str]:
        """Ended sessions are gone; while an approved one is left, the act is not complete and may be repeated.

        Repeating is safe because every target is re-read: one that is gone is not touched again.
        """
        with self.database.reading() as connection:
            see_all(self.database, connection)
            left = reach(connection, self.which, plan.targets)
        if left:
            return Answer.NO, f"{len(left)} of {len(plan.targets)} approved sessions are still there."
        return Answer.YES, "None of the approved sessions is left."


@changes(SessionTarget, name="postgres.end_idle_sessions", effect=Effect.DISRUPTIVE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class EndIdleSessions(_EndSessions):
    """End sessions that have been idle for too long (`rung.c321`, with the filters it lacks)."""

    kind = "idle"


@changes(SessionTarget, name="postgres.end_idle_transactions", effect=Effect.DISRUPTIVE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class EndIdleTransactions(_EndSessions):
    """End sessions that opened a transaction and went away; what they had not committed is rolled back."""

    kind = "idle in transaction"


@changes(SessionTarget, name="postgres.stop_long_queries", effect=Effect.DISRUPTIVE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class StopLongQueries(_EndSessions):
    """Cancel queries that run for too long, and end the sessions of those that do not let themselves be cancelled.

    `grace` is how long a cancelled query may take to stop. A cancelled session stays connected, so its slot is free
    only when its client gives it back; the plan says so.
    """

    kind = "active"
    grace: timedelta = timedelta(seconds=5)

    @property
    def does(self) -> str:
        return "Cancel (and, if that does not help, end)"

    def apply(self, plan: Plan[SessionTarget], warrant: Warrant) -> Outcome:
        with self.database.changing(warrant) as connection:
            cancelled = reach(connection, self.which, plan.targets, "pg_cancel_backend(pid)")
            if not cancelled:
                raise Drifted("None of the approved queries still runs; nothing was cancelled.")
            until(lambda: not reach(connection, self.which, plan.targets), within=self.grace)
            ended = reach(connection, self.which, plan.targets, "pg_terminate_backend(pid)")
        return Outcome(
            ok=True,
            note=f"Cancelled {len(cancelled)} of {len(plan.targets)} approved queries; {len(ended)} had to be ended.",
            results=tuple(
                Result(name=t.name, done=t.pid in cancelled, note=_fate(t.pid, cancelled, ended)) for t in plan.targets
            ),
        )


def _fate(pid: int, cancelled: set[int], ended: set[int]) -> str:
    if pid in ended:
        return "did not let itself be cancelled; its session was ended"
    return "cancelled" if pid in cancelled else LEFT_ALONE
