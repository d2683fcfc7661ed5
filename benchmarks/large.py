"""A journal after a hundred thousand incidents: appending to it, drawing a timeline from it, and reporting on it.

The incidents are written in bulk, each with the entries that count (opened, read, judged, answered, validated, closed)
and a chain of true hashes. They are not registered in the ledger, which nothing that is measured reads.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from benchmarks.figures import Figure, Goal, Series, Unit
from benchmarks.keeping import ENTRIES, append, incident, reading, timed
from journal.chain import GENESIS, canonical, hash_of
from journal.confirming import past
from journal.facts.closed import Closed, Confirmed
from journal.facts.decided import Decided
from journal.facts.done import Validated
from journal.facts.every import Fact
from journal.facts.opened import Opened
from journal.facts.seen import Finding, Judged, SymptomAsked, Verdict
from journal.facts.words import Answer, Channel, Ending, Standing
from journal.report import report
from journal.report_rows import rows
from journal.schema import chains, entries, incidents
from journal.store import Journal
from journal.timeline import as_html, as_markdown, timeline

BATCH = 2000
"""Incidents in one transaction."""

PERIOD = timedelta(days=90)
RUNBOOK = "rung.connection_exhaustion"
CAUSES = ("idle_leak", "honest_load", "oversized_pools")


def large(folder: Path, number: int, appends: int, tell: Callable[[str], None]) -> tuple[Figure, ...]:
    """Fill a journal with `number` incidents, then measure what people and runs wait for."""
    with Journal.connect(f"sqlite:///{folder / 'large.db'}") as journal:
        took = timed(lambda: _fill(journal, number, tell))
        tell(f"appending to {number:,} incidents, which took {took:.0f} s to write")
        appending = append(journal, appends)
        chosen = incident(journal, appends)
        for place in range(ENTRIES - 1):
            journal.append(chosen, f"read:{place}", reading(place))
        drawing = [timed(lambda: as_markdown(timeline(journal.entries(chosen)))) for _ in range(appends // 10)]
        paging = [timed(lambda: as_html(timeline(journal.entries(chosen)))) for _ in range(20)]
        learning = [timed(lambda: past(journal, RUNBOOK)) for _ in range(20)]
        tell("reporting")
        reporting = [timed(lambda: _report(journal)) for _ in range(3)]
    many = f"{number:,} incidents"
    return (
        Figure(
            title=f"Journal with {many}: append one entry, durably",
            ours=(
                (Series(name="Code Blue", samples=appending, unit=Unit.MILLISECONDS), Goal(at_most=0.010, percent=99)),
            ),
            references=(),
        ),
        Figure(
            title=f"Journal with {many}: timeline of {ENTRIES} entries",
            ours=(
                (Series(name="as Markdown", samples=drawing, unit=Unit.MILLISECONDS), Goal(at_most=0.100)),
                (Series(name="as a page", samples=paging, unit=Unit.MILLISECONDS), Goal(at_most=0.100)),
            ),
            references=(),
        ),
        Figure(
            title=f"Journal with {many}: what was confirmed, and a report on all",
            ours=(
                (Series(name="priors of a runbook", samples=learning, unit=Unit.MILLISECONDS), None),
                (Series(name="codeblue report", samples=reporting), None),
            ),
            references=(),
        ),
    )


def _report(journal: Journal) -> None:
    until = journal.clock()
    since = until - PERIOD - timedelta(days=1)
    report(rows(journal, since), since=since, until=until)


def _fill(journal: Journal, number: int, tell: Callable[[str], None]) -> None:
    chance = random.Random(4)
    start = journal.clock() - PERIOD
    for first in range(0, number, BATCH):
        tell(f"writing incidents, {first:,} of {number:,}")
        batch = [
            _one(f"INC-{place:07d}", start + place * PERIOD / number, chance)
            for place in range(first, min(first + BATCH, number))
        ]
        journal.database.write(lambda tx: _write(tx, batch))  # noqa: B023 # called at once


def _write(tx: Connection, batch: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    tx.execute(insert(incidents), [row for row, _ in batch])
    tx.execute(insert(entries), [entry for _, chain in batch for entry in chain])
    ends = [{"incident": row["id"], "head": chain[-1]["hash"], "length": len(chain)} for row, chain in batch]
    tx.execute(insert(chains), ends)


def _one(name: str, at: datetime, chance: random.Random) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One incident: its row in the list, and its chain."""
    chain: list[dict[str, Any]] = []
    previous, moment = GENESIS, at
    for key, fact in _facts(chance):
        said = canonical(fact.model_dump(mode="json"))
        entry: dict[str, Any] = {
            "incident": name,
            "number": len(chain) + 1,
            "key": key,
            "kind": fact.kind,
            "fact": said,
            "at": moment,
            "flow_run": None,
            "task_run": None,
            "previous": previous,
        }
        previous = hash_of(**entry)
        chain.append({**entry, "hash": previous})
        moment += timedelta(seconds=chance.expovariate(1 / 40))
    known = {"fingerprint": name, "system": "rung", "environment": "rung-prod", "runbook": RUNBOOK}
    row = {**known, "title": "Connection exhaustion", "severity": "critical", "opened_at": at}
    return {**row, "id": name, "closed_at": moment, "ending": Ending.RESOLVED.value}, chain


