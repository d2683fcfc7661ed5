"""What came of strangers, kept as lines of JSON: a long round goes on where it stopped, and several add up.

A line says what happened, not whether it was right: that is judged when the lines are read, by the rules of then. Of a
stranger that met its runbook several times, the last line counts. How sure somebody was is kept as it was told then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from sandbox.drills.drill import Drill
from sandbox.errors import SandboxError
from sandbox.strangers.lot import Stranger, at_work
from sandbox.strangers.meet import Came, Met, judged, treated_by


class Line(BaseModel):
    """One stranger by its name, and what came of it, or why it could not be tried."""

    model_config = ConfigDict(frozen=True)

    stranger: str
    came: Came | None = None
    unmet: str = ""

    @classmethod
    def of(cls, met: Met) -> Line:
        """What is kept of it."""
        return cls(stranger=str(met.stranger), came=met.came, unmet=met.unmet)


@dataclass(frozen=True, kw_only=True)
class Record:
    """A file of such lines, which need not be there yet."""

    path: Path

    def add(self, met: Met) -> None:
        """One more, at once: whoever is stopped has lost none."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(Line.of(met).model_dump_json() + "\n")

    def lines(self) -> Iterator[Line]:
        """All of them. Raises `SandboxError` for a file that is something else."""
        if not self.path.exists():
            return
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                yield Line.model_validate_json(line)
            except ValueError:
                raise SandboxError(
                    f"{self.path}, line {number} is no record of a stranger; name another file."
                ) from None


def met(records: Iterable[Record], strangers: Iterable[Stranger], drills: Iterable[Drill]) -> tuple[Met, ...]:
    """What came of the recorded ones, judged by today's rules; those that are strangers no longer are left out."""
    lines = {line.stranger: line for record in records for line in record.lines()}
    known = tuple(drills)
    return tuple(_met(one, lines, known) for one in strangers if str(one) in lines)


def _met(stranger: Stranger, lines: Mapping[str, Line], known: tuple[Drill, ...]) -> Met:
    line = lines[str(stranger)]
    if line.came is None:
        return Met(stranger=stranger, unmet=line.unmet)
    return judged(stranger, line.came, working=at_work(stranger, known), treats=treated_by(stranger.runbook))
