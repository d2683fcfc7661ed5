"""A vendor of the small world that restores for a while: it is begun, goes on by itself, and can be asked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from journal import clock
from journal.facts.words import Act, Effect, Going, Stake
from runbook import Long, Mitigation, NotNeeded, Outcome, Plan, Progress, Reversible, Temporary, Warrant, changes
from tests.flows.small import READS, WORLD, Knob, Params, Rehearsed, Small, cause, mend, small

MINUTE = 60.0
LOST, BACK = cause("lost")
LOCK = "target:small:small.restore"


@dataclass(kw_only=True)
class Vendor:
    """What was begun, and when, in seconds. It `lasts` so long; nobody sees it in `unseen`, seconds after it began."""

    lasts: float = 30 * MINUTE
    fails_after: float | None = None
    unseen: tuple[float, float] = (0.0, 0.0)
    helps: bool = True
    begun: dict[Act, float] = field(default_factory=dict)

    def begin(self, act: Act) -> None:
        WORLD[-1].acts.append(f"{act} lost")
        self.begun[act] = clock.monotonic()

    def since(self, act: Act) -> float | None:
        return clock.monotonic() - self.begun[act] if act in self.begun else None

    def is_over(self, act: Act) -> bool:
        return (self.since(act) or 0.0) >= self.lasts and (act is Act.UNDO or self.fails_after is None)

    def strength(self) -> float:
        return 0.0 if self.helps and self.is_over(Act.APPLY) and not self.is_over(Act.UNDO) else 40.0


VENDORS: list[Vendor] = []
"""The one in use, as a connection would lead to it."""


@changes(Knob, name="small.restore", effect=Effect.REVERSIBLE, needs=READS, reads=READS, stake=Stake.SETTING)
@dataclass(frozen=True, kw_only=True)
class Restore(Long[Knob], Reversible[Knob]):
    """Restore what is lost."""

    def plan(self) -> Plan[Knob] | NotNeeded:
        target = Knob(name="lost", before="lost", after="restored", cause="lost")
        return Plan(change=self.name, summary="Restore it.", targets=(target,), out_of=1)

    def apply(self, plan: Plan[Knob], warrant: Warrant) -> Outcome:
        VENDORS[-1].begin(warrant.act)
        return Outcome(under_way=True, note="The restore was begun.")

    def undo(self, plan: Plan[Knob], warrant: Warrant) -> Outcome:
        VENDORS[-1].begin(warrant.act)
        return Outcome(under_way=True, note="Putting it back was begun.")

    def progress(self, plan: Plan[Knob], act: Act) -> Progress:
        vendor = VENDORS[-1]
        since = vendor.since(act)
        if since is None:
            return Progress(going=Going.NOT_BEGUN, note="No such restore is known.")
        if vendor.unseen[0] <= since < vendor.unseen[1]:
            raise Temporary("The vendor does not answer.")
        if act is Act.APPLY and vendor.fails_after is not None and since >= vendor.fails_after:
            return Progress(going=Going.FAILED, note="The disk was full.")
        if vendor.is_over(act):
            return Progress(going=Going.DONE, note="It is restored.", share=1.0)
        return Progress(going=Going.UNDER_WAY, note=f"{since:.0f} s of {vendor.lasts:.0f}", share=since / vendor.lasts)


def restore(within: timedelta = timedelta(hours=2), **more: Any) -> Mitigation[Small, Params]:
    """The mitigation that restores."""
    said: dict[str, Any] = {
        "title": "Restore what is lost",
        "treats": LOST,
        "validated_by": BACK,
        "change": lambda _c: Restore(within=within, every=timedelta(minutes=1)),
        "within": timedelta(minutes=1),
    }
    return replace(mend("lost", **{**said, **more}), name="restore")


@contextmanager
def restoring(folder: Path, **vendor: Any) -> Generator[Rehearsed]:
    """The small world with something lost, and the vendor that restores it."""
    with small(folder) as here:
        VENDORS.append(Vendor(**vendor))
        here.world.sources["lost"] = VENDORS[-1].strength
        try:
            yield here
        finally:
            VENDORS.pop()
