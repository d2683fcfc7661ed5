"""Connection slots, and what the application's sessions do in them."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

from pydantic import Field

from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.postgres.doing import Sessions, read_sessions
from tasks.postgres.read import Clients, Slots, read_clients, read_slots
from tasks.postgres.selection import SessionsOf

MOMENT = timedelta(seconds=1)


class SessionsForm(Form):
    """From when on a session is in the way, and how long all of them are watched."""

    idle_for: timedelta = Field(
        default=timedelta(minutes=30), ge=MOMENT, description="Sessions idle for longer than this are leaked."
    )
    open_for: timedelta = Field(
        default=timedelta(minutes=5), ge=MOMENT, description="Transactions idle for longer than this are abandoned."
    )
    active_for: timedelta = Field(
        default=timedelta(minutes=5), ge=MOMENT, description="Queries that run for longer than this are long."
    )
    watched_for: timedelta = Field(
        default=timedelta(seconds=4),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=6),
        description="How long the sessions are watched, to see which of them work.",
    )


def whose(c: Context[HasDatabase, SessionsForm]) -> SessionsOf:
    """The application's sessions: what evidence is sought in, and what a change may touch."""
    p = c.params
    return SessionsOf(
        database=c.env.database.dbname,
        role=c.env.application_user,
        idle_for=p.idle_for,
        open_for=p.open_for,
        active_for=p.active_for,
    )


class AskedSlots(Asked[E_contra, P_contra, Slots]):
    @cached_property
    def saturated(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least 90% of the connection slots are taken: the server's, or those that the application's role or"
            " database may hold",
            lambda r: r.share >= 0.90,
            gauge="connection slots taken",
        )

    @cached_property
    def relieved(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("fewer than 90% of the connection slots are taken", lambda r: r.share < 0.90)

    @cached_property
    def free(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("fewer than 70% of the connection slots are taken", lambda r: r.share < 0.70)

    @cached_property
    def server_full(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("at least 90% of the server's own slots are taken", lambda r: r.of_server >= 0.90)

    @cached_property
    def own_limit(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the application's role or its database has used up a limit of its own, and the server has room",
            lambda r: r.of_own_limit >= 0.90 and r.of_server < 0.90,
        )

    @cached_property
    def no_own_limit(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "neither the application's role nor its database is near a limit of its own",
            lambda r: r.of_own_limit < 0.90,
        )


def slots(source: str = DEVISED) -> Probe[HasDatabase, Form, Slots]:
    """Whether the application is about to be refused."""

    @probe(
        read_slots,
        asks="How many connection slots are taken, and how near are the application's own limits?",
        source=source,
    )
    def slots(c: Context[HasDatabase, Form]) -> Slots:
        return read_slots(c.env.database, c.env.application_user)

    return slots


class AskedSessions(Asked[E_contra, P_contra, Sessions]):
    """Shares are of the slots that the application may hold, which is what its symptom counts in."""

    @cached_property
    def idle(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "long-idle sessions of the application hold at least a third of its slots",
            lambda r: r.of_usable(r.idle_long) >= 1 / 3,
        )

    @cached_property
    def few_idle(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "fewer than one slot of the application in ten is long idle",
            lambda r: r.of_usable(r.idle_long) < 0.1,
            gauge="idle for long",
        )

    @cached_property
    def abandoned(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "abandoned transactions of the application hold at least a third of its slots",
            lambda r: r.of_usable(r.idle_in_transaction_long) >= 1 / 3,
        )

    @cached_property
    def few_abandoned(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "fewer than one slot of the application in twenty is an abandoned transaction",
            lambda r: r.of_usable(r.idle_in_transaction_long) < 0.05,
            gauge="idle in transaction for long",
        )

    @cached_property
    def long(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "long-running queries of the application hold at least a third of its slots",
            lambda r: r.of_usable(r.active_long) >= 1 / 3,
        )

    @cached_property
    def few_long(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "fewer than one slot of the application in ten runs a long query",
            lambda r: r.of_usable(r.active_long) < 0.1,
            gauge="active for long",
        )

    @cached_property
    def lasting(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "sessions of the application that have idled or run for long hold at least a third of its slots",
            lambda r: r.of_usable(r.lasting) >= 1 / 3,
        )

    @cached_property
    def unexplained(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "sessions of the application that have idled or run for long hold fewer than half of its slots",
            lambda r: r.of_usable(r.lasting) < 0.5,
        )

    @cached_property
    def others_hold(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "sessions of other roles or databases hold at least half of the server's slots",
            lambda r: r.of_others >= 0.5,
        )

    @cached_property
    def others_hold_few(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "sessions of other roles or databases hold fewer than a third of the server's slots",
            lambda r: r.of_others < 1 / 3,
        )

    @cached_property
    def most_work(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "sessions of the application that are at work, watched for a while, hold at least seven in ten of its"
            " slots",
            lambda r: r.of_usable(r.working) >= 0.7,
        )

    @cached_property
    def work_fits(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "sessions of the application that are at work, watched for a while, hold fewer than nine in ten of its"
            " slots",
            lambda r: r.of_usable(r.working) < 0.9,
        )


def sessions(source: str = DEVISED) -> Probe[HasDatabase, SessionsForm, Sessions]:
    """Who holds the slots, by what the sessions do."""

    @probe(
        read_sessions,
        asks="What do the application's sessions do, and since when? Whose are the others?",
        source=source,
        about=whose,
    )
    def sessions(c: Context[HasDatabase, SessionsForm], of: SessionsOf) -> Sessions:
        return read_sessions(c.env.database, of, over=c.params.watched_for)

    return sessions


def clients(source: str = DEVISED) -> Probe[HasDatabase, Form, Clients]:
    """Whose sessions they are, for people to see."""

    @probe(read_clients, asks="Whose sessions are they?", source=source)
    def clients(c: Context[HasDatabase, Form]) -> Clients:
        return read_clients(c.env.database)

    return clients
