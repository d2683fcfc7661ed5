"""Changes on the self-test that can succeed, help nothing, not be enough, fail, get lost, drift, or take long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import Connection

from blocks.postgres import Postgres
from journal.facts.words import Act, Answer, Effect, Going
from runbook import (
    Drifted,
    Long,
    NotNeeded,
    Outcome,
    Permanent,
    Plan,
    Progress,
    Result,
    Reversible,
    Target,
    Temporary,
    Warrant,
    changes,
)

READS = ("postgres:connect",)

PARTS = 2
"""How many acts a leaky case takes: one for each round."""

_PLANNED: set[str] = set()
"""Cases for which this process was asked for a plan before."""


class CaseTarget(Target):
    """One case. What goes on while it is treated (`leaky`) has parts: the nth act treats the nth of them."""

    case: str
    part: int = 1


@changes(CaseTarget, name="practice.fix", effect=Effect.REVERSIBLE, needs=("postgres:connect",), reads=READS)
@dataclass(frozen=True, kw_only=True)
class Fix(Reversible[CaseTarget]):
    """Fix a case, in the manner of its cause. Each act leaves a row, so that two acts would be seen."""

    database: Postgres
    case: str
    manner: str

    @property
    def lock(self) -> str:
        return f"{self.name}:{self.case}"

    def plan(self) -> Plan[CaseTarget] | NotNeeded:
        if self.manner == "veiled" or (self.manner == "hazy" and self.case not in _PLANNED):
            _PLANNED.add(self.case)
            raise Temporary("The target cannot be seen right now.")
        if self.manner == "unneeded":
            return NotNeeded(why="Nothing is to be done here.")
        part = self.done(Act.APPLY) + 1 if self.manner == "leaky" else 1
        name = f"case {self.case}" if part == 1 else f"case {self.case}, part {part}"
        target = CaseTarget(name=name, before="broken", after="fixed", case=self.case, part=part)
        return Plan(change=self.name, summary=f"Fix {self.case}.", targets=(target,), out_of=1)

    def apply(self, plan: Plan[CaseTarget], warrant: Warrant) -> Outcome:
        if self.manner == "drifting":
            raise Drifted("The case is no longer what was approved; nothing was done.")
        if self.manner == "flaky" and not self._tried(warrant):
            raise Temporary("The connection broke before anything was done.")
        enough = plan.targets[0].part >= PARTS if self.manner == "leaky" else self.manner not in {"useless", "stuck"}
        self._write(warrant, fixed=enough)
        if self.manner in {"lost", "murky"}:
            raise Temporary("The connection broke before the answer arrived.")
        return Outcome(ok=True, note=f"{self.case} is fixed.", results=(Result(name=plan.targets[0].name, done=True),))

    def undo(self, plan: Plan[CaseTarget], warrant: Warrant) -> Outcome:
        if self.manner == "stuck":
            raise Permanent("The old state cannot be put back: permission denied.")
        self._write(warrant, fixed=False)
        return Outcome(
            ok=True, note=f"{self.case} is as it was.", results=(Result(name=f"case {self.case}", done=True),)
        )

    def landed(self, plan: Plan[CaseTarget]) -> tuple[Answer, str]:
        if self.manner == "murky":
            return Answer.UNKNOWN, "The target does not keep what was done to it."
        return self._left(Act.APPLY, plan.targets[0].part)

    def undone(self, plan: Plan[CaseTarget]) -> tuple[Answer, str]:
        return self._left(Act.UNDO, plan.targets[0].part)

    def row(self, act: Act) -> str:
        """What a row says of such an act."""
        return act

    def done(self, act: Act) -> int:
        """How often that has reached the world: the rows that such acts left."""
        with self.database.reading() as connection:
            row = connection.execute(
                "select count(*) as n from practice_effect where name = %s and act = %s", (self.case, self.row(act))
            ).fetchone()
        return row["n"] if row else 0

    def _left(self, act: Act, times: int) -> tuple[Answer, str]:
        seen = self.done(act) >= times
        return (Answer.YES if seen else Answer.NO), "The act left its row." if seen else "The act left no row."

    def _tried(self, warrant: Warrant) -> bool:
        """Whether this is the second try: the first leaves a mark that is no effect."""
        with self.database.changing(warrant) as connection:
            row = connection.execute("select cause from practice_case where name = %s", (self.case,)).fetchone()
            connection.execute("update practice_case set cause = 'flaky, tried' where name = %s", (self.case,))
        return bool(row and row["cause"] == "flaky, tried")

    def _write(self, warrant: Warrant, *, fixed: bool, after: timedelta = timedelta(0)) -> None:
        """Leave the row of the act. The case is as it makes it `after` so long; nobody need do anything for that."""
        with self.database.changing(warrant) as connection, connection.transaction():
            connection.execute(
                "insert into practice_effect (name, plan, act) values (%s, %s, %s)",
                (self.case, warrant.digest, self.row(warrant.act)),
            )
            self._become(connection, fixed=fixed, after=after)

    def _become(self, connection: Connection[Any], *, fixed: bool, after: timedelta) -> None:
        connection.execute(
            "update practice_case set turns_at = clock_timestamp() + %s, turns = %s where name = %s",
            (after, not fixed, self.case),
        )


@changes(CaseTarget, name="practice.trace", effect=Effect.REVERSIBLE, needs=("postgres:connect",), reads=READS)
@dataclass(frozen=True, kw_only=True)
class Trace(Fix):
    """Turn a case's trace on, which fixes nothing and says what it is."""

    manner: str = "traced"

    def plan(self) -> Plan[CaseTarget] | NotNeeded:
        target = CaseTarget(name=f"trace of case {self.case}", before="off", after="on", case=self.case)
        return Plan(change=self.name, summary=f"Trace {self.case}.", targets=(target,), out_of=1)

    def row(self, act: Act) -> str:
        return f"trace {act}"

    def _become(self, connection: Connection[Any], *, fixed: bool, after: timedelta) -> None:
        connection.execute("update practice_case set traced = %s where name = %s", (fixed, self.case))


