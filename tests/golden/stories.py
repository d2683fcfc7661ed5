"""Four incidents, told entry by entry as the pipeline would, on a clock that stands still until it is moved.

`draw` tells one into a fresh journal and draws its documents. What they look like is kept in this folder; after a
wanted change, `python -m tests.golden` writes it anew, to be read before it is committed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from journal.facts.closed import Closed, Confirmed, Noted, Notified
from journal.facts.decided import Decided, Lapsed, Passed, Planned, PlannedTarget, Requested, TaskDone, TaskGiven
from journal.facts.done import Carried, Intended, TargetResult, Validated
from journal.facts.ladder import Acknowledged, Escalated
from journal.facts.opened import Opened, TakenUp
from journal.facts.seen import Check, Checked, Figure, Finding, History, Judged, Read, SymptomAsked, Verdict
from journal.facts.words import Act, Answer, Door, Effect, Ending, Standing
from journal.store import Journal
from runbook.learning import learned

FOLDER = Path(__file__).parent
FULL = "at least 90% of the connection slots are taken"
ROOM = "fewer than 70% of the connection slots are taken"
RUNS = ("0b6c8a52-7c1e-4d0e-9a63-5b2f6c1d7e01", "4f0a3d97-12b8-4c55-8e0f-2c7d9b6a5e02")
END, RAISE, TASK = "9c41d07be2a85f36", "51e8b3fa70c6d924", "e07d3a9418bc5f62"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 14, 3, 2, 41, 250_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Teller:
    """Appends to one incident; every call lets some time pass first."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal, self.clock = journal, clock
        alert = {
            "format": "alertmanager",
            "name": "PostgresTooManyConnections",
            "fingerprint": "5d2c0f",
            "status": "firing",
            "severity": "critical",
            "summary": "rung-prod has used more than 90% of its connection slots for 2 minutes.",
            "labels": {"environment": "rung-prod"},
            "starts_at": "2026-03-14T03:00:30Z",
            "link": None,
        }
        opened = Opened(
            title="Connection exhaustion",
            runbook="rung.connection_exhaustion",
            runbook_version="3",
            system="rung",
            environment="rung-prod",
            severity="critical",
            fingerprint="5d2c0f",
            params={"environment": "rung-prod", "idle_for": "PT30M"},
            alert=alert,
            requested_by="alert:alertmanager",
        )
        self.incident = journal.open_incident(opened)[0].id
        self.run = RUNS[0]
        self.keys = 0

    def say(self, seconds: float, fact: object) -> None:
        self.clock.now += timedelta(seconds=seconds)
        self.keys += 1
        self.journal.append(self.incident, f"step:{self.keys}", fact, flow_run=self.run)

    def outside(self, seconds: float, fact: object) -> None:
        """Said by somebody who is not a flow run."""
        self.clock.now += timedelta(seconds=seconds)
        self.keys += 1
        self.journal.append(self.incident, f"step:{self.keys}", fact)

    def taken_up(self, seconds: float, run: int) -> None:
        self.run = RUNS[run]
        holder = f"oncall-1:{4187 + run}:99{run}@4026531836"
        self.say(seconds, TakenUp(holder=holder, pass_number=run + 1, ui="https://prefect.example.internal"))

    def slots(self, seconds: float, taken: int, phase: str = "gather") -> None:
        text = f"{taken} of 197 usable slots taken ({taken / 197:.0%}); max_connections 200"
        figure = Figure(name="connection slots taken", value=round(100 * taken / 197, 1), unit="%")
        self.read(seconds, "slots", "How many connection slots are taken?", text, phase, (figure,))

    def sessions(self, seconds: float, idle: int, active: int, phase: str = "gather") -> None:
        text = f"{idle + active + 11} sessions for 197 slots: {active} active for long, {idle} idle for long"
        figures = (
            Figure(name="idle for long", value=idle, unit="sessions"),
            Figure(name="active for long", value=active, unit="sessions"),
        )
        self.read(seconds, "sessions", "What are the sessions doing, and since when?", text, phase, figures)

    def read(self, seconds: float, probe: str, asks: str, text: str, *more: object) -> None:
        phase, figures = more
        self.clock.now += timedelta(seconds=seconds)
        took, at = timedelta(milliseconds=38), self.clock.now
        value = {"text": text}
        self.say(
            0.04,
            Read(
                phase=phase,
                probe=probe,
                asks=asks,
                source="rung.c297",
                at=at,
                took=took,
                text=text,
                value=value,
                figures=figures,
            ),
        )

    def blind(self, seconds: float, probe: str, asks: str, why: str) -> None:
        at = self.clock.now
        text = f"unreadable: {why}"
        self.say(
            seconds,
            Read(
                phase="gather",
                probe=probe,
                asks=asks,
                source="devised",
                at=at,
                took=timedelta(0),
                text=text,
                unreadable=why,
            ),
        )

    def checked(self) -> None:
        database = Check(name="postgres rung", answer=Answer.YES, text="codeblue_reader can look.")
        aws = Check(name="aws eu-central-1", answer=Answer.YES, text="The reading role looks at account 123456789012.")
        self.say(0.2, Checked(checks=(database, aws)))

    def symptom(self, seconds: float, taken: int, phase: str = "gather") -> None:
        answer = Answer.YES if taken / 197 >= 0.9 else Answer.NO
        observed = f"{taken} of 197 usable slots taken ({taken / 197:.0%})"
        self.say(seconds, SymptomAsked(phase=phase, finding=found(FULL, answer, observed, "slots")))

    def told(self, title: str, text: str, *, delivered: bool = True) -> None:
        self.say(0.1, Notified(title=f"{self.incident}: {title}", delivered=delivered, text=text))

    def planned(self, name: str, title: str, digest: str, **more: object) -> None:
        said: dict[str, object] = {
            "mitigation": name,
            "title": title,
            "treats": "idle_leak",
            "change": "postgres.end_idle_sessions",
            "effect": Effect.DISRUPTIVE,
            "summary": "End 14 of 194 sessions: those of rung_app on rung that have been idle for longer than 30 min.",
            "digest": digest,
            "targets": tuple(
                PlannedTarget(
                    name=f"session {41872 + 7 * n} of rung-reports", before=f"idle for {131 - n} min", after="ended"
                )
                for n in range(14)
            ),
            "out_of": 194,
            "warnings": (),
            "risk": "Clients of the ended sessions must reconnect.",
            "way_back": "none: An ended session cannot be resumed; its client reconnects.",
            "validation": f"{ROOM} for 30 s, within 5 min",
            "plan": {"kind": name},
        }
        self.say(0.2, Planned.model_validate(said | more))

    def asked(self, name: str, digest: str, role: str = "database on-call", minutes: int = 30) -> None:
        self.say(
            0.1,
            Requested(
                mitigation=name,
                digest=digest,
                role=role,
                quorum=1,
                requester_excluded=False,
                doors=(Door.PREFECT, Door.CLI, Door.CHAT),
                expires_at=self.clock.now + timedelta(minutes=minutes),
                text="as planned",
            ),
        )
        self.told("approval wanted", f"{role} is asked for a yes to exactly one plan.")

    def decided(self, seconds: float, digest: str, by: str, why: str, *, yes: bool, door: Door = Door.CLI) -> None:
        proven = door is Door.CLI
        self.outside(seconds, Decided(digest=digest, approve=yes, by=by, door=door, identity_proven=proven, why=why))

    def acted(self, seconds: float, act: Act, plan: tuple[str, str], note: str, *results: TargetResult) -> None:
        deed = {"mitigation": plan[0], "digest": plan[1], "act": act, "attempt": 1}
        self.say(0.1, Intended(holder="oncall-1:4188:991@4026531836", **deed))
        self.say(seconds, Carried(ok=True, note=note, results=results, **deed))

    def validated(self, seconds: float, name: str, taken: int, looks: int, took: float) -> None:
        held = taken / 197 < 0.7
        finding = found(ROOM, Answer.YES if held else Answer.NO, f"{taken} of 197 usable slots taken", "slots")
        self.say(
            seconds, Validated(mitigation=name, held=held, finding=finding, looks=looks, took=timedelta(seconds=took))
        )

    def closed(self, ending: Ending, text: str) -> None:
        self.say(0.1, Closed(ending=ending, text=text))
        self.told(ending.value, text)


