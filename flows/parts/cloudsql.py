"""A PostgreSQL database that is an instance of Cloud SQL: how full its disk is, and what only its owner may set."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from pydantic import Field

from blocks.shapes import HasCloudSql, HasDatabase
from flows.parts.asked import DEVISED, Asked
from flows.parts.postgres.sessions import AskedSessions, AskedSlots
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
from tasks.cloudsql.disk import NO_SPACE, RESOURCE, Bounds, Disk, Shortage, read_disk
from tasks.cloudsql.grow import LARGEST, GrowStorage
from tasks.cloudsql.read import Storage, read_storage
from tasks.gcplogs.read import read_entries
from tasks.gcplogs.wanted import Wanted
from tasks.logs.read import Kind
from tasks.selections import InstanceOf

E = TypeVar("E", bound=HasDatabase)
C = TypeVar("C", bound=HasCloudSql)
P = TypeVar("P", bound=Form)
D = TypeVar("D", bound="DiskForm")

LOGGED = timedelta(minutes=5)
"""How far back refused writes are looked for: a disk that has room again refuses none."""


class DiskForm(Form):
    """From when on a disk is short, and how large it is to become."""

    nearly: float = Field(
        default=0.9, gt=0.5, lt=1, description="Share of the disk from which on it is nearly full (devised)."
    )
    soon: timedelta = Field(
        default=timedelta(days=1),
        ge=timedelta(hours=1),
        le=timedelta(days=14),
        description="A disk that will be full within so long is short: what is later can wait for the working day.",
    )
    seen_for: timedelta = Field(
        default=timedelta(days=7),
        ge=timedelta(days=4),
        le=timedelta(days=28),
        description="How far back it is looked at how much each day brings.",
    )
    grow_to: int = Field(
        default=0,
        ge=0,
        le=LARGEST,
        description="GB that the disk is to have at least; it grows by a quarter in any case, and never shrinks.",
    )


def instance(c: Context[HasCloudSql, P]) -> InstanceOf:
    """The instance whose disk it is."""
    return InstanceOf(identifier=c.env.sql_instance)


def _disk(c: Context[HasCloudSql, DiskForm], of: InstanceOf) -> Disk:
    bounds = Bounds(nearly=c.params.nearly, soon=c.params.soon)
    return read_disk(c.env.google, of.identifier, window=c.params.seen_for, bounds=bounds)


class AskedShortage(Asked[E_contra, P_contra, Shortage]):
    @cached_property
    def there(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the disk is nearly full (`nearly`) or will be `soon`, or writes were refused for want of space",
            lambda r: r.is_there(),
            gauge="disk used",
        )


def shortage(source: str = DEVISED) -> Probe[HasCloudSql, DiskForm, Shortage]:
    """Whether the disk is short, by what Cloud Monitoring measures and by what the server logs."""

    @probe(
        read_disk,
        read_entries,
        asks="Is the database's disk nearly full, will it be soon, or were writes refused for want of space?",
        source=source,
        timeout=timedelta(seconds=40),
        about=instance,
    )
    def shortage(c: Context[HasCloudSql, DiskForm], of: InstanceOf) -> Shortage:
        database = f"{c.env.google.project}:{of.identifier}"
        wanted = Wanted(
            fields=((("resource", "type"), RESOURCE), (("resource", "labels", "database_id"), database)),
            holds=("No space left on device",),
            at_least="ERROR",
        )
        kinds = (Kind(name=NO_SPACE, pattern="No space left on device"),)
        refused = read_entries(c.env.google, wanted, window=c.back(LOGGED), kinds=kinds)
        return Shortage(disk=_disk(c, of), refused=refused)

    return shortage


class AskedDisk(Asked[E_contra, P_contra, Disk]):
    @cached_property
    def steady(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the last day brought no more than the days before it", lambda r: r.is_steady())

    @cached_property
    def sudden(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the last day brought at least a tenth of the disk, and far more than the days before it",
            lambda r: r.is_sudden(),
        )

    @cached_property
    def roomy(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("less than 85% of the disk is used", lambda r: r.share < 0.85)


def disk(source: str = DEVISED) -> Probe[HasCloudSql, DiskForm, Disk]:
    """How the disk has filled, day by day."""

    @probe(
        read_disk,
        asks="How much of the disk is used, and how much does each day bring?",
        source=source,
        timeout=timedelta(seconds=30),
        about=instance,
    )
    def disk(c: Context[HasCloudSql, DiskForm], of: InstanceOf) -> Disk:
        return _disk(c, of)

    return disk


def storage(source: str = DEVISED) -> Probe[HasCloudSql, Form, Storage]:
    """How large the disk is and may become by itself, for people to see."""

    @probe(read_storage, asks="How large is the disk, and does Cloud SQL enlarge it?", source=source, about=instance)
    def storage(c: Context[HasCloudSql, Form], of: InstanceOf) -> Storage:
        return read_storage(c.env.google, of.identifier)

    return storage


def disk_too_small(
    disk: AskedDisk[E_contra, P_contra], source: str = DEVISED, *, unless: tuple[Evidence[E_contra, P_contra], ...]
) -> Hypothesis[E_contra, P_contra]:
    """`unless` is what else fills a disk, and may do so as evenly."""
    against = (disk.sudden, *unless)
    return Hypothesis(
        name="disk_too_small",
        claim="What is kept is in use and becomes more from day to day; the disk is too small for it.",
        supported_by=(disk.steady,),
        refuted_by=against,
        strength=tuple((said, Strength.DECISIVE) for said in (disk.steady, *against)),
        prior=0.3,
        source=source,
    )


def grow_storage(
    treats: Hypothesis[C, D], disk: AskedDisk[C, D], source: str = DEVISED, *, by: str
) -> Mitigation[C, D]:
    return Mitigation(
        name="grow_storage",
        title="Give the database a larger disk",
        treats=treats,
        change=lambda c: GrowStorage(google=c.env.google, instance=c.env.sql_instance, at_least=c.params.grow_to),
        approval=Approval(by=by, risk="A larger disk costs more each month, and cannot be made smaller again."),
        guardrail=Guardrail(at_most=1, cooldown=timedelta(hours=6)),
        undo=Irreversible(
            "Cloud SQL refuses a smaller size, and shrinking takes the instance away; room that is not needed costs"
            " money, and breaks nothing."
        ),
        validated_by=disk.roomy,
        expects=lambda r, p: r.enlarged(p.targets[0].new / p.targets[0].old),
        within=timedelta(minutes=15),
        leaves="what is kept becomes more all the same; it is full again one day, unless somebody decides what may go.",
        source=source,
    )


def raise_max_connections(
    treats: Hypothesis[E, P], slots: AskedSlots[E, P], sessions: AskedSessions[E, P], source: str = DEVISED
) -> Manual[E, P]:
    return Manual(
        name="raise_max_connections",
        title="Raise max_connections among the instance's flags",
        treats=treats,
        why_manual="an instance's flags are set all at once: whoever leaves one out unsets it, and the instance"
        " restarts.",
        steps=(
            slots.probe.tells(lambda r: [f"Seen: {r}."]),
            "Say to whoever decides that each connection costs memory, and that all sessions are dropped once, in the"
            " restart. If the work can wait, let it.",
            "Read the whole list of the instance's flags and keep it: it is the way back.",
            "Set the whole list again with max_connections higher than now, and wait until the instance answers.",
            "Say that it is done; the sessions at work are then counted again.",
        ),
        validated_by=sessions.work_fits,
        waits=timedelta(hours=1),
        within=timedelta(minutes=10),
        source=source,
    )
