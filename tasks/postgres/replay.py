"""Changes to the replay of a replica: it is resumed, or let go of by whoever holds it on the replica."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blocks.postgres import Postgres, Rows
from journal.facts.words import Answer, Effect, Stake
from journal.wording import moment
from runbook import Drifted, NotNeeded, Outcome, Permanent, Plan, Result, Reversible, Target, Warrant, changes
from tasks.postgres.change import NEEDS, READS, StopLongQueries
from tasks.postgres.replication import NOT_PAUSED, ReplayOf
from tasks.postgres.sessions import SessionTarget

MAY_PAUSE = ("postgres:connect", "postgres:execute:pg_wal_replay_pause", "postgres:execute:pg_wal_replay_resume")

PAUSE = """
select pg_get_wal_replay_pause_state() as pause, pg_last_wal_replay_lsn()::text as at,
       pg_last_xact_replay_timestamp() as last from (select where pg_is_in_recovery()) replica
"""
RESUME = """
select pg_wal_replay_resume() from (select where pg_is_in_recovery()) replica
where pg_get_wal_replay_pause_state() <> 'not paused' and pg_last_wal_replay_lsn() = %(at)s::pg_lsn
"""
PAUSE_AGAIN = """
select pg_wal_replay_pause() from (select where pg_is_in_recovery()) replica
where pg_get_wal_replay_pause_state() = 'not paused'
"""


class ReplayTarget(Target):
    """The replay of one replica, paused at a place in the WAL: at another place it is another pause."""

    at: str


@changes(
    ReplayTarget,
    name="postgres.resume_replay",
    effect=Effect.REVERSIBLE,
    needs=MAY_PAUSE,
    reads=("postgres:connect",),
    stake=Stake.WORK,
)
@dataclass(frozen=True, kw_only=True)
class ResumeReplay(Reversible[ReplayTarget]):
    """Let a replica replay again that was paused. Paused again it stands still, and not where it stood before."""

    replica: Postgres

    @property
    def about(self) -> ReplayOf:
        return ReplayOf(server=self.replica.host)

    @property
    def lock(self) -> str:
        return f"{self.name}:{self.replica.host}:{self.replica.port}"

    def plan(self) -> Plan[ReplayTarget] | NotNeeded:
        with self.replica.reading() as connection:
            now = self._now(connection)
        if now["pause"] == NOT_PAUSED:
            return NotNeeded(why="Replay is not paused.")
        since = "nothing yet" if now["last"] is None else f"what was committed at {moment(now['last'])}"
        target = ReplayTarget(
            name=f"replay of {self.replica.host}",
            before=f"{now['pause']} at {now['at']}",
            after="goes on",
            at=now["at"],
        )
        return Plan(
            change=self.name,
            summary=f"Resume the replay of {self.replica.host}, which replayed last {since}.",
            targets=(target,),
            out_of=1,
            warnings=(
                "PostgreSQL does not tell who paused it: ask whoever works with this replica before you say yes.",
                "Whoever keeps it at that moment, to look back or to save data, loses that: pausing again is too late.",
            ),
        )

    def apply(self, plan: Plan[ReplayTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        with self.replica.changing(warrant) as connection:
            if not connection.execute(RESUME.encode(), {"at": target.at}).fetchall():
                raise Drifted("Replay is not paused any more where it was; nothing was resumed.")
        return Outcome(ok=True, note="Replay goes on.", results=(Result(name=target.name, done=True, note="resumed"),))

    def landed(self, plan: Plan[ReplayTarget]) -> tuple[Answer, str]:
        """It goes on, or has been paused at another place since."""
        (target,) = plan.targets
        with self.replica.reading() as connection:
            now = self._now(connection)
        went_on = now["pause"] == NOT_PAUSED or now["at"] != target.at
        return (Answer.YES if went_on else Answer.NO), f"Replay is {now['pause']} at {now['at']}."

    def undo(self, plan: Plan[ReplayTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        with self.replica.changing(warrant) as connection:
            paused = connection.execute(PAUSE_AGAIN.encode()).fetchall()
        note = "paused again, further on than it was" if paused else "was paused already"
        return Outcome(
            ok=True, note=f"Replay: {note}.", results=(Result(name=target.name, done=bool(paused), note=note),)
        )

    def undone(self, plan: Plan[ReplayTarget]) -> tuple[Answer, str]:  # noqa: ARG002 # wherever it stands
        with self.replica.reading() as connection:
            pause = self._now(connection)["pause"]
        return (Answer.NO if pause == NOT_PAUSED else Answer.YES), f"Replay is {pause}."

    def _now(self, connection: Rows) -> dict[str, Any]:
        row = connection.execute(PAUSE.encode()).fetchone()
        if row is None:
            raise Permanent(f"{self.replica.host}:{self.replica.port} is no replica (any more).")
        return row


@changes(SessionTarget, name="postgres.end_holders", effect=Effect.DISRUPTIVE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class EndHolders(StopLongQueries):
    """On a replica, cancel the queries that replay waits for, and end the sessions of those that go on holding it.

    Who holds it is read again, with pid and start, in the very statement that acts; and that replay still waits.
    """

    kind = "holding replay"