def found(sentence: str, answer: Answer, observed: str, probe: str, weight: float = 2.0) -> Finding:
    return Finding(sentence=sentence, answer=answer, observed=observed, weight=weight, probe=probe)


def leak(standing: Standing, score: float, idle: int, history: History | None = None) -> Verdict:
    yes = standing in (Standing.SUPPORTED, Standing.CONTESTED)
    no = standing in (Standing.REFUTED, Standing.CONTESTED)
    observed = f"{idle} idle for long of 197 slots"
    holds = found(
        "long-idle sessions hold at least a third of the slots", Answer.YES if yes else Answer.NO, observed, "sessions"
    )
    few = found("fewer than one slot in ten is long idle", Answer.YES if no else Answer.NO, observed, "sessions")
    return Verdict(
        hypothesis="idle_leak",
        claim="A client opens sessions and never gives them back.",
        standing=standing,
        score=score,
        prior=learned(history) if history else 0.4,
        speaks_for=(holds,),
        speaks_against=(few,),
        history=history,
    )


def load(standing: Standing, score: float, history: History | None = None) -> Verdict:
    yes = standing in (Standing.SUPPORTED, Standing.CONTESTED)
    no = standing in (Standing.REFUTED, Standing.CONTESTED)
    work = "seven in ten sessions began or ended something just now"
    return Verdict(
        hypothesis="honest_load",
        claim="The load is honest, and max_connections is too low for it.",
        standing=standing,
        score=score,
        prior=learned(history) if history else 0.2,
        speaks_for=(
            found(work, Answer.YES if yes else Answer.NO, "of 194 sessions, 9 just changed state", "sessions"),
        ),
        speaks_against=(
            found(
                "idle or slow sessions hold a third of the slots", Answer.YES if no else Answer.NO, "142 do", "sessions"
            ),
        ),
        history=history,
    )


