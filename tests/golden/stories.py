"""Four incidents, told entry by entry as the pipeline would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from journal.facts.closed import Closed, Confirmed, Noted
from journal.facts.decided import Lapsed, Passed, PlannedTarget, TaskDone, TaskGiven
from journal.facts.done import TargetResult
from journal.facts.policy import Acknowledged, Escalated
from journal.facts.seen import History
from journal.facts.words import Act, Channel, Effect, Ending, Standing
from runbook.learning import learned
from tests.golden.causes import BLIND, POOLS, leak, load, something_else
from tests.golden.runbook import Sessions
from tests.golden.teller import ROOM, Teller

END, RAISE, TASK = "9c41d07be2a85f36", "51e8b3fa70c6d924", "e07d3a9418bc5f62"
ENDED = tuple(
    TargetResult(
        name=f"session {41872 + 7 * n} of rung-reports", done=n != 5, note="had ended by itself" if n == 5 else ""
    )
    for n in range(14)
)


LEAKING, LEAKING_AND_BUSY = Sessions(idle=142, active=3, fresh=9), Sessions(idle=142, active=2, fresh=50)
BUSY = Sessions(idle=6, active=4, fresh=176)


def gathered(tell: Teller, taken: int, seen: Sessions) -> None:
    tell.taken_up(0.3, 0)
    tell.checked()
    tell.slots(0.1, taken)
    tell.sessions(0.0, seen)
    tell.blind(2.0, "pools", "How many connections may the pools open?", BLIND)
    tell.symptom(0.1, taken)


def resolved(tell: Teller) -> None:
    """A leak is ended after a page to the second level, and it holds; the cause is confirmed the next morning."""
    gathered(tell, 196, LEAKING)
    history = History(declared=0.4, confirmed=5, of=7), History(declared=0.2, confirmed=0, of=7)
    pools, other = History(declared=0.2, confirmed=1, of=7), History(declared=0.2, confirmed=1, of=7)
    tell.judged(
        leak(Standing.SUPPORTED, 0.981045, LEAKING, history[0]),
        POOLS.model_copy(update={"history": pools, "prior": learned(pools), "score": 0.0297}),
        something_else(0.0091, other),
        load(Standing.REFUTED, 0.0025, LEAKING, history[1]),
    )
    tell.planned("end_idle_sessions", "End sessions that have been idle for too long", END)
    tell.asked("end_idle_sessions", END)
    tell.outside(
        300, Escalated(level="L2 database lead", told=("database lead",), why="No answer to the approval for 5 min.")
    )
    tell.outside(61, Acknowledged(by="mara.ionescu", channel=Channel.CLI, why="on it"))
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
    tell.closed(Ending.RESOLVED, "“End sessions that have been idle for too long” worked, and the symptom is gone.")
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
    gathered(tell, 186, LEAKING)
    tell.judged(
        leak(Standing.SUPPORTED, 0.96261, LEAKING),
        POOLS,
        something_else(0.0175),
        load(Standing.REFUTED, 0.0057, LEAKING),
    )
    tell.planned("end_idle_sessions", "End sessions that have been idle for too long", END)
    tell.asked("end_idle_sessions", END)
    why = "month-end close is running on these sessions; wait until 05:00"
    tell.decided(171, END, "Grace Hopper", why, yes=False, channel=Channel.PREFECT)
    tell.taken_up(0.3, 1)
    tell.say(0.1, Passed(mitigation="end_idle_sessions", by="person", why="The plan was rejected."))
    tell.slots(0.1, 188, "after:end_idle_sessions")
    tell.symptom(0.0, 188, "after:end_idle_sessions")
    text = "The symptom is still there. Supported causes: A client opens sessions and never gives them back (96%)."
    tell.say(0.1, Escalated(level="L1 database on-call", told=("database on-call",), why=text))
    tell.closed(Ending.UNRESOLVED, text)


def undone(tell: Teller) -> None:
    """A change is applied, does not help and is taken back; the load then goes away by itself."""
    gathered(tell, 195, BUSY)
    tell.judged(
        load(Standing.SUPPORTED, 0.897602, BUSY),
        POOLS.model_copy(update={"score": 0.0655}),
        something_else(0.0432),
        leak(Standing.REFUTED, 0.024, BUSY),
    )
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
    tell.decided(64, RAISE, "ana.lima", "launch traffic, expected until 04:00", yes=True, channel=Channel.CHAT)
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
    text = (
        "The symptom is gone, and it is not known why: “Raise max_connections” was carried out and was not shown to"
        " have helped. What was changed is undone."
    )
    tell.closed(Ending.RECOVERED, text)


def unresolved(tell: Teller) -> None:
    """Nobody answers the approval, the task cannot be done, a notifier is away: a person must look."""
    gathered(tell, 197, LEAKING_AND_BUSY)
    tell.judged(
        leak(Standing.SUPPORTED, 0.948984, LEAKING_AND_BUSY),
        POOLS.model_copy(update={"score": 0.0404}),
        load(Standing.CONTESTED, 0.0404, LEAKING_AND_BUSY),
        something_else(0.0169),
    )
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
    tell.outside(380, TaskDone(digest=TASK, done=False, by="jonas.b", channel=Channel.CLI, why=why))
    tell.slots(0.3, 197, "after:restart_reports")
    tell.sessions(0.0, Sessions(idle=151, active=2, fresh=42), "after:restart_reports")
    tell.symptom(0.0, 197, "after:restart_reports")
    text = "The symptom is still there. Supported causes: A client opens sessions and never gives them back (95%)."
    tell.say(0.1, Escalated(level="L1 database on-call and L2 database lead", told=(), why=text))
    tell.say(0.1, Closed(ending=Ending.UNRESOLVED, text=text))
    tell.told("Unresolved", "The mail server refuses connections; the message was not sent.", delivered=False)
    tell.outside(60, Noted(by="jonas.b", text="Called the owner of rung-reports; she restarts it."))


STORIES: dict[str, Callable[[Teller], None]] = {one.__name__: one for one in (resolved, rejected, undone, unresolved)}
