"""A plausible incident, told through the journal: for the timeline's tests, and to look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from journal.facts.closed import Closed, Confirmed, HandedOff, Noted, Notified
from journal.facts.decided import (
    Decided,
    Lapsed,
    Passed,
    Planned,
    PlannedTarget,
    Requested,
    TaskDone,
    TaskGiven,
    Withdrawn,
)
from journal.facts.done import (
    Carried,
    Intended,
    Progressed,
    Settled,
    TargetResult,
    UnderWay,
    Validated,
    Worsened,
)
from journal.facts.every import Fact
from journal.facts.installation import Frozen, Registered, Shadow, Silenced, Switched, Thawed, Unsilenced, Witnessed
from journal.facts.opened import Joined, Opened, TakenUp
from journal.facts.policy import Acknowledged, Escalated, EscalationPolicy, PolicyLevel
from journal.facts.procedure import ProcedureBegun, ProcedureStep
from journal.facts.seen import Check, Checked, Figure, Finding, Judged, Read, SymptomAsked, Verdict
from journal.facts.shadow import Shadowed, Would
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Act, Answer, Channel, Effect, Ending, Going, Standing

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DIGEST = "6f1a9c0de5b74d2f8e31a0c9b7d6e5f40312a4b5c6d7e8f90a1b2c3d4e5f6071"
WAIT = "3c5e7091a2b4c6d8"
TASK = "0b2d4f6a8c0e1f3a5b7c9d0e2f4a6b8c0d1e3f5a7b9c0d2e4f6a8b0c1d3e5f70"


class Ticking:
    """A clock that moves only when told, or by `step` at each look."""

    def __init__(self, now: datetime = START, step: timedelta = timedelta(0)) -> None:
        self.now = now
        self.step = step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now

    def wait(self, **passed: float) -> None:
        self.now += timedelta(**passed)


def opened(fingerprint: str = "rung-prod/connections", **other: object) -> Opened:
    said: dict[str, object] = {
        "title": "Postgres refuses new connections",
        "runbook": "flows.rung.connection_exhaustion",
        "runbook_version": "3f2c1ab",
        "system": "rung",
        "environment": "rung-prod",
        "severity": "critical",
        "fingerprint": fingerprint,
        "params": {"environment": "rung-prod", "idle_for": "PT30M"},
        "alert": {"name": "RungDatabaseConnections", "value": 197},
        "requested_by": "alertmanager",
    }
    return Opened.model_validate(said | other)


def requested(digest: str = DIGEST, **other: object) -> Requested:
    said: dict[str, object] = {
        "mitigation": "End idle sessions",
        "digest": digest,
        "role": "database on-call",
        "quorum": 1,
        "requester_excluded": False,
        "channels": (Channel.CLI, Channel.WEB),
        "expires_at": START + timedelta(minutes=30),
        "text": "End 3 idle sessions of rung-worker.",
    }
    return Requested.model_validate(said | other)


def task(digest: str = TASK, **other: object) -> TaskGiven:
    said: dict[str, object] = {
        "mitigation": "Raise the pool limit",
        "title": "Lower the client's pool size",
        "treats": "A client opens sessions and never gives them back.",
        "digest": digest,
        "steps": ("Open the deployment of rung-worker.", "Set POOL_SIZE to 20.", "Deploy."),
        "validation": "fewer than 70% of the slots are taken",
        "expires_at": START + timedelta(hours=4),
        "text": "The leak comes back unless the client's pool is bounded.",
    }
    return TaskGiven.model_validate(said | other)


def finding(sentence: str, answer: Answer, observed: str, weight: float = 1.0) -> Finding:
    return Finding(sentence=sentence, answer=answer, observed=observed, weight=weight)


def read(probe: str, asks: str, text: str, source: str, *, unreadable: str | None = None) -> Read:
    return Read(
        phase="gather",
        probe=probe,
        asks=asks,
        source=source,
        at=START,
        took=timedelta(milliseconds=212),
        text=text,
        value=None if unreadable else {"text": text},
        unreadable=unreadable,
    )


def planned(digest: str = DIGEST) -> Planned:
    return Planned(
        mitigation="End idle sessions",
        title="End 3 sessions that have been idle for more than 30 minutes",
        treats="A client opens sessions and never gives them back.",
        change="postgres.end_idle_sessions",
        effect=Effect.DISRUPTIVE,
        summary="Frees 3 of 197 slots; the sessions belong to rung-worker on 10.0.4.17.",
        digest=digest,
        targets=(
            PlannedTarget(name="pid 41872", before="idle for 2 h 11 min", after="ended"),
            PlannedTarget(name="pid 41880", before="idle for 2 h 9 min", after="ended"),
            PlannedTarget(name="pid 41907", before="idle for 48 min", after="ended"),
        ),
        out_of=197,
        warnings=("rung-worker holds 84% of all idle sessions; it will reconnect at once.",),
        risk="Clients of the ended sessions must reconnect.",
        way_back="None: an ended session cannot be resumed; its client reconnects.",
        validation="fewer than 70% of the slots are taken, for 30 s, within 5 min",
        plan={"pids": [41872, 41880, 41907]},
    )


def story() -> Iterator[tuple[float, str, Fact]]:
    """Seconds since the entry before, key, fact."""
    yield 0.2, "taken_up:1", TakenUp(holder="worker-1:4187:991@4026531836", pass_number=1)
    yield (
        0.3,
        "checked",
        Checked(
            checks=(
                Check(name="database", answer=Answer.YES, text="rung@db.rung-prod.internal as codeblue_reader"),
                Check(name="account", answer=Answer.YES, text="123456789012, eu-west-1"),
                Check(
                    name="cache", answer=Answer.UNKNOWN, text="connection to cache.rung-prod.internal:6379 timed out"
                ),
            )
        ),
    )
    yield (
        0.4,
        "read:slots",
        read("read_slots", "How many connection slots are taken?", "197 of 200 slots are taken (98.5%)", "rung.c297"),
    )
    yield (
        0.0,
        "read:idle",
        read(
            "read_idle",
            "Which sessions are idle, and for how long?",
            "171 idle sessions, 144 of them from rung-worker; the oldest for 2 h 11 min",
            "rung.c301",
        ),
    )
    yield (
        0.1,
        "read:locks",
        read("read_locks", "Does anything wait for a lock?", "No session waits for a lock", "rung.c305"),
    )
    yield (
        2.0,
        "read:cache",
        read(
            "read_cache",
            "Does the cache answer?",
            "",
            "rung.c310",
            unreadable="connection to cache.rung-prod.internal:6379 timed out after 2 s",
        ),
    )
    yield (
        0.1,
        "symptom",
        SymptomAsked(
            phase="gather", finding=finding("at least 90% of the slots are taken", Answer.YES, "197 of 200 (98.5%)")
        ),
    )
    yield (
        0.0,
        "judged",
        Judged(
            ranking=(
                Verdict(
                    hypothesis="idle_leak",
                    claim="A client opens sessions and never gives them back.",
                    standing=Standing.SUPPORTED,
                    score=0.91,
                    prior=0.5,
                    speaks_for=(
                        finding(
                            "idle sessions hold most of the slots",
                            Answer.YES,
                            "171 of 197 taken slots are idle (86.8%)",
                        ),
                        finding("one client holds most idle sessions", Answer.YES, "rung-worker: 144 of 171"),
                    ),
                    speaks_against=(finding("fewer than one slot in ten is idle", Answer.NO, "86.8%"),),
                ),
                Verdict(
                    hypothesis="cache_down",
                    claim="The cache is away, so that every request goes to the database.",
                    standing=Standing.UNDECIDED,
                    score=0.3,
                    prior=0.3,
                    speaks_for=(
                        finding("the cache does not answer", Answer.UNKNOWN, "could not look: timed out after 2 s"),
                    ),
                    speaks_against=(finding("the database is mostly idle", Answer.YES, "26 active sessions"),),
                ),
                Verdict(
                    hypothesis="lock_queue",
                    claim="Sessions pile up behind a lock.",
                    standing=Standing.REFUTED,
                    score=0.04,
                    prior=0.2,
                    speaks_for=(finding("sessions wait for locks", Answer.NO, "0 waiting"),),
                    speaks_against=(finding("nothing waits for a lock", Answer.YES, "0 waiting"),),
                ),
            )
        ),
    )
    yield 0.2, "planned", planned()
    yield 0.1, "requested", requested()
    yield (
        0.2,
        "notified",
        Notified(title="Approval wanted: end 3 idle sessions", delivered=True, text="to the database on-call"),
    )
    yield 45, "joined:2", Joined(alert={"name": "RungDatabaseConnections", "value": 199})
    yield (
        60,
        "escalated",
        Escalated(level="database lead", told=("database lead",), why="nobody answered within 2 minutes"),
    )
    yield (
        38,
        "decided",
        Decided(
            digest=DIGEST,
            approve=True,
            by="mara.ionescu",
            channel=Channel.CLI,
            identity_proven=False,
            why="worker deploy at 01:00 leaks; safe to cut",
        ),
    )
    yield (
        0.2,
        "intended",
        Intended(
            mitigation="End idle sessions",
            digest=DIGEST,
            act=Act.APPLY,
            attempt=1,
            holder="worker-1:4187:991@4026531836",
        ),
    )
    yield (
        0.3,
        "carried",
        Carried(
            mitigation="End idle sessions",
            digest=DIGEST,
            act=Act.APPLY,
            attempt=1,
            ok=True,
            results=(
                TargetResult(name="pid 41872", done=True, note="ended"),
                TargetResult(name="pid 41880", done=True, note="ended"),
                TargetResult(name="pid 41907", done=True, note="had ended by itself"),
            ),
            note="",
        ),
    )
    yield (
        31,
        "validated",
        Validated(
            mitigation="End idle sessions",
            held=True,
            finding=finding("fewer than 70% of the slots are taken", Answer.YES, "54 of 200 (27%)"),
            looks=4,
            took=timedelta(seconds=31),
        ),
    )
    yield 0.1, "noted", Noted(by="mara.ionescu", text="Told the worker team; they roll back.")
    yield (
        0.1,
        "closed",
        Closed(ending=Ending.RESOLVED, text="End idle sessions worked: fewer than 70% of the slots are taken"),
    )


def rest() -> tuple[Fact, ...]:
    """The kinds that the story lacks."""
    return (
        EscalationPolicy(
            issue="Data issues",
            source="rung.t563",
            block="codeblue-rung/rung-prod",
            levels=(
                PolicyLevel(name="L1", after=timedelta(0), contacts=("database on-call",)),
                PolicyLevel(name="L2", after=timedelta(minutes=15), if_unresolved=True, contacts=("team lead",)),
            ),
        ),
        Acknowledged(by="ana", channel=Channel.CLI, why="I have it"),
        ProcedureBegun(
            steps=(ProcedureStep(name="isolate", title="Isolate it"), ProcedureStep(name="cut", title="Cut"))
        ),
        Lapsed(digest=DIGEST),
        Withdrawn(digest=DIGEST, why="The alert ended and the symptom is gone."),
        task(),
        TaskDone(digest=TASK, done=True, by="ana", channel=Channel.WEB, why="deployed"),
        WaitBegun(
            mitigation="Wait for the provider",
            title="Wait until the provider is back",
            treats="The provider is away.",
            digest=WAIT,
            until="the provider answers",
            says="It comes back by itself.",
            every=timedelta(minutes=1),
            expires_at=START + timedelta(hours=1),
        ),
        WaitOver(
            mitigation="Wait for the provider",
            digest=WAIT,
            by="evidence",
            finding=finding("the provider answers", Answer.YES, "it answers"),
            took=timedelta(minutes=12),
            since=START,
        ),
        Passed(mitigation="End idle sessions", by="guardrail", why="51 targets, and at most 50 are allowed"),
        Settled(
            mitigation="End idle sessions",
            digest=DIGEST,
            act=Act.APPLY,
            attempt=1,
            landed=Answer.UNKNOWN,
            text="the pids are gone, but may have been reused",
        ),
        UnderWay(
            mitigation="End idle sessions",
            digest=DIGEST,
            act=Act.APPLY,
            attempt=1,
            lock="target:rung-prod:postgres",
            note="The restore was begun.",
            every=timedelta(seconds=30),
            expires_at=START + timedelta(hours=2),
        ),
        Progressed(
            mitigation="End idle sessions",
            digest=DIGEST,
            act=Act.APPLY,
            attempt=1,
            going=Going.UNDER_WAY,
            share=0.4,
            note="4 of 10 GB are restored",
            halted="The stop switch is on (migration, ana)",
        ),
        Worsened(
            mitigation="End idle sessions",
            sentence="at least 90% of the slots are taken",
            before=Figure(name="connection slots taken", value=91, unit="%"),
            now=Figure(name="connection slots taken", value=100, unit="%"),
            lasted=timedelta(minutes=3),
        ),
        HandedOff(mitigation="Look at the cache", to="flows.rung.cache", title="Cache out of memory", flow_run="b6e1"),
        Shadowed(on=True, by="ana", why="trial", would=Would.CHANGE, title="End idle sessions", text="It would end 5."),
        Shadowed(on=False, by="ana", why="trial"),
        Confirmed(
            cause="idle_leak",
            claim="A client opens sessions and never gives them back.",
            by="ana",
            identity_proven=True,
            why="found the cursor",
        ),
        Registered(incident="INC-20260102-7F3K", head="0" * 64, closing=False),
        Witnessed(incident="INC-20260102-7F3K", number=7, head="0" * 64),
        Switched(stopped=True, by="ana", why="wrong targets"),
        Frozen(system="rung", starts=START, ends=START + timedelta(hours=1), by="ana", why="launch"),
        Thawed(system="rung", by="ana", why="launch was put off"),
        Shadow(system="rung", on=True, by="ana", why="trial"),
        Silenced(
            name="Disk*",
            labels={"system": "rung"},
            starts=START,
            ends=START + timedelta(hours=1),
            by="ana",
            why="known",
        ),
        Unsilenced(silence=3, by="ana", why="it matters after all"),
    )
