"""What has become of each row of the runbooks that this project was made from: `make coverage`.

    python -m docs.claims    print it; exit code 1 when a row is open, or what became of it is not borne out by the code

`docs/coverage/<system>.csv` has one line for each row: its id and source line, what became of it (kept by hand), and
the code that claims it, by naming it as `source` or in a docstring (rendered: `docs/render.py` takes it anew).

implemented   a probe asks it, a hypothesis states it, a change does it, the environment keeps it
manual        a person is asked to do it
replaced      something else is done in its place, and the code that claims it says what
refused       a runbook says that it does not do this, and why
reference     nothing to do: a heading, a title, a comment that repeats its command
pending       its runbook is not there yet; only of a system that is `UNFINISHED`, and never once it is claimed
open          not decided
"""

# ruff: noqa: INP001 # scripts beside the documents, not a package

from __future__ import annotations

import ast
import csv
import io
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deployments.deployed import listed
from runbook import Examination, HandOff, Manual, Mitigation, Refusal, Runbook, Wait

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "docs" / "coverage"
DISPOSITIONS = ("implemented", "manual", "replaced", "refused", "reference", "pending", "open")
UNFINISHED = frozenset({"rastup"})
"""Systems whose runbooks are being written, so that some of their rows have none yet."""
KINDS = {"c": "commands", "h": "causes", "t": "thresholds", "p": "prose"}
ID = re.compile(r"\b[a-z]+\.(?:[chtp]\d+[a-z]?|[a-z][a-z0-9_]{3,})\b")
FITS = {
    "implemented": ("probe", "hypothesis", "mitigation", "hand-off", "runbook", "escalation", "code"),
    "manual": ("manual",),
    "refused": ("refusal",),
}
"""Which kinds of code may claim a row for it to be so; a replaced row may be claimed by any."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the sources."""

    id: str
    line: int
    disposition: str
    claimed_by: tuple[str, ...]

    @property
    def system(self) -> str:
        return self.id.partition(".")[0]

    @property
    def file(self) -> str:
        """Which of the five lists it is from."""
        found = re.fullmatch(r"[a-z]+\.([chtp])\d+[a-z]?", self.id)
        return KINDS[found[1]] if found else "sections"


def rows(system: str) -> list[Row]:
    """The rows of a system as the project keeps them."""
    with (FILES / f"{system}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Row(
                id=line["id"],
                line=int(line["line"]),
                disposition=line["disposition"],
                claimed_by=tuple(filter(None, line["claimed_by"].split(" "))),
            )
            for line in csv.DictReader(file)
        ]


