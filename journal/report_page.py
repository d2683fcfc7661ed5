"""A report as one HTML file, with charts; and its rows as CSV, for people's own sums."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from markupsafe import Markup

from journal.report import Group, Report
from journal.report_rows import Row
from journal.timeline import templates
from journal.wording import day

FEW = 12
"""Bars in a chart at most; the tables below have all."""

COLUMNS = (
    *(
        "incident",
        "title",
        "alert",
        "system",
        "environment",
        "runbook",
        "severity",
        "opened_at",
        "closed_at",
        "ending",
        "likely",
    ),
    *("confirmed", "acknowledged_s", "mitigated_s", "resolved_s", "fixes_validated", "fixes_not_validated"),
    *("pages", "pages_that_reached_nobody"),
)


def as_html(found: Report) -> str:
    """One file without references to anything outside; the same report gives the same bytes."""
    from journal.charts import bars  # matplotlib, which nothing else needs

    charts = {
        "system": ("Incidents by system", _counts(found.systems), ""),
        "runbook": ("Incidents by runbook", _counts(found.runbooks), ""),
        "cause": ("Incidents by cause", _counts(found.causes), ""),
        "resolve": ("Median time to resolve by runbook", _minutes(found.runbooks), "min"),
        "pages": (
            "Pages that reached somebody, by level",
            [(one.level, float(one.told)) for one in found.pages if one.told],
            "",
        ),
    }
    pictures = {
        name: Markup(bars(title, shown[:FEW], unit))  # noqa: S704 # ours: texts in it are escaped
        for name, (title, shown, unit) in charts.items()
        if len(shown) > 1  # one bar compares nothing
    }
    period = f"{day(found.since)} to {day(found.until)}"
    return templates(html=True).get_template("report.html.j2").render(r=found, period=period, pictures=pictures)


def _counts(groups: Iterable[Group]) -> list[tuple[str, float]]:
    return [(group.name, float(group.incidents)) for group in groups]


def _minutes(groups: Iterable[Group]) -> list[tuple[str, float]]:
    return [(group.name, round(group.resolve.median / 60, 1)) for group in groups if group.resolve is not None]


def as_csv(rows: Iterable[Row]) -> str:
    """A line for each incident, oldest first; times in UTC, spans in seconds, nothing where there is nothing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        held = sum(held for _, held in row.fixes)
        line = (
            *(
                row.incident,
                row.title,
                row.alert,
                row.system,
                row.environment,
                row.runbook,
                row.severity,
                row.opened_at.isoformat(),
            ),
            *(row.closed_at.isoformat() if row.closed_at else "", row.ending or "", row.likely or ""),
            *(row.confirmed or "", row.acknowledged, row.mitigated, row.resolved, held, len(row.fixes) - held),
            *(len(row.pages), sum(not reached for _, reached in row.pages)),
        )
        writer.writerow([_harmless(value) for value in line])
    return out.getvalue()


def _harmless(value: object) -> object:
    """A spreadsheet would run a text that begins like a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value
