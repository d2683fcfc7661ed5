"""Giving an instance of Cloud SQL a larger disk.

Cloud SQL takes the change at once and carries it out by an operation, while the instance goes on. The version of the
settings that were planned on goes with it: whatever was changed since, it is refused. There is no way back: a smaller
size is refused, and what Google offers for shrinking takes the instance away meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from math import ceil
from typing import Any, cast

from blocks.google import Google
from blocks.google_answers import saying, told
from journal.facts.words import Act, Effect, Stake
from runbook import Drifted, Going, Long, NotNeeded, NotSafe, Outcome, Plan, Progress, Target, Warrant, changes
from tasks.cloudsql.disk import Bounds, Disk, read_disk
from tasks.cloudsql.read import GET, RUNNABLE, Storage, storage
from tasks.selections import InstanceOf

LARGEST = 65_536
"""GB that a disk of Cloud SQL may have."""

ROOMY = 0.6
"""A disk of which no more is used is large enough, whatever it was when a plan was wanted."""

NEWEST = 20
"""Operations that are looked at; Google tells the newest first."""

DONE, UPDATE = "DONE", "UPDATE"


class DiskTarget(Target):
    """The disk of one instance: its `old` and `new` size in GB, and the version of the settings that were planned on.

    `latest` is the operation that was the newest then; what is newer came since.
    """

    instance: str
    old: int
    new: int
    version: int
    latest: str


@changes(
    DiskTarget,
    name="cloudsql.grow_storage",
    effect=Effect.DISRUPTIVE,
    stake=Stake.LIMIT,
    needs=("google:cloudsql.instances.update",),
    reads=(GET, "google:monitoring.timeSeries.list"),
)
@dataclass(frozen=True, kw_only=True)
class GrowStorage(Long[DiskTarget]):
    """Enlarge the disk by a quarter, or to what is asked for where that is more (`medicalcor.c276`); never smaller.

    The literal 100 GB of the page may be less than what the instance has. Over when Cloud SQL says that it is done.
    """

    google: Google
    instance: str
    at_least: int = 0
    times: float = 1.25
    within: timedelta = timedelta(minutes=30)

    @property
    def about(self) -> InstanceOf:
        return InstanceOf(identifier=self.instance)

    @property
    def lock(self) -> str:
        return f"cloudsql:{self.instance}"

    def plan(self) -> Plan[DiskTarget] | NotNeeded:
        found = storage(self.google, self.instance)
        if found.state != RUNNABLE:
            raise NotSafe(f"{self.instance} is {found.state}; its disk is only changed while it is {RUNNABLE}.")
        earlier = self._operations()
        if any(_is_open(one) for one in earlier):
            raise NotSafe(f"An operation on {self.instance} is under way; wait until it has ended.")
        used = self._used()
        if used <= ROOMY:
            return NotNeeded(why=f"Of the disk of {self.instance}, {found.size} GB, only {used:.0%} is used.")
        new = max(ceil(found.size * self.times), self.at_least)
        if new > LARGEST:
            raise NotSafe(f"{new} GB is more than a disk of Cloud SQL may have ({LARGEST} GB); what fills it must go.")
        target = DiskTarget(
            name=f"disk of {self.instance}",
            before=f"{found.size} GB",
            after=f"{new} GB",
            instance=self.instance,
            old=found.size,
            new=new,
            version=found.version,
            latest=str(earlier[0].get("name", "")) if earlier else "",
        )
        return Plan(
            change=self.name,
            summary=f"Enlarge the disk of {self.instance} from {found.size} GB to {new} GB, while it goes on.",
            targets=(target,),
            out_of=1,
            warnings=(
                "It cannot be made smaller again, and costs more from now on.",
                f"{found.itself[0].upper()}{found.itself[1:]}; that stays as it is.",
            ),
        )

    def apply(self, plan: Plan[DiskTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        self._refuse_changed(target, storage(self.google, target.instance))
        settings = {"settingsVersion": str(target.version), "dataDiskSizeGb": str(target.new)}
        try:
            with self.google.changing("sqladmin", warrant) as sql:
                sql.ask(
                    lambda api: api.instances().patch(
                        project=self.google.project, instance=target.instance, body={"settings": settings}
                    ),
                    f"enlarge the disk of {target.instance}",
                )
        except Drifted:
            # httplib2 repeats a request whose answer was lost; the second is refused because the first was done.
            if self.progress(plan, Act.APPLY).going not in {Going.UNDER_WAY, Going.DONE}:
                raise
        return Outcome(under_way=True, note=f"Cloud SQL was asked to enlarge the disk of {target.instance}.")

    def progress(self, plan: Plan[DiskTarget], act: Act) -> Progress:  # noqa: ARG002 # there is no way back
        """Told by the instance's newest operations, and then by its size: an operation that is open is not over."""
        (target,) = plan.targets
        since = takewhile(lambda one: one.get("name") != target.latest, self._operations())
        ours = [one for one in since if one.get("operationType") == UPDATE and self._is_ours(one)]
        found = storage(self.google, target.instance)
        note = f"The disk of {target.instance} has {found.size} GB"
        if any(_is_open(one) for one in ours):
            return Progress(going=Going.UNDER_WAY, note=f"{note}, and Cloud SQL is at work on it.")
        if found.size >= target.new:
            return Progress(going=Going.DONE, note=f"{note}.")
        if ours:
            return Progress(going=Going.FAILED, note=f"{note}: {_why(ours[0])}.")
        if found.version == target.version:
            return Progress(going=Going.NOT_BEGUN, note=f"{note}, and its settings are as they were planned on.")
        return Progress(going=Going.UNKNOWN, note=f"{note}, and its settings were changed since the plan.")

    def _used(self) -> float:
        """Which share of the disk is used. Raises `NotSafe` where nobody knows."""
        bounds = Bounds(nearly=1.0, soon=timedelta(0))
        seen: Disk = read_disk(self.google, self.instance, window=timedelta(hours=1), bounds=bounds)
        try:
            return seen.share
        except LookupError as unknown:
            raise NotSafe(f"How full the disk of {self.instance} is, is not known: {unknown}.") from unknown

    def _refuse_changed(self, target: DiskTarget, found: Storage) -> None:
        if (found.version, found.size) != (target.version, target.old):
            raise Drifted(
                f"The settings of {target.instance} were changed since this was planned (its disk has {found.size} GB);"
                " plan again."
            )

    def _operations(self) -> list[dict[str, Any]]:
        """The newest operations on the instance, the newest first."""
        with self.google.reading("sqladmin") as sql:
            page = sql.ask(
                lambda api: api.operations().list(
                    project=self.google.project, instance=self.instance, maxResults=NEWEST
                ),
                f"follow the operations on {self.instance}",
            )
        return list(_objects(page.get("items")))

    def _is_ours(self, one: dict[str, Any]) -> bool:
        return one.get("user") == self.google.changing_account


def _objects(found: Any) -> Iterator[dict[str, Any]]:
    several = cast("list[Any]", found) if isinstance(found, list) else []
    return (cast("dict[str, Any]", one) for one in several if isinstance(one, dict))


def _is_open(one: dict[str, Any]) -> bool:
    return one.get("status") != DONE


def _why(one: dict[str, Any]) -> str:
    raw = one.get("error")
    errors = _objects(cast("dict[str, Any]", raw).get("errors")) if isinstance(raw, dict) else iter(())
    said = next((saying(error) or told(error.get("code", "")) for error in errors), "")
    return f"Cloud SQL could not enlarge it ({said.rstrip('.') or 'it does not say why'})"