POOLS = Verdict(
    hypothesis="oversized_pools",
    claim="The clients' pools are together larger than the server.",
    standing=Standing.UNDECIDED,
    score=0.2,
    prior=0.2,
    speaks_for=(
        found("the pools may open more connections than there are", Answer.UNKNOWN, "ECS does not answer", "pools"),
    ),
    speaks_against=(found("the pools together fit into the server", Answer.UNKNOWN, "ECS does not answer", "pools"),),
)
ENDED = tuple(
    TargetResult(
        name=f"session {41872 + 7 * n} of rung-reports", done=n != 5, note="had ended by itself" if n == 5 else ""
    )
    for n in range(14)
)


def gathered(tell: Teller, taken: int, idle: int, active: int = 3) -> None:
    tell.taken_up(0.3, 0)
    tell.checked()
    tell.slots(0.1, taken)
    tell.sessions(0.0, idle, active)
    tell.blind(
        2.0, "pools", "How many connections may the pools open?", "ECS does not answer (timed out after 2 s); try again"
    )
    tell.symptom(0.1, taken)


def resolved(tell: Teller) -> None:
    """A leak is ended after a page to the second level, and it holds; the cause is confirmed the next morning."""
    gathered(tell, 196, 142)
    history = History(declared=0.4, confirmed=5, of=7), History(declared=0.2, confirmed=0, of=7)
    pools = History(declared=0.2, confirmed=1, of=7)
    tell.say(
        0.1,
        Judged(
            ranking=(
                leak(Standing.SUPPORTED, 0.8926, 142, history[0]),
                POOLS.model_copy(update={"history": pools, "prior": learned(pools), "score": learned(pools)}),
                load(Standing.REFUTED, 0.02, history[1]),
            )
        ),
    )
    tell.planned("end_idle_sessions", "End sessions that have been idle for too long", END)
    tell.asked("end_idle_sessions", END)
    tell.outside(
        300, Escalated(level="L2 database lead", told=("database lead",), why="No answer to the approval for 5 min.")
    )
    tell.outside(61, Acknowledged(by="mara.ionescu", door=Door.CLI, why="on it"))
    why = "reports deploy at 01:00 leaks; safe to cut"
    tell.decided(35, END, "mara.ionescu", why, yes=True)
    tell.taken_up(0.3, 1)
    tell.slots(0.1, 197, "before:end_idle_sessions")
    tell.symptom(0.0, 197, "before:end_idle_sessions")
    tell.acted(0.3, Act.APPLY, ("end_idle_sessions", END), "Ended 13 of 14 approved sessions.", *ENDED)
    for seconds, taken in ((0.1, 171), (1, 139), (4, 96), (25, 61)):
        tell.slots(seconds, taken, "validate:end_idle_sessions")
    tell.validated(0.0, "end_idle_sessions", 61, 32, 31.2)
    tell.slots(0.0, 60, "after:end_idle_sessions")
    tell.symptom(0.0, 60, "after:end_idle_sessions")
    tell.closed(Ending.RESOLVED, "End sessions that have been idle for too long: it worked, and the symptom is gone.")
    tell.outside(
        21_600,
        Confirmed(
            cause="idle_leak",
            claim="A client opens sessions and never gives them back.",
            by="mara.ionescu",
            identity_proven=True,
            why="rung-reports 4.2 forgot to close its cursor; fixed in 4.2.1",
        ),
    )


