"""A recorded incident, told entry by entry by the tests: what the pipeline would append, in its own words."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from journal import approvals
from journal.facts.closed import Closed
from journal.facts.decided import Planned, PlannedTarget, Requested, TaskGiven
from journal.facts.done import Carried, Intended, TargetResult, Validated
from journal.facts.opened import Opened, TakenUp
from journal.facts.seen import Check, Checked, Finding, Judged, Read, SymptomAsked, Verdict
from journal.facts.words import Act, Answer, Channel, Effect, Ending, Standing
from journal.schema import chains, incidents

RUN = "7f1c7a2e-0000-4000-8000-000000000001"
DIGEST = "3fa9c1d27be04a56"
MITIGATION = "end_idle_sessions"
HOLDER = "rung-worker-1:4711:99"


class Clock:
    """The journal's clock; begins ten minutes ago and stands still until it is moved."""

    def __init__(self):
        self.now = datetime.now(UTC).replace(microsecond=250_000) - timedelta(minutes=10)

    def __call__(self):
        return self.now

    def pass_(self, **time):
        self.now += timedelta(**time)


def finding(sentence, answer, observed, weight=2.2):
    return Finding(sentence=sentence, answer=answer, observed=observed, weight=weight)


LEAK = Verdict(
    hypothesis="idle_leak",
    claim="A client opens sessions and never gives them back.",
    standing=Standing.SUPPORTED,
    score=0.86,
    prior=0.4,
    speaks_for=(
        finding(
            "long-idle sessions hold at least half of the slots",
            Answer.YES,
            "97 sessions: 61 idle for long, 0 idle in transaction for long, 0 active for long; 97 usable slots",
        ),
    ),
    speaks_against=(
        finding(
            "fewer than one slot in ten is long idle",
            Answer.NO,
            "97 sessions: 61 idle for long, 0 idle in transaction for long, 0 active for long; 97 usable slots",
        ),
    ),
)
POOLS = Verdict(
    hypothesis="oversized_pools",
    claim="The clients' pools are together larger than the server.",
    standing=Standing.UNDECIDED,
    score=0.20,
    prior=0.2,
    speaks_for=(
        finding(
            "the pools may open more connections than the server has",
            Answer.UNKNOWN,
            "The server is too full to say how many slots it has, so the pools cannot be held against it.",
        ),
    ),
    speaks_against=(finding("the pools together fit into the server", Answer.UNKNOWN, "nobody could look"),),
)
LOAD = Verdict(
    hypothesis="honest_load",
    claim="Legitimate load exceeds max_connections.",
    standing=Standing.REFUTED,
    score=0.02,
    prior=0.2,
    speaks_for=(finding("the sessions work", Answer.NO, "61 of 97 sessions idle"),),
    speaks_against=(
        finding(
            "sessions that have idled or run for long hold at least a third of the slots",
            Answer.YES,
            "97 sessions: 61 idle for long",
        ),
    ),
)


