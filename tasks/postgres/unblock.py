"""Ends the sessions that others wait for: the true blockers, never their victims."""

from __future__ import annotations

from dataclasses import dataclass

from journal.facts.words import Effect
from runbook import Drifted, Outcome, Plan, Result, Warrant, changes
from tasks.postgres.change import LEFT_ALONE, NEEDS, READS, StopLongQueries
from tasks.postgres.sessions import SessionTarget, reach
from tasks.waiting import until


@changes(SessionTarget, name="postgres.end_blockers", effect=Effect.DISRUPTIVE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class EndBlockers(StopLongQueries):
    """Let go of locks that others wait for: cancel what blocks by working, end what blocks by doing nothing.

    A blocker waits for nobody itself, and its transaction is older than `longer_than`; both are read again, with pid
    and start, in the very statement that acts.
    """

    kind = "blocking"

    @property
    def does(self) -> str:
        return "Cancel or end"

    def apply(self, plan: Plan[SessionTarget], warrant: Warrant) -> Outcome:
        with self.database.changing(warrant) as connection:
            reached = reach(
                connection,
                self.which,
                plan.targets,
                "case state when 'active' then pg_cancel_backend(pid) else pg_terminate_backend(pid) end",
            )
            if not reached:
                raise Drifted("None of the approved sessions blocks anybody any more; nothing was ended.")
            until(lambda: not reach(connection, self.which, plan.targets), within=self.grace)
            ended = reach(connection, self.which, plan.targets, "pg_terminate_backend(pid)")
        return Outcome(
            ok=True,
            note=f"Let {len(reached)} of {len(plan.targets)} approved sessions go; {len(ended)} had to be ended.",
            results=tuple(
                Result(name=t.name, done=t.pid in reached, note="let go" if t.pid in reached else LEFT_ALONE)
                for t in plan.targets
            ),
        )