@changes(CaseTarget, name="practice.fix_slowly", effect=Effect.REVERSIBLE, needs=("postgres:connect",), reads=READS)
@dataclass(frozen=True, kw_only=True)
class FixSlowly(Long[CaseTarget], Fix):
    """Fix a case for a while, and put it back for a while: both go on in the world after they were begun.

    In the manner `vain` the case stays broken.
    """

    within: timedelta = timedelta(minutes=1)
    takes: timedelta = timedelta(seconds=2)

    def apply(self, plan: Plan[CaseTarget], warrant: Warrant) -> Outcome:
        self._write(warrant, fixed=self.manner != "vain", after=self.takes)
        return Outcome(under_way=True, note=f"Fixing {self.case} was begun.")

    def undo(self, plan: Plan[CaseTarget], warrant: Warrant) -> Outcome:
        self._write(warrant, fixed=False, after=self.takes)
        return Outcome(under_way=True, note=f"Putting {self.case} back was begun.")

    def progress(self, plan: Plan[CaseTarget], act: Act) -> Progress:
        if not self.done(act):
            return Progress(going=Going.NOT_BEGUN, note="The act left no row.")
        with self.database.reading() as connection:
            row = connection.execute(
                "select extract(epoch from turns_at - clock_timestamp())::float as rest from practice_case"
                " where name = %s",
                (self.case,),
            ).fetchone()
        if row is None or row["rest"] is None:
            return Progress(going=Going.UNKNOWN, note="The case does not say until when it is treated.")
        if row["rest"] <= 0:
            return Progress(going=Going.DONE, note="The time of the act is over.", share=1.0)
        share = max(0.0, 1 - row["rest"] / self.takes.total_seconds())
        return Progress(going=Going.UNDER_WAY, note=f"{row['rest']:.1f} s are left.", share=share)