def rejected(tell: Teller) -> None:
    """A person says no: nothing is changed, and the incident ends unresolved."""
    gathered(tell, 186, 142)
    tell.say(0.1, Judged(ranking=(leak(Standing.SUPPORTED, 0.83, 142), POOLS, load(Standing.REFUTED, 0.03))))
    tell.planned("end_idle_sessions", "End sessions that have been idle for too long", END)
    tell.asked("end_idle_sessions", END)
    why = "month-end close is running on these sessions; wait until 05:00"
    tell.decided(171, END, "Grace Hopper", why, yes=False, door=Door.PREFECT)
    tell.taken_up(0.3, 1)
    tell.say(0.1, Passed(mitigation="end_idle_sessions", by="person", why="The plan was rejected."))
    tell.slots(0.1, 188, "after:end_idle_sessions")
    tell.symptom(0.0, 188, "after:end_idle_sessions")
    text = "The symptom is still there. Supported causes: A client opens sessions and never gives them back."
    tell.say(0.1, Escalated(level="L1 database on-call", told=("database on-call",), why=text))
    tell.closed(Ending.UNRESOLVED, text)


def undone(tell: Teller) -> None:
    """A change is applied, does not help and is taken back; the load then goes away by itself."""
    gathered(tell, 195, 6, 4)
    tell.say(0.1, Judged(ranking=(load(Standing.SUPPORTED, 0.65), POOLS, leak(Standing.REFUTED, 0.08, 6))))
    target = PlannedTarget(name="max_connections of rung-prod", before="200", after="260")
    tell.planned(
        "raise_limit",
        "Raise max_connections",
        RAISE,
        treats="honest_load",
        change="rds.raise_max_connections",
        effect=Effect.REVERSIBLE,
        summary="Set max_connections of the parameter group rung-prod from 200 to 260.",
        targets=(target,),
        out_of=1,
        warnings=("60 more sessions need about 600 MB of memory; 2.1 GB are free.",),
        risk="More sessions need more memory.",
        way_back="max_connections is set back to what it was.",
    )
    tell.asked("raise_limit", RAISE)
    tell.decided(64, RAISE, "ana.lima", "launch traffic, expected until 04:00", yes=True, door=Door.CHAT)
    tell.taken_up(0.3, 1)
    tell.slots(0.1, 196, "before:raise_limit")
    tell.symptom(0.0, 196, "before:raise_limit")
    done = TargetResult(name=target.name, done=True, note="260")
    tell.acted(1.2, Act.APPLY, ("raise_limit", RAISE), "Set to 260.", done)
    for seconds, taken in ((0.2, 196), (118, 197), (180, 197)):
        tell.slots(seconds, taken, "validate:raise_limit")
    tell.validated(0.0, "raise_limit", 197, 298, 300.4)
    back = TargetResult(name=target.name, done=True, note="200")
    tell.acted(1.1, Act.UNDO, ("raise_limit", RAISE), "Set back to 200.", back)
    tell.slots(42, 151, "after:raise_limit")
    tell.symptom(0.0, 151, "after:raise_limit")
    tell.closed(Ending.RECOVERED, "The symptom went away without a validated change of ours.")


