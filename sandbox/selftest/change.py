"""A change on the self-test that can succeed, help nothing, fail, get lost, drift or refuse to be undone."""

from __future__ import annotations

from dataclasses import dataclass

from blocks.postgres import Postgres
from journal.facts.words import Act, Answer, Effect
from runbook import (
    Drifted,
    NotNeeded,
    Outcome,
    Permanent,
    Plan,
    Result,
    Reversible,
    Target,
    Temporary,
    Warrant,
    changes,
)

READS = ("postgres:connect",)

_PLANNED: set[str] = set()
"""Cases for which this process was asked for a plan before."""


class CaseTarget(Target):
    case: str


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
        target = CaseTarget(name=f"case {self.case}", before="broken", after="fixed", case=self.case)
        return Plan(change=self.name, summary=f"Fix {self.case}.", targets=(target,), out_of=1)

    def apply(self, plan: Plan[CaseTarget], warrant: Warrant) -> Outcome:
        if self.manner == "drifting":
            raise Drifted("The case is no longer what was approved; nothing was done.")
        if self.manner == "flaky" and not self._tried(warrant):
            raise Temporary("The connection broke before anything was done.")
        self._write(warrant, fixed=self.manner not in {"useless", "stuck"})
        if self.manner in {"lost", "murky"}:
            raise Temporary("The connection broke before the answer arrived.")
        return Outcome(ok=True, note=f"{self.case} is fixed.", results=self._done)

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
        return self._left(Act.APPLY)

    def undone(self, plan: Plan[CaseTarget]) -> tuple[Answer, str]:
        return self._left(Act.UNDO)

    @property
    def _done(self) -> tuple[Result, ...]:
        return (Result(name=f"case {self.case}", done=True),)

    def _left(self, act: Act) -> tuple[Answer, str]:
        with self.database.reading() as connection:
            row = connection.execute(
                "select count(*) as n from practice_effect where name = %s and act = %s", (self.case, act)
            ).fetchone()
        seen = bool(row and row["n"])
        return (Answer.YES if seen else Answer.NO), "The act left its row." if seen else "The act left no row."

    def _tried(self, warrant: Warrant) -> bool:
        """Whether this is the second try: the first leaves a mark that is no effect."""
        with self.database.changing(warrant) as connection:
            row = connection.execute("select cause from practice_case where name = %s", (self.case,)).fetchone()
            connection.execute("update practice_case set cause = 'flaky, tried' where name = %s", (self.case,))
        return bool(row and row["cause"] == "flaky, tried")

    def _write(self, warrant: Warrant, *, fixed: bool) -> None:
        with self.database.changing(warrant) as connection, connection.transaction():
            connection.execute(
                "insert into practice_effect (name, plan, act) values (%s, %s, %s)",
                (self.case, warrant.digest, warrant.act),
            )
            connection.execute("update practice_case set broken = %s where name = %s", (not fixed, self.case))
