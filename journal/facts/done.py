"""What was done: an intent before each act, its outcome after it, and whether the evidence then held."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import JsonValue

from journal.facts.decided import PlannedTarget
from journal.facts.seen import Figure, Finding
from journal.facts.words import Act, Answer, Going, Said


class Intended(Said):
    """About to act. Committed before the act; without a `Carried` after it the outcome is unknown.

    `holder` is the process that may act on this intent; any other must first settle what became of it. Under a yes to
    the rule, `plan` is what is carried out, and `later` has those of its targets that nobody had seen.
    """

    kind: Literal["intended"] = "intended"
    mitigation: str
    digest: str
    act: Act
    attempt: int
    holder: str
    plan: dict[str, JsonValue] | None = None
    later: tuple[PlannedTarget, ...] = ()


class TargetResult(Said):
    name: str
    done: bool
    note: str


class UnderWay(Said):
    """A long act was begun and goes on in its target: it is looked at every so often, to `expires_at`.

    `lock` is the lease that keeps others from its target. `found` tells that an interrupted run left no outcome, so
    the target was asked.
    """

    kind: Literal["under_way"] = "under_way"
    mitigation: str
    digest: str
    act: Act
    attempt: int
    lock: str
    note: str
    every: timedelta
    expires_at: datetime
    found: bool = False


class Progressed(Said):
    """What a look at an act that is under way told anew. `share` (0..1) is how much of it is done, where that is known.

    `halted` is why nothing new is begun meanwhile, where that is so.
    """

    kind: Literal["progressed"] = "progressed"
    mitigation: str
    digest: str
    act: Act
    attempt: int
    going: Going
    share: float | None
    note: str
    halted: str = ""


class Carried(Said):
    """What the act did. `settled` tells that the outcome was found by asking the target after a crash.

    `again` is true only when the target said that nothing happened, so that trying again is safe.
    """

    kind: Literal["carried"] = "carried"
    mitigation: str
    digest: str
    act: Act
    attempt: int
    ok: bool
    results: tuple[TargetResult, ...]
    note: str
    again: bool = False
    settled: bool = False
    expires_at: datetime | None = None


class Settled(Said):
    """An intent without an outcome was found; the target was asked whether the act landed."""

    kind: Literal["settled"] = "settled"
    mitigation: str
    digest: str
    act: Act
    attempt: int
    landed: Answer
    text: str


class Worsened(Said):
    """After a change something became clearly worse, and stayed so for `lasted`: the change is undone at once.

    `sentence` is whose quantity that is; `before` is from before the change.
    """

    kind: Literal["worsened"] = "worsened"
    mitigation: str
    sentence: str
    before: Figure
    now: Figure
    lasted: timedelta


class Validated(Said):
    kind: Literal["validated"] = "validated"
    mitigation: str
    held: bool
    finding: Finding
    looks: int
    took: timedelta
