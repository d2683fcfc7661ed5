"""The database's disk is full: it is outgrown, or WAL, temporary files, old events or dead rows take it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts import cloudsql
from flows.parts.postgres import sessions, space
from runbook import Alert, Context, Hypothesis, Manual, Refusal, Runbook, Severity, Strength, probe
from tasks.postgres.space import Aged, read_aged_events


class Params(cloudsql.DiskForm, sessions.SessionsForm):
    """Of what fills the disk the page names one number, the age of events (`medicalcor.t279`)."""

    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")
    old_after: timedelta = Field(
        default=timedelta(days=90),
        ge=timedelta(days=1),
        description="Events that are older may be kept elsewhere (`medicalcor.t279`); they are never deleted here.",
    )


@probe(
    read_aged_events,
    asks="How much of what is stored are events that are old?",
    source="medicalcor.h278 medicalcor.t279",
)
def events(c: Context[MedicalCor, Params]) -> Aged:
    return read_aged_events(c.env.database, older_than=c.params.old_after)


SHORTAGE = cloudsql.AskedShortage[MedicalCor, Params](
    cloudsql.shortage("medicalcor.c269 medicalcor.p262 medicalcor.p263")
)
DISK = cloudsql.AskedDisk[MedicalCor, Params](cloudsql.disk("medicalcor.c269 medicalcor.p268"))
SPACE = space.AskedSpace[MedicalCor, Params](space.space("medicalcor.h281"))
SPILLED = space.AskedSpilled[MedicalCor, Params](space.spilled())

OLD_MUCH = events.shows(
    "events that are old (`old_after`) take at least two fifths of all that is stored", lambda r: r.of_old >= 0.4
)
OLD_LITTLE = events.shows(
    "events that are old (`old_after`) take less than a fifth of all that is stored", lambda r: r.of_old < 0.2
)

TOO_SMALL = cloudsql.disk_too_small(DISK, "medicalcor.h275", unless=(SPACE.kept, SPACE.dead, SPILLED.spills, OLD_MUCH))
WAL_KEPT = space.wal_kept(SPACE)
TEMPORARY_FILES = space.temporary_files(SPILLED)
DEAD_SPACE = space.dead_space(SPACE, "medicalcor.h281")
OLD_EVENTS = Hypothesis(
    name="old_events",
    claim="Events are kept for ever, and most of what is stored are old ones.",
    supported_by=(OLD_MUCH,),
    refuted_by=(OLD_LITTLE,),
    strength=((OLD_MUCH, Strength.DECISIVE), (OLD_LITTLE, Strength.DECISIVE)),
    source="medicalcor.h278",
)

ARCHIVE = Manual(
    name="archive_events",
    title="Export the old events, and only then take them out, with four eyes",
    treats=OLD_EVENTS,
    why_manual="they are records of medical care: for how long they must be kept is law, and what is gone is gone.",
    steps=(
        events.tells(lambda r: [f"Seen: {r}."]),
        "Ask whoever answers for retention which events may leave the database, and where they must be kept.",
        "Enlarge the disk first if it is full: whatever takes rows out writes WAL.",
        "Export them, restore the copy elsewhere, and hold counts and checksums against each other.",
        "Two people agree; then detach the partition, or delete in small batches with a vacuum after each.",
        "Say that it is done; how much of the disk old events take is then looked at again.",
    ),
    validated_by=OLD_LITTLE,
    waits=timedelta(hours=4),
    source="medicalcor.h278",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.database_disk_full",
    title="Database disk full",
    about="Writes fail with `no space left on device`, or the disk of the database is nearly full, or soon will be.",
    source="medicalcor.database_disk_full medicalcor.p262 medicalcor.p263",
    version="1",
    severity=Severity.CRITICAL,
    environment="medicalcor-prod",
    starts_on=("MedicalCorDatabaseDiskFull", "medicalcor-db-*disk*", "medicalcor-db-*storage*"),
    symptom=SHORTAGE.there,
    lingers=timedelta(minutes=15),
    hypotheses=(TOO_SMALL, WAL_KEPT, TEMPORARY_FILES, OLD_EVENTS, DEAD_SPACE),
    mitigations=(
        cloudsql.grow_storage(
            TOO_SMALL, DISK, "medicalcor.c276 medicalcor.t276", by="database on-call and whoever pays for it"
        ),
        space.stop_spilling(TEMPORARY_FILES, SPILLED),
        space.drop_slot(WAL_KEPT, SPACE),
        ARCHIVE,
        space.repack(DEAD_SPACE, SPACE, "medicalcor.h281"),
    ),
    also_asks=(cloudsql.storage("medicalcor.c269 medicalcor.t269"),),
    refuses=(
        Refusal(
            what="Deleting all events that are older than 90 days.",
            why="They are records of medical care, and nobody has a copy. One large transaction writes as much WAL onto"
            " the disk that is full, and gives no room back. They are exported, the copy is proved, and two people"
            " agree, before any is taken out.",
            source="medicalcor.c279 medicalcor.t279",
        ),
        Refusal(
            what="`VACUUM FULL` of the event store.",
            why="It locks everybody out while it writes a second copy of the table, for which a full disk has no room."
            " The disk is enlarged first; then dead rows are taken out, and the table is written anew in a window.",
            source="medicalcor.c282",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_database_disk_full(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out what fills the database's disk and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
