"""One row for each incident of a period, read by a few aggregating queries instead of a million entries.

`journal.report` adds rows up, `codeblue report --csv` prints them. Only small facts are read, and only the fields that
count; the spans mean what `journal.durations` says for one incident.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from journal.durations import WELL
from journal.facts.seen import GATHERED, Verdict
from journal.facts.words import Ending, Standing
from journal.schema import entries, incidents
from journal.store import Journal

_ANSWERS: Final = ("acknowledged", "decided", "task_done")
_READ: Final = ("opened", "symptom_asked", "judged", "validated", "escalated", "confirmed")
"""Kinds of which more is read than that they are there."""
_ENDINGS: Final = frozenset(Ending)
_BELIEVED: Final = (Standing.SUPPORTED, Standing.CONTESTED)


@dataclass(slots=True)
class Row:
    """One incident. Spans are seconds since its opening, `None` where it did not get there.

    `mitigated` is when the symptom was found gone: a change that validated cured its own cause, which may not be all.
    `likely` is the most likely cause for which there was evidence, `confirmed` what a person found; `fixes` are changes
    and tasks with whether they validated, and hand-offs that came back with whether it was resolved there; `pages` the
    levels that were paged and whether anybody was reached.
    `alert` is the name that its monitor gave to the problem; empty for one that no alert opened.
    """

    incident: str
    system: str
    environment: str
    runbook: str
    severity: str
    opened_at: datetime
    closed_at: datetime | None
    ending: Ending | None
    acknowledged: float | None = None
    mitigated: float | None = None
    resolved: float | None = None
    likely: str | None = None
    confirmed: str | None = None
    fixes: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    pages: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    title: str = ""
    alert: str = ""
    unreadable: bool = False
    """Whether it holds an entry that cannot be read, so that some of this is missing."""

    @property
    def cause(self) -> str | None:
        """What is known about the cause: confirmed by a person, or else the most likely."""
        return self.confirmed or self.likely


def likely(ranking: Iterable[Verdict]) -> str | None:
    """The most likely cause for which there is evidence."""
    return next((one.hypothesis for one in ranking if one.standing in _BELIEVED), None)


def rows(journal: Journal, since: datetime, *, system: str | None = None) -> list[Row]:
    """Incidents that were opened since then, oldest first."""
    return journal.database.read(lambda tx: _rows(tx, since, system, sqlite=journal.database.sqlite))


def _rows(tx: Connection, since: datetime, system: str | None, *, sqlite: bool) -> list[Row]:
    found = {row.incident: row for row in _incidents(tx, since, system)}

    def of(*kinds: str) -> tuple[ColumnElement[bool], ...]:
        return entries.c.kind.in_(kinds), entries.c.at >= since

    def each(query: Any, put: Callable[[Row, Any], None]) -> None:
        for said in tx.execute(query).all():  # at once: fetching one by one takes twice as long
            if (row := found.get(said.incident)) is None:
                continue
            try:
                put(row, said)
            except (ValueError, KeyError, TypeError, RecursionError):  # what one entry says must not cost the report
                row.unreadable = True

    path = _path_in_sqlite if sqlite else _path_in_postgresql
    first = select(entries.c.incident, func.min(entries.c.at).label("at")).group_by(entries.c.incident)
    each(first.where(*of(*_ANSWERS)), _acknowledge)
    ours = select(entries.c.incident).order_by(entries.c.at, entries.c.incident, entries.c.number)
    seen = (path("finding", "answer").label("answer"), entries.c.at)
    each(ours.add_columns(*seen).where(*of("symptom_asked"), path("phase").not_in(GATHERED)), _mitigate)
    fixes = (path("mitigation").label("name"), path("held").label("held"), entries.c.at)
    each(ours.add_columns(*fixes).where(*of("validated")), _validate)
    back = (path("mitigation").label("name"), path("ending").label("ending"))
    each(ours.add_columns(*back).where(*of("wait_over"), path("by") == "end"), _come_back)
    paged = (path("level").label("level"), path("told").label("told"))
    each(ours.add_columns(*paged).where(*of("escalated")), _page)
    each(ours.add_columns(path("alert", "name").label("alert")).where(*of("opened")), _name)
    each(ours.add_columns(path("cause").label("cause")).where(*of("confirmed")), _confirm)
    each(_judged(path).where(*of("judged")).order_by(entries.c.incident, entries.c.number), _judge)
    if sqlite:
        each(select(entries.c.incident).where(*of(*_READ), ~func.json_valid(entries.c.fact)), _spoil)
    return list(found.values())


def _judged(path: Callable[..., ColumnElement[Any]]) -> Select[Any]:
    """The most likely cause; and the whole ranking only where there was no evidence for that one, which is rare."""
    name, standing = path("ranking", 0, "hypothesis"), path("ranking", 0, "standing")
    rest = case((standing.in_(_BELIEVED), None), else_=entries.c.fact)
    return select(entries.c.incident, name.label("name"), rest.label("rest"))


def _incidents(tx: Connection, since: datetime, system: str | None) -> Iterator[Row]:
    query = select(incidents).where(incidents.c.opened_at >= since).order_by(incidents.c.opened_at, incidents.c.id)
    if system is not None:
        query = query.where(incidents.c.system == system)
    for said in tx.execute(query).all():
        ending = Ending(said.ending) if said.ending in _ENDINGS else None
        well = said.closed_at is not None and ending in WELL
        yield Row(
            incident=said.id,
            system=said.system,
            environment=said.environment,
            runbook=said.runbook,
            severity=said.severity,
            title=said.title,
            opened_at=said.opened_at,
            closed_at=said.closed_at,
            ending=ending,
            unreadable=ending is None and said.closed_at is not None,
            resolved=(said.closed_at - said.opened_at).total_seconds() if well else None,
        )


def _acknowledge(row: Row, said: Any) -> None:
    row.acknowledged = (said.at - row.opened_at).total_seconds()


def _mitigate(row: Row, said: Any) -> None:
    if said.answer == "yes":  # in order: it came back
        row.mitigated = None
    elif said.answer == "no" and row.mitigated is None:
        row.mitigated = (said.at - row.opened_at).total_seconds()


def _validate(row: Row, said: Any) -> None:
    row.fixes.append((_there(said.name), said.held in (True, "true")))


def _come_back(row: Row, said: Any) -> None:
    row.fixes.append((_there(said.name), said.ending == Ending.RESOLVED))


def _page(row: Row, said: Any) -> None:
    row.pages.append((_there(said.level), bool(json.loads(said.told))))


def _there(said: str | None) -> str:
    if said is None:
        raise ValueError
    return said


def _name(row: Row, said: Any) -> None:
    row.alert = said.alert or ""


def _confirm(row: Row, said: Any) -> None:
    row.confirmed = said.cause  # in order, so that the last one stays


def _spoil(row: Row, _said: Any) -> None:
    row.unreadable = True


def _judge(row: Row, said: Any) -> None:
    if said.rest is None:
        row.likely = said.name  # in order, so that the last round's stays
        return
    ranking: list[dict[str, Any]] = json.loads(said.rest)["ranking"]
    row.likely = next((one["hypothesis"] for one in ranking if one["standing"] in _BELIEVED), None)


def _path_in_sqlite(*names: str | int) -> ColumnElement[Any]:
    steps = "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in names)
    return case((func.json_valid(entries.c.fact), func.json_extract(entries.c.fact, f"${steps}")))


def _path_in_postgresql(*names: str | int) -> ColumnElement[Any]:
    return cast(entries.c.fact, JSONB)[names].astext
