"""What can be said about an incident: one frozen model per kind of journal entry.

Stages say facts, `Journal.append` keeps them, `timeline` and the approval doors read them back. A fact is complete in
itself (sentences and values, no references into a runbook's code; `runbook.judging` gives its verdicts in these very
words), so that a timeline can be drawn again years later from a runbook that no longer exists. Adding a kind means
adding it to `Fact` and to the timeline, which refuses kinds that it does not know. One long file on purpose: it is the
list of all that can be said.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue, field_validator


class Answer(StrEnum):
    """What a look said about a sentence. `UNKNOWN` counts neither as health nor as a cause."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """Where a hypothesis stands: `CONTESTED` has evidence both for and against, `UNDECIDED` neither."""

    SUPPORTED = "supported"
    CONTESTED = "contested"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


class Effect(StrEnum):
    """How much a change can hurt, mildest first."""

    REVERSIBLE = "reversible"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"


class Door(StrEnum):
    """The way by which a person answered."""

    PREFECT = "prefect-ui"
    CLI = "cli"
    WEB = "web"
    CHAT = "chat"
    DRILL = "drill"


class Act(StrEnum):
    """Which way a change was carried out."""

    APPLY = "apply"
    UNDO = "undo"


class Ending(StrEnum):
    """How an incident was closed; also the name of the final Prefect state."""

    RESOLVED = "Resolved"
    RECOVERED = "Recovered"
    NOT_REPRODUCED = "NotReproduced"
    HANDED_OFF = "HandedOff"
    UNRESOLVED = "Unresolved"


class Said(BaseModel):
    """Base of all facts and their parts: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Hours(Said):
    """When somebody is on duty: days of the week (0 is Monday) from `starts` to `ends` in a time zone.

    Equal times mean the whole day; an end before the start is on the next morning.
    """

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    starts: time = time(0)
    ends: time = time(0)
    zone: str = "UTC"

    @field_validator("days")
    @classmethod
    def _some(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if not days or not set(days) <= set(range(7)):
            raise ValueError("give at least one day of the week, 0 (Monday) to 6 (Sunday)")
        return days

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError(f"there is no time zone {zone!r}; write it as in Europe/Berlin") from None
        return zone

    def covers(self, at: datetime) -> bool:
        """Whether a moment is within."""
        local = at.astimezone(ZoneInfo(self.zone))
        now, yesterday = local.time(), (local.weekday() - 1) % 7
        if self.starts == self.ends:
            return local.weekday() in self.days
        if self.starts < self.ends:
            return local.weekday() in self.days and self.starts <= now < self.ends
        return (local.weekday() in self.days and now >= self.starts) or (yesterday in self.days and now < self.ends)

    def opens(self, at: datetime) -> datetime:
        """The moment itself if it is within, else when the hours next begin."""
        if self.covers(at):
            return at
        local = at.astimezone(ZoneInfo(self.zone))
        begins = (
            datetime.combine(local.date() + timedelta(days=ahead), self.starts, ZoneInfo(self.zone))
            for ahead in range(9)
        )
        return next(b for b in begins if b > local and b.weekday() in self.days).astimezone(UTC)


class LadderLevel(Said):
    """One level of an incident's ladder. `contacts` are names; their addresses stay in the environment's block.

    Told again `every` so often, `times` in all. A level with `during` waits until those hours begin.
    """

    name: str
    after: timedelta
    if_unresolved: bool = False
    every: timedelta | None = None
    times: int = 1
    during: Hours | None = None
    contacts: tuple[str, ...] = ()


# -- how it began -----------------------------------------------------------------------------------------------------


class Opened(Said):
    """The incident exists. `alert` is the normalised, redacted alert; absent when a person started the run."""

    kind: Literal["opened"] = "opened"
    title: str
    runbook: str
    runbook_version: str
    system: str
    environment: str
    severity: str
    fingerprint: str
    params: dict[str, JsonValue]
    alert: dict[str, JsonValue] | None = None
    requested_by: str


class Ladder(Said):
    """The incident's own copy of its escalation, taken when it started: a policy that is edited later changes nothing.

    Waits are as they count here (a practice environment shortens them). `block` is where the contacts' addresses are
    saved, as `type/name`.
    """

    kind: Literal["ladder"] = "ladder"
    issue: str
    source: str
    block: str
    levels: tuple[LadderLevel, ...]


class Joined(Said):
    """A repeat of the alert arrived while the incident was open; if `related`, another problem's that belongs to it."""

    kind: Literal["joined"] = "joined"
    alert: dict[str, JsonValue]
    related: bool = False


class TakenUp(Said):
    """A flow run began, or began again, to work on the incident. `ui` is where Prefect shows its runs, if it does."""

    kind: Literal["taken_up"] = "taken_up"
    holder: str
    pass_number: int
    ui: str | None = None


# -- what was seen ----------------------------------------------------------------------------------------------------


class Check(Said):
    """One answer to "can we see at all?": identity, account, region, reachability."""

    name: str
    answer: Answer
    text: str


class Checked(Said):
    kind: Literal["checked"] = "checked"
    checks: tuple[Check, ...]


class Figure(Said):
    """One number of a reading, to be charted: what is counted, how much, and in which unit (`%`, `sessions`, `s`)."""

    name: str
    value: FiniteFloat
    unit: str


class Read(Said):
    """A probe answered, or could not look. Exactly one of `value` and `unreadable` is set.

    `text` is the reading in one line. `took` is measured at the probe. `phase` is `gather` or the name of the
    validation that asked again. `figures` are the numbers in it that a chart can show.
    """

    kind: Literal["read"] = "read"
    phase: str
    probe: str
    asks: str
    source: str
    at: datetime
    took: timedelta
    text: str
    value: dict[str, JsonValue] | None = None
    unreadable: str | None = None
    figures: tuple[Figure, ...] = ()


class Finding(Said):
    """A sentence of evidence, the answer to it, and what was observed (or why nothing could be) by which probe."""

    sentence: str
    answer: Answer
    observed: str
    weight: float
    probe: str = ""


class SymptomAsked(Said):
    kind: Literal["symptom_asked"] = "symptom_asked"
    phase: str
    finding: Finding


class History(Said):
    """What earlier incidents of the runbook say about a cause, and the prior that its author declared.

    People confirmed the cause of `of` incidents; in `confirmed` of them it was this one.
    """

    declared: float
    confirmed: int
    of: int


class Past(Said):
    """Causes that people confirmed in a runbook's earlier incidents: how often each, of how many incidents."""

    of: int = 0
    confirmed: dict[str, int] = Field(default_factory=dict)


class Verdict(Said):
    """One hypothesis as judged. `score` is the probability (0..1) that prior and evidence give it.

    `prior` is the one that was used; `history` tells what moved it away from the declared one, if anything did.
    """

    hypothesis: str
    claim: str
    standing: Standing
    score: float
    prior: float
    speaks_for: tuple[Finding, ...]
    speaks_against: tuple[Finding, ...]
    history: History | None = None


class Judged(Said):
    """All hypotheses, most likely first."""

    kind: Literal["judged"] = "judged"
    ranking: tuple[Verdict, ...]


# -- what was proposed and decided ------------------------------------------------------------------------------------


class PlannedTarget(Said):
    name: str
    before: str
    after: str


class Planned(Said):
    """Exactly what a change would do. `digest` binds the approval; `plan` is the machine-readable plan."""

    kind: Literal["planned"] = "planned"
    mitigation: str
    title: str
    treats: str
    change: str
    effect: Effect
    summary: str
    digest: str
    targets: tuple[PlannedTarget, ...]
    out_of: int
    warnings: tuple[str, ...]
    risk: str
    way_back: str
    validation: str
    plan: dict[str, JsonValue]


class Passed(Said):
    """A mitigation that was not carried out.

    `by` says who or what stopped it: plan, belt, freeze, stop switch, lock, drift, recovery, person or time.
    """

    kind: Literal["passed"] = "passed"
    mitigation: str
    by: str
    why: str


class Requested(Said):
    """An approval waits, until `expires_at`, for `quorum` different people. `doors` are those that may answer."""

    kind: Literal["requested"] = "requested"
    mitigation: str
    digest: str
    role: str
    quorum: int
    requester_excluded: bool
    doors: tuple[Door, ...]
    expires_at: datetime
    text: str


class Decided(Said):
    """A person's yes or no to exactly one plan. `identity_proven` is false for doors that cannot prove who it was."""

    kind: Literal["decided"] = "decided"
    digest: str
    approve: bool
    by: str
    door: Door
    identity_proven: bool
    why: str


class Lapsed(Said):
    """Nobody answered in time: closed, nothing was applied."""

    kind: Literal["lapsed"] = "lapsed"
    digest: str


class Withdrawn(Said):
    """A request that nobody needs to answer any more: its problem ended by itself. Nothing was applied."""

    kind: Literal["withdrawn"] = "withdrawn"
    digest: str
    why: str


class TaskGiven(Said):
    """A fix that only a person can make, with its steps. Waits until `expires_at`."""

    kind: Literal["task_given"] = "task_given"
    mitigation: str
    title: str
    treats: str
    digest: str
    steps: tuple[str, ...]
    validation: str
    expires_at: datetime
    text: str


class TaskDone(Said):
    """A person says that the manual task is done (or, with `done` false, that it cannot be)."""

    kind: Literal["task_done"] = "task_done"
    digest: str
    done: bool
    by: str
    door: Door
    why: str


# -- what was done ----------------------------------------------------------------------------------------------------


class Intended(Said):
    """About to act. Committed before the act; without a `Carried` after it the outcome is unknown.

    `holder` is the process that may act on this intent; any other must first settle what became of it.
    """

    kind: Literal["intended"] = "intended"
    mitigation: str
    digest: str
    act: Act
    attempt: int
    holder: str


class TargetResult(Said):
    name: str
    done: bool
    note: str


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


class Validated(Said):
    kind: Literal["validated"] = "validated"
    mitigation: str
    held: bool
    finding: Finding
    looks: int
    took: timedelta


# -- who was told, and how it ended -----------------------------------------------------------------------------------


class HandedOff(Said):
    kind: Literal["handed_off"] = "handed_off"
    mitigation: str
    to: str
    title: str
    flow_run: str


class Escalated(Said):
    """A level was paged. `told` are the contacts that were reached; empty when nobody was."""

    kind: Literal["escalated"] = "escalated"
    level: str
    told: tuple[str, ...]
    why: str


class Acknowledged(Said):
    """A person has taken the incident over: nobody else is paged for it."""

    kind: Literal["acknowledged"] = "acknowledged"
    by: str
    door: Door
    why: str


class Notified(Said):
    """One address was told, or could not be. `to` is a name or the kind of service, never the address."""

    kind: Literal["notified"] = "notified"
    to: str = ""
    title: str
    delivered: bool
    text: str


class Noted(Said):
    """Something worth keeping that no other kind says. `by` is a person or `codeblue`."""

    kind: Literal["noted"] = "noted"
    by: str
    text: str


class Confirmed(Said):
    """What a person found to be the true cause; of several, the last counts. May come after the closing.

    `cause` is the name of a hypothesis, or `other` for one that the runbook does not name.
    """

    kind: Literal["confirmed"] = "confirmed"
    cause: str
    claim: str
    by: str
    identity_proven: bool
    why: str


class Closed(Said):
    kind: Literal["closed"] = "closed"
    ending: Ending
    text: str


# -- the house's own facts, kept in the ledger chain ------------------------------------------------------------------


class Registered(Said):
    """An incident's chain began (`closing` false) or was closed with this head: binds the chains together."""

    kind: Literal["registered"] = "registered"
    incident: str
    head: str
    closing: bool


class Switched(Said):
    """The stop switch: while `stopped`, no change is applied anywhere."""

    kind: Literal["switched"] = "switched"
    stopped: bool
    by: str
    why: str


class Frozen(Said):
    """A freeze window: no changes to `system` (`*` = all) between the two times.

    In one for `maintenance`, alerts of the system open no incident either.
    """

    kind: Literal["frozen"] = "frozen"
    system: str
    starts: datetime
    ends: datetime
    by: str
    why: str
    maintenance: bool = False


class Thawed(Said):
    """All freeze windows set for `system` so far are lifted."""

    kind: Literal["thawed"] = "thawed"
    system: str
    by: str
    why: str


class Silenced(Said):
    """Alerts of this name with these labels (`*` and `?` stand for anything) open no incident between the two times."""

    kind: Literal["silenced"] = "silenced"
    name: str
    labels: dict[str, str]
    starts: datetime
    ends: datetime
    by: str
    why: str


class Unsilenced(Said):
    """The silence that is the ledger's entry of that number is lifted."""

    kind: Literal["unsilenced"] = "unsilenced"
    silence: int
    by: str
    why: str


Fact = Annotated[
    Opened
    | Ladder
    | Joined
    | TakenUp
    | Checked
    | Read
    | SymptomAsked
    | Judged
    | Planned
    | Passed
    | Requested
    | Decided
    | Lapsed
    | Withdrawn
    | TaskGiven
    | TaskDone
    | Intended
    | Carried
    | Settled
    | Validated
    | HandedOff
    | Escalated
    | Acknowledged
    | Notified
    | Noted
    | Confirmed
    | Closed
    | Registered
    | Switched
    | Frozen
    | Thawed
    | Silenced
    | Unsilenced,
    Field(discriminator="kind"),
]
