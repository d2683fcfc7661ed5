"""What takes the space of a PostgreSQL server: WAL that a slot keeps, temporary files, dead rows; and what to do."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED, Asked
from flows.parts.postgres.connections import ON_CALL
from flows.parts.postgres.sessions import SessionsForm, whose
from runbook import (
    Approval,
    Context,
    Evidence,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Probe,
    Strength,
    probe,
)
from runbook.probe import E_contra, P_contra
from tasks.postgres.change import StopLongQueries
from tasks.postgres.selection import SessionsOf
from tasks.postgres.space import Space, Spilled, read_space, read_spilled

E = TypeVar("E", bound=HasDatabase)
P = TypeVar("P", bound=Form)
S = TypeVar("S", bound=SessionsForm)

MUCH, LITTLE = 0.2, 0.05
"""Shares of all that is stored: what takes so much has filled the disk, and what takes so little has not (devised)."""


class AskedSpace(Asked[E_contra, P_contra, Space]):
    """Shares are of all that the server stores, since it does not know how large its disk is."""

    @cached_property
    def kept(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a replication slot that nobody reads keeps WAL of at least a fifth of all that is stored",
            lambda r: r.of_idle >= MUCH,
        )

    @cached_property
    def little_kept(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "no replication slot that nobody reads keeps WAL of a twentieth of all that is stored",
            lambda r: r.of_idle < LITTLE,
            gauge="kept by idle slots",
        )

    @cached_property
    def dead(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "rows that nobody can see any more take at least three tenths of all that is stored",
            lambda r: r.of_dead >= 0.3,
        )

    @cached_property
    def few_dead(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "rows that nobody can see any more take less than a tenth of all that is stored",
            lambda r: r.of_dead < 0.1,
        )


def space(source: str = DEVISED) -> Probe[HasDatabase, Form, Space]:
    @probe(
        read_space, asks="What takes the server's space: tables, dead rows, or WAL that a slot keeps?", source=source
    )
    def space(c: Context[HasDatabase, Form]) -> Space:
        return read_space(c.env.database)

    return space


class AskedSpilled(Asked[E_contra, P_contra, Spilled]):
    @cached_property
    def spills(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "long-running queries of the application hold temporary files of at least a fifth of all that is stored",
            lambda r: r.of_long >= MUCH,
        )

    @cached_property
    def spills_little(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "long-running queries of the application hold temporary files of less than a twentieth of all that is"
            " stored",
            lambda r: r.of_long < LITTLE,
            gauge="temporary files",
        )


def spilled(source: str = DEVISED) -> Probe[HasDatabase, SessionsForm, Spilled]:
    @probe(
        read_spilled,
        asks="Do queries of the application that run for long hold temporary files?",
        source=source,
        about=whose,
    )
    def spilled(c: Context[HasDatabase, SessionsForm], of: SessionsOf) -> Spilled:
        return read_spilled(c.env.database, of)

    return spilled


def _told_by(said: Evidence[E, P], against: Evidence[E, P], *, name: str, claim: str, source: str) -> Hypothesis[E, P]:
    """A cause that one share tells: much of it, or little."""
    return Hypothesis(
        name=name,
        claim=claim,
        supported_by=(said,),
        refuted_by=(against,),
        strength=((said, Strength.DECISIVE), (against, Strength.DECISIVE)),
        source=source,
    )


def wal_kept(space: AskedSpace[E, P], source: str = DEVISED) -> Hypothesis[E, P]:
    return _told_by(
        space.kept,
        space.little_kept,
        name="wal_kept",
        claim="A replication slot that nobody reads any more makes the server keep all WAL since.",
        source=source,
    )


def temporary_files(spilled: AskedSpilled[E, P], source: str = DEVISED) -> Hypothesis[E, P]:
    return _told_by(
        spilled.spills,
        spilled.spills_little,
        name="temporary_files",
        claim="A query that sorts or joins more than fits into memory fills the disk with temporary files.",
        source=source,
    )


def dead_space(space: AskedSpace[E, P], source: str = DEVISED) -> Hypothesis[E, P]:
    return _told_by(
        space.dead,
        space.few_dead,
        name="dead_space",
        claim="Rows that were changed or deleted are never taken out, so that files only grow.",
        source=source,
    )


def stop_spilling(
    treats: Hypothesis[E, S], spilled: AskedSpilled[E, S], source: str = DEVISED, *, by: str = ON_CALL
) -> Mitigation[E, S]:
    return Mitigation(
        name="stop_spilling_queries",
        title="Cancel the application's long queries, whose temporary files fill the disk",
        treats=treats,
        change=lambda c: StopLongQueries(database=c.env.database, whose=whose(c)),
        approval=Approval(
            by=by, risk="All long queries of the application are cancelled, also those that hold no files."
        ),
        guardrail=Guardrail(at_most=20, cooldown=timedelta(minutes=10)),
        undo=Irreversible("A cancelled query has lost its work and its files; whoever needs the answer asks again."),
        validated_by=spilled.spills_little,
        leaves="whoever asks such a query may ask it again; it must take less at once, or be given more memory.",
        source=source,
    )


def drop_slot(treats: Hypothesis[E, P], space: AskedSpace[E, P], source: str = DEVISED) -> Manual[E, P]:
    return Manual(
        name="drop_slot",
        title="Let whoever owns the replication slot read it again, or drop it",
        treats=treats,
        why_manual="a replica or an export whose slot is gone must be built anew, and only its owner knows whether it"
        " comes back.",
        steps=(
            space.probe.tells(lambda r: [f"Slot {name} keeps {kept} bytes of WAL." for name, kept in r.idle.items()]),
            "Ask its owner: a replica that is only down for a while reads on, and the WAL goes by itself.",
            "If it does not come back, `SELECT pg_drop_replication_slot('NAME')`; the WAL goes with the next"
            " checkpoint.",
            "Set `max_slot_wal_keep_size`, so that no slot may fill the disk again.",
            "Say that it is done; what slots keep is then looked at again.",
        ),
        validated_by=space.little_kept,
        source=source,
    )


def repack(treats: Hypothesis[E, P], space: AskedSpace[E, P], source: str = DEVISED) -> Manual[E, P]:
    return Manual(
        name="repack_tables",
        title="Take dead rows out, and write the tables anew once there is room for it",
        treats=treats,
        why_manual="to write a table anew takes room for a second copy, and a window in which it may be slow.",
        steps=(
            space.probe.tells(
                lambda r: [f"{name}: {one.dead} of {one.size} bytes are dead." for name, one in r.tables.items()]
            ),
            "Find out why autovacuum does not come by: it is switched off for the table, or somebody could still see"
            " the rows (an old transaction, an idle slot). End that first.",
            "`VACUUM (ANALYZE)` the table: nobody is locked out, and its room is used again, though the file stays as"
            " large.",
            "To give the room back, enlarge the disk by the size of the table first; then `pg_repack` it in a window.",
            "Say that it is done; what is dead is then looked at again.",
        ),
        validated_by=space.few_dead,
        waits=timedelta(hours=4),
        source=source,
    )