def as_csv(found: list[Row]) -> str:
    """The rows as their file has them."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(("id", "line", "disposition", "claimed_by"))
    out.writerows((row.id, row.line, row.disposition, " ".join(row.claimed_by)) for row in found)
    return text.getvalue()


def rendered() -> Iterator[tuple[Path, str]]:
    """Each file as it should be, with the claims of today."""
    said = claims()
    for system in systems():
        yield FILES / f"{system}.csv", as_csv(renewed(rows(system), said))


def claims() -> dict[str, dict[str, str]]:
    """By row: each piece of code that names it, and of which kind that is. Imports every runbook."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for one in listed():
        for kind, name, source in _declared(one.declaration):
            for row in ID.findall(source):
                found[row][f"{one.runbook}:{kind}:{name}"] = kind
    for room in ("blocks", "tasks"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for name, text in _said(path):
                for row in ID.findall(text):
                    found[row][f"{path.relative_to(ROOT)}:{name}"] = "code"
    return found


def _declared(runbook: Runbook[Any, Any]) -> Iterator[tuple[str, str, str]]:
    yield "runbook", runbook.name.partition(".")[2], runbook.source
    yield "escalation", runbook.escalation.issue.replace(" ", "_"), runbook.escalation.source
    for probe in runbook.probes().values():
        yield "probe", probe.name, probe.source
    for hypothesis in runbook.hypotheses:
        yield "hypothesis", hypothesis.name, hypothesis.source
    for step in runbook.steps():
        yield kind_of(step), step.name, step.source
    for number, refusal in enumerate(runbook.refuses, 1):
        yield kind_of(refusal), str(number), refusal.source


def kind_of(step: object) -> str:
    kinds: dict[type, str] = {
        Mitigation: "mitigation",
        Examination: "examination",
        Manual: "manual",
        Wait: "wait",
        HandOff: "hand-off",
        Refusal: "refusal",
    }
    return kinds[type(step)]


def _said(path: Path) -> Iterator[tuple[str, str]]:
    """What is written in a module, by the outermost class or function that it stands in."""
    for node in ast.parse(path.read_text("utf-8")).body:
        name = getattr(node, "name", "module")
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield name, part.value


def faults(found: list[Row], said: dict[str, dict[str, str]]) -> Iterator[str]:
    """What does not stand, in sentences."""
    known = {row.id for row in found}
    systems = {row.system for row in found}
    for row in found:
        if (undecided := _undecided(row)) is not None:
            yield undecided
        for place in row.claimed_by:
            if place not in said.get(row.id, {}):
                yield f"{row.id}: {place} does not name it; correct the file, or the code's `source`."
        kinds = {said.get(row.id, {}).get(place) for place in row.claimed_by}
        if row.disposition in FITS and not kinds & set(FITS[row.disposition]):
            yield f"{row.id} is {row.disposition}, but none of what claims it is: {', '.join(map(str, kinds))}."
    for row_id in said.keys() - known:
        if row_id.partition(".")[0] in systems and re.search(r"\.[chtp]\d", row_id):
            yield f"{', '.join(said[row_id])} names {row_id}, which is no row."


def _undecided(row: Row) -> str | None:
    """Why nothing is said of a row that could be borne out."""
    if row.disposition not in DISPOSITIONS:
        return f"{row.id}: {row.disposition!r} is no disposition; there are {', '.join(DISPOSITIONS)}."
    if row.disposition == "open":
        return f"{row.id} (line {row.line}) is open: decide what becomes of it."
    if row.disposition == "pending":
        over = row.system not in UNFINISHED or row.claimed_by
        return f"{row.id} (line {row.line}) is pending no longer: decide what becomes of it." if over else None
    if row.disposition != "reference" and not row.claimed_by:
        return f"{row.id} is {row.disposition}, but no code is named that claims it."
    return None


def renewed(found: list[Row], said: dict[str, dict[str, str]]) -> list[Row]:
    """The rows with the claims of today. A row that is open or pending and claimed is decided by what claims it."""
    return [
        Row(
            id=row.id,
            line=row.line,
            disposition=_decided(row, said.get(row.id, {})),
            claimed_by=tuple(sorted(said.get(row.id, {}))),
        )
        for row in found
    ]


def _decided(row: Row, said: dict[str, str]) -> str:
    if row.disposition not in {"open", "pending"}:
        return row.disposition
    kinds = set(said.values())
    if row.file == "causes" and "manual" in kinds and "mitigation" not in kinds:
        return "manual"  # a cause's row holds its fix
    return next((one for one in ("implemented", "manual", "refused") if kinds & set(FITS[one])), row.disposition)


def inventory(system: str) -> dict[str, int] | None:
    """Ids and lines of a system's rows in the lists themselves, where those are at hand; `None` where not."""
    folder = Path(os.environ.get("CODEBLUE_INVENTORY") or ROOT.parent / "shared" / "inventory")
    if not folder.is_dir():
        return None
    found: dict[str, int] = {}
    for name in ("sections", *KINDS.values()):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found |= {one["id"]: int(one["line"]) for one in csv.DictReader(file) if one["id"].startswith(f"{system}.")}
    return found


def systems() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in FILES.glob("*.csv")))


def table(system: str, found: list[Row]) -> Table:
    """How many rows of each list became what."""
    counts = Counter((row.file, row.disposition) for row in found)
    drawn = Table(title=f"Coverage of {system}")
    for heading in ("rows of", *DISPOSITIONS, "all"):
        drawn.add_column(heading, justify="left" if heading == "rows of" else "right")
    for name in ("sections", *KINDS.values()):
        numbers = [counts[name, disposition] for disposition in DISPOSITIONS]
        drawn.add_row(name, *map(str, numbers), str(sum(numbers)))
    totals = [sum(row.disposition == disposition for row in found) for disposition in DISPOSITIONS]
    drawn.add_row("all", *map(str, totals), str(len(found)))
    return drawn


def main() -> int:
    """Print every row and what claims it, then the tables, then what does not stand."""
    console, said, wrong = Console(width=150), claims(), 0
    for system in systems():
        found = rows(system)
        for row in found:
            console.print(f"{row.id} (line {row.line}) {row.disposition} {', '.join(row.claimed_by)}", soft_wrap=True)
        console.print(table(system, found))
        for fault in faults(found, said):
            console.print(f"[red]{fault}[/red]", soft_wrap=True)
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