def _facts(chance: random.Random) -> Iterator[tuple[str, Fact]]:
    cause = chance.choice(CAUSES)
    yield "opened", _OPENED
    yield from (("read:slots", reading(94)), ("read:sessions", reading(85)))
    yield "symptom:gather", SymptomAsked(phase="gather", finding=_finding(Answer.YES))
    others = [_verdict(name, Standing.REFUTED) for name in CAUSES if name != cause]
    yield "judged", Judged(ranking=(_verdict(cause, Standing.SUPPORTED), *others))
    yield (
        "decided:1",
        Decided(digest="9c41", approve=True, by="ana", channel=Channel.CLI, identity_proven=True, why="leak"),
    )
    held = chance.random() < 0.9  # noqa: PLR2004 # most fixes help
    took = timedelta(seconds=31)
    yield (
        f"validated:fix_{cause}",
        Validated(mitigation=f"fix_{cause}", held=held, finding=_finding(Answer.YES), looks=31, took=took),
    )
    yield "symptom:after", SymptomAsked(phase=f"after:fix_{cause}", finding=_finding(Answer.NO))
    yield "closed", Closed(ending=Ending.RESOLVED, text="It worked, and the symptom is gone.")
    if chance.random() < 0.3:  # noqa: PLR2004 # about as many as people take the time for
        found = cause if chance.random() < 0.8 else chance.choice(CAUSES)  # noqa: PLR2004 # verdicts err, too
        yield "confirmed:1", Confirmed(cause=found, claim="A client leaks.", by="ana", identity_proven=True, why="")


_OPENED = Opened(
    title="Connection exhaustion",
    runbook=RUNBOOK,
    runbook_version="1",
    system="rung",
    environment="rung-prod",
    severity="critical",
    fingerprint="benchmark",
    params={},
    requested_by="benchmark",
)


def _finding(answer: Answer) -> Finding:
    return Finding(sentence="90% of the slots are taken", answer=answer, observed="94 of 94", weight=2.0, probe="slots")


def _verdict(name: str, standing: Standing) -> Verdict:
    answers = (Answer.YES, Answer.NO) if standing is Standing.SUPPORTED else (Answer.NO, Answer.YES)
    return Verdict(
        hypothesis=name,
        claim="A client opens sessions and never gives them back.",
        standing=standing,
        score=0.83 if standing is Standing.SUPPORTED else 0.03,
        prior=0.4,
        speaks_for=(_finding(answers[0]),),
        speaks_against=(_finding(answers[1]),),
    )
