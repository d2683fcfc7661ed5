"""The queries of this moment: whether they run for too long, and what they wait for."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

from pydantic import Field

from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.postgres.activity import Activity, read_activity


class ActivityForm(Form):
    """From when on a query is slow, and how long all of them are watched."""

    slow_after: timedelta = Field(
        default=timedelta(seconds=1),
        ge=timedelta(milliseconds=10),
        description="A database query that has run for longer than this is slow.",
    )
    watched_for: timedelta = Field(
        default=timedelta(seconds=2),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=5),
        description="How long the running database queries are watched.",
    )


class AskedActivity(Asked[E_contra, P_contra, Activity]):
    @cached_property
    def slow(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "in at least half of the looks a database query had run for too long (`slow_after`)",
            lambda r: r.busy >= r.samples / 2,
            gauge="looks in which a query had run for too long",
        )

    @cached_property
    def quick(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "in fewer than one look in four a database query had run for too long (`slow_after`)",
            lambda r: r.busy < r.samples / 4,
        )

    @cached_property
    def locked(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least half of the slow queries wait for a lock", lambda r: r.of_slow(r.locked) >= 0.5
        )

    @cached_property
    def held_up(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "in at least half of the looks a database query had run for too long (`slow_after`), and at least half of"
            " those wait for a lock",
            lambda r: r.busy >= r.samples / 2 and r.of_slow(r.locked) >= 0.5,
            gauge="looks in which a query had run for too long",
        )

    @cached_property
    def computing(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least half of the slow queries compute or read",
            lambda r: r.of_slow(r.computing + r.reading) >= 0.5,
        )


def activity(source: str = DEVISED) -> Probe[HasDatabase, ActivityForm, Activity]:
    @probe(
        read_activity,
        asks="How long do the database's queries of this moment run, and what do they wait for?",
        source=source,
    )
    def activity(c: Context[HasDatabase, ActivityForm]) -> Activity:
        return read_activity(c.env.database, slow_after=c.params.slow_after, over=c.params.watched_for)

    return activity