def unresolved(tell: Teller) -> None:
    """Nobody answers the approval, the task cannot be done, a notifier is away: a person must look."""
    gathered(tell, 197, 142, 2)
    tell.say(0.1, Judged(ranking=(leak(Standing.SUPPORTED, 0.83, 142), POOLS, load(Standing.CONTESTED, 0.12))))
    tell.planned("end_idle_sessions", "End sessions that have been idle for too long", END)
    tell.asked("end_idle_sessions", END)
    tell.outside(300, Escalated(level="L2 database lead", told=("database lead",), why="No answer for 5 min."))
    tell.outside(600, Escalated(level="L3 head of platform", told=(), why="No answer for 15 min."))
    tell.outside(900, Lapsed(digest=END))
    tell.taken_up(0.3, 1)
    lapsed = "Nobody answered in time, so the plan was not carried out."
    tell.say(0.1, Passed(mitigation="end_idle_sessions", by="time", why=lapsed))
    tell.slots(0.1, 197, "after:end_idle_sessions")
    tell.symptom(0.0, 197, "after:end_idle_sessions")
    tell.say(
        0.1,
        TaskGiven(
            mitigation="restart_reports",
            title="Restart rung-reports",
            treats="idle_leak",
            digest=TASK,
            steps=("rung-reports holds 142 sessions.", "Restart it in ECS.", "Say that it is done."),
            validation=ROOM,
            expires_at=tell.clock.now + timedelta(hours=1),
            text="Only its owners may restart it.",
        ),
    )
    why = "the ECS console refuses me; I have no right to restart it"
    tell.outside(380, TaskDone(digest=TASK, done=False, by="jonas.b", door=Door.CLI, why=why))
    tell.slots(0.3, 197, "after:restart_reports")
    tell.sessions(0.0, 151, 2, "after:restart_reports")
    tell.symptom(0.0, 197, "after:restart_reports")
    text = "The symptom is still there. Supported causes: A client opens sessions and never gives them back."
    tell.say(0.1, Escalated(level="L1 database on-call and L2 database lead", told=(), why=text))
    tell.say(0.1, Closed(ending=Ending.UNRESOLVED, text=text))
    tell.told("Unresolved", "The mail server refuses connections; the message was not sent.", delivered=False)
    tell.outside(60, Noted(by="jonas.b", text="Called the owner of rung-reports; she restarts it."))


STORIES: dict[str, Callable[[Teller], None]] = {one.__name__: one for one in (resolved, rejected, undone, unresolved)}

REPORT = "report"
"""The golden report, on all four."""

POST_MORTEMS = ("resolved", "unresolved")


def draw(name: str) -> dict[str, str]:
    """The documents of one story, or the report on all, by the name of their file."""
    if name == REPORT:
        return {"report.html": _report()}
    from journal import postmortem
    from journal.timeline import as_html, as_markdown, timeline

    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        with Journal.connect(f"sqlite:///{folder}/journal.db", clock=clock) as journal:
            tell = Teller(journal, clock)
            STORIES[name](tell)
            entries = journal.entries(tell.incident)
    drawn = timeline(entries)
    documents = {f"{name}.md": as_markdown(drawn), f"{name}.html": as_html(drawn)}
    if name in POST_MORTEMS:
        draft = postmortem.postmortem(entries)
        documents[f"{name}_postmortem.md"] = postmortem.as_markdown(draft)
        documents[f"{name}_postmortem.html"] = postmortem.as_html(draft)
    return documents


def _report() -> str:
    from journal.report import report
    from journal.report_page import as_html
    from journal.report_rows import rows

    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        since = clock.now
        with Journal.connect(f"sqlite:///{folder}/journal.db", clock=clock) as journal:
            for tell in STORIES.values():
                tell(Teller(journal, clock))
                clock.now += timedelta(days=2)
            found = rows(journal, since)
    return as_html(report(found, since=since, until=clock.now))