class Story:
    """Appends to one incident, with an entry of each stage."""

    def __init__(self, journal, clock, *, environment="rung-prod", fingerprint="leak", by="alert:alertmanager"):
        self.journal, self.clock = journal, clock
        opened = Opened(
            title="Connection exhaustion",
            runbook="rung.connection_exhaustion",
            runbook_version="1",
            system="rung",
            environment=environment,
            severity="critical",
            fingerprint=fingerprint,
            params={"environment": environment},
            requested_by=by,
        )
        self.incident = journal.open_incident(opened)[0].id

    def say(self, key, fact, **passed):
        self.clock.pass_(**(passed or {"milliseconds": 40}))
        return self.journal.append(self.incident, key, fact, flow_run=RUN)

    def read(self, probe, asks, text, *, took=0.038, unreadable=None, phase="gather"):
        self.say(
            f"read:{phase}:{probe}",
            Read(
                phase=phase,
                probe=probe,
                asks=asks,
                source="rung.c297",
                at=self.clock(),
                took=timedelta(seconds=took),
                text=text,
                value=None if unreadable else {"text": text},
                unreadable=unreadable,
            ),
        )

    def gathered(self):
        self.say(f"taken_up:{HOLDER}", TakenUp(holder=HOLDER, pass_number=1))
        checks = (
            Check(name="postgres", answer=Answer.YES, text="The reading role sees all sessions of rung on db:5432."),
            Check(name="aws eu-central-1", answer=Answer.UNKNOWN, text="AWS does not answer; check the network."),
        )
        self.say("checked", Checked(checks=checks))
        self.read("slots", "How many connection slots are taken?", "97 of 97 usable slots taken (100%)")
        self.read(
            "sessions",
            "What are the sessions doing, and since when?",
            "97 sessions: 61 idle for long, 0 idle in transaction for long, 0 active for long; 97 usable slots",
            took=1.24,
        )
        self.read("clients", "Whose sessions are they?", "rung_app by rung-api 61, rung_app by rung-worker 36")
        self.read(
            "pools",
            "How many connections may the pools open?",
            "",
            unreadable="The server is too full to say how many slots it has, so the pools cannot be held against it.",
        )
        found = finding(
            "at least 90% of the connection slots are taken", Answer.YES, "97 of 97 usable slots taken (100%)"
        )
        self.say("symptom:gather", SymptomAsked(phase="gather", finding=found))
        return self

    def judged(self):
        self.say("judged", Judged(ranking=(LEAK, POOLS, LOAD)))
        return self

    def planned(self, digest=DIGEST, mitigation=MITIGATION, targets=12):
        planned = Planned(
            mitigation=mitigation,
            title="End sessions that have been idle for too long",
            treats="idle_leak",
            change="postgres.end_idle_sessions",
            effect=Effect.DISRUPTIVE,
            summary=f"End {targets} of 97 sessions of rung_app that have been idle for more than 30 min.",
            digest=digest,
            targets=tuple(
                PlannedTarget(
                    name=f"pid {2000 + n} rung-api 10.0.3.{n} since 02:41:{n:02}",
                    before="idle for 31 min",
                    after="ended",
                )
                for n in range(targets)
            ),
            out_of=97,
            warnings=("3 more sessions are idle for less than 30 min and stay.",),
            risk="Clients of the ended sessions must reconnect.",
            way_back="None: an ended session cannot be resumed; its client reconnects.",
            validation="fewer than 70% of the connection slots are taken for 30 s, within 5 min",
            plan={"change": "postgres.end_idle_sessions"},
        )
        self.say(f"plan:{mitigation}", planned)
        return self

    def asked(self, digest=DIGEST, mitigation=MITIGATION, minutes=30, **more):
        request = Requested(
            mitigation=mitigation,
            digest=digest,
            role="database on-call",
            quorum=more.pop("quorum", 1),
            requester_excluded=more.pop("requester_excluded", False),
            channels=more.pop("channels", tuple(Channel)),
            expires_at=self.clock() + timedelta(minutes=minutes),
            text=f"## End sessions that have been idle for too long\n\n**{self.incident}**: End 12 of 97 sessions.\n\n"
            "| Target | Before | After |\n|---|---|---|\n| pid 2001 | idle for 31 min | ended |\n\n"
            f"**Risk:** Clients of the ended sessions must reconnect.  \n**Plan:** `{digest}`",
        )
        self.say(f"ask:{mitigation}", request)
        return self

    def waiting(self, **more):
        return self.gathered().judged().planned().asked(**more)

    def given(self, digest="77aa00bb11cc22dd", minutes=60):
        task = TaskGiven(
            mitigation="shrink_pools",
            title="Make the clients' pools smaller than the server",
            treats="oversized_pools",
            digest=digest,
            steps=(
                "rung-api keeps 20 connections in each of 6 tasks; all pools may open 120, the server has 97 slots.",
                "Set the pool size of rung-api to 12 or less and deploy it.",
                "Say that it is done; the connection slots are then looked at again.",
            ),
            validation="fewer than 90% of the connection slots are taken",
            expires_at=self.clock() + timedelta(minutes=minutes),
            text="## Make the clients' pools smaller than the server",
        )
        self.say("task:shrink_pools", task)
        return self

    def decided(self, approve=True, digest=DIGEST, by="Ana Lima", channel=Channel.CHAT):
        self.clock.pass_(seconds=47)
        approvals.decide(
            self.journal,
            self.incident,
            digest,
            approve=approve,
            by=by,
            channel=channel,
            identity_proven=True,
            why="The leak is known; the pool was deployed at noon.",
        )
        return self

    def applied(self, digest=DIGEST):
        deed = {"mitigation": MITIGATION, "digest": digest, "act": Act.APPLY, "attempt": 1}
        self.say("intended:1", Intended(holder=HOLDER, **deed))
        results = tuple(
            TargetResult(name=f"pid {2000 + n}", done=n != 3, note="gone before" if n == 3 else "") for n in range(12)
        )
        note = "11 sessions ended, 1 was gone."
        self.say("carried:1", Carried(ok=True, note=note, results=results, **deed), milliseconds=130)
        return self

    def validated(self, held=True):
        found = finding(
            "fewer than 70% of the connection slots are taken",
            Answer.YES if held else Answer.NO,
            f"{37 if held else 95} of 97 usable slots taken",
        )
        self.read("slots", "How many connection slots are taken?", found.observed, phase=f"validate:{MITIGATION}")
        self.say(
            f"validated:{MITIGATION}",
            Validated(mitigation=MITIGATION, held=held, finding=found, looks=31, took=timedelta(seconds=30.2)),
            seconds=30,
        )
        return self

    def closed(self, ending=Ending.RESOLVED, text="End sessions: it worked, and the symptom is gone."):
        self.say("closed", Closed(ending=ending, text=text))
        return self

    def whole(self):
        return self.waiting().decided().applied().validated().closed()


def crowd(journal, size):
    """So many open incidents of other problems."""
    named = {"title": "Load", "runbook": "rung.high_latency", "runbook_version": "1", "system": "rung"}
    fact = Opened(
        **named, environment="rung-prod", severity="error", fingerprint="crowd", params={}, requested_by="alert:sns"
    )
    for number in range(size):
        journal.open_incident(fact.model_copy(update={"fingerprint": f"crowd-{number}"}))


def listed(journal, size):
    """So many more, in one commit: only what is listed of them."""
    named = {"title": "Load", "runbook": "rung.high_latency", "system": "rung", "environment": "rung-prod"}
    ids = [f"INC-20260102-Z{number:04}" for number in range(size)]
    rows = [named | {"id": one, "fingerprint": one, "severity": "error", "opened_at": journal.clock()} for one in ids]
    with journal.database.engine.begin() as tx:
        tx.execute(insert(chains), [{"incident": one, "head": "", "length": 0} for one in ids])
        tx.execute(insert(incidents), rows)
