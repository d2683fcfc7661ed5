"""Says entries into a journal as the pipeline would, on a clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from journal.facts.closed import Closed, Notified
from journal.facts.decided import Decided, Planned, PlannedTarget, Requested
from journal.facts.done import Carried, Intended, TargetResult, Validated
from journal.facts.opened import Opened, TakenUp
from journal.facts.seen import Check, Checked, Finding, Judged, Read, SymptomAsked, Verdict
from journal.facts.words import Act, Answer, Channel, Effect, Ending, Stake
from journal.store import Journal
from runbook import Facts
from tasks.gather import figures
from tasks.hypothesize import KEY
from tests.golden.runbook import Sessions, Slots

FULL = "at least 90% of the connection slots are taken"
ROOM = "fewer than 70% of the connection slots are taken"
RUNS = ("0b6c8a52-7c1e-4d0e-9a63-5b2f6c1d7e01", "4f0a3d97-12b8-4c55-8e0f-2c7d9b6a5e02")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 14, 3, 2, 41, 250_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def found(sentence: str, answer: Answer, observed: str, probe: str, weight: float = 2.0) -> Finding:
    return Finding(sentence=sentence, answer=answer, observed=observed, weight=weight, probe=probe)


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

    def say(self, seconds: float, fact: object, key: str | None = None) -> None:
        self.clock.now += timedelta(seconds=seconds)
        self.keys += 1
        self.journal.append(self.incident, key or f"step:{self.keys}", fact, flow_run=self.run)

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
        self.read(seconds, "slots", "How many connection slots are taken?", Slots(taken=taken), phase)

    def sessions(self, seconds: float, seen: Sessions, phase: str = "gather") -> None:
        self.read(seconds, "sessions", "What are the sessions doing, and since when?", seen, phase)

    def read(self, seconds: float, probe: str, asks: str, seen: Facts, phase: str) -> None:
        self.clock.now += timedelta(seconds=seconds)
        took, at = timedelta(milliseconds=38), self.clock.now
        self.say(
            0.04,
            Read(
                phase=phase,
                probe=probe,
                asks=asks,
                source="rung.c297",
                at=at,
                took=took,
                text=str(seen),
                value=seen.model_dump(mode="json"),
                figures=figures(seen),
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
        finding = found(FULL, answer, str(Slots(taken=taken)), "slots", weight=0.0)
        self.say(seconds, SymptomAsked(phase=phase, finding=finding))

    def judged(self, *ranking: Verdict) -> None:
        self.say(0.1, Judged(ranking=ranking), key=KEY)

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
            "stake": Stake.WORK,
            "sure": 0.7,
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
                channels=(Channel.PREFECT, Channel.CLI, Channel.CHAT),
                expires_at=self.clock.now + timedelta(minutes=minutes),
                text="as planned",
            ),
        )
        self.told("approval wanted", f"{role} is asked for a yes to exactly one plan.")

    def decided(
        self, seconds: float, digest: str, by: str, why: str, *, yes: bool, channel: Channel = Channel.CLI
    ) -> None:
        proven = channel is Channel.CLI
        self.outside(
            seconds, Decided(digest=digest, approve=yes, by=by, channel=channel, identity_proven=proven, why=why)
        )

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
