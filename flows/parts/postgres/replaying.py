"""What is done about a streaming replica that is late: its replay is resumed, let go of, or a person mends it."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from blocks.shapes import HasReplica
from flows.parts.asked import DEVISED
from flows.parts.postgres.connections import ON_CALL
from flows.parts.postgres.replication import (
    DRAINED_WITHIN,
    AskedHolders,
    AskedReplay,
    AskedReplicaLoad,
    AskedStream,
    ReplayForm,
    whose,
)
from runbook import Approval, Form, Guardrail, Hypothesis, Irreversible, Manual, Mitigation, Plan, Wait, WayBack
from tasks.postgres.replay import EndHolders, ReplayTarget, ResumeReplay
from tasks.postgres.replication import NOT_PAUSED, Holders, Replay
from tasks.postgres.sessions import SessionTarget

E = TypeVar("E", bound=HasReplica)
P = TypeVar("P", bound=Form)
R = TypeVar("R", bound=ReplayForm)

DBA = "database administrator"
GUARDRAIL = Guardrail(at_most=3, cooldown=timedelta(minutes=1))
"""No share: a replica often has few sessions, and one report may be half of them."""


def _resumed(seen: Replay, plan: Plan[ReplayTarget]) -> Replay:
    return seen.model_copy(update={"pause": NOT_PAUSED}) if plan.targets else seen


def resume_replay(
    treats: Hypothesis[E, R], replay: AskedReplay[E, R], source: str = DEVISED, *, by: str = DBA
) -> Mitigation[E, R]:
    return Mitigation(
        name="resume_replay",
        title="Resume the replica's replay",
        treats=treats,
        change=lambda c: ResumeReplay(replica=c.env.replica),
        approval=Approval(
            by=by, risk="Whoever paused it on purpose, to look back or to save data from a mistake, loses that moment."
        ),
        guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=10)),
        undo=WayBack("Replay is paused again: it stands still, but further on than it was."),
        validated_by=replay.goes_on,
        expects=_resumed,
        holds_for=timedelta(seconds=10),
        leaves="whoever paused it must know that it goes on; PostgreSQL does not tell who it was.",
        source=source,
    )


def _let_go(seen: Holders, plan: Plan[SessionTarget]) -> Holders:
    """Who would still hold it: replay waits on where somebody else's session may be the one."""
    ended = {one.pid for one in plan.targets}
    left = tuple(one for one in seen.sessions if one.pid not in ended)
    return seen.model_copy(update={"sessions": left, "waits": seen.waits and bool(left)})


def end_holders(
    treats: Hypothesis[E, R],
    holders: AskedHolders[E, R],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
) -> Mitigation[E, R]:
    return Mitigation(
        name="end_holders",
        title="Cancel or end what replay waits for on the replica",
        treats=treats,
        change=lambda c: EndHolders(database=c.env.replica, whose=whose(c)),
        approval=Approval(
            by=by, risk="A report that ran for long has to be begun anew; nothing is lost, it only read."
        ),
        guardrail=GUARDRAIL,
        undo=Irreversible("A cancelled query is gone; its client must ask again."),
        validated_by=holders.free,
        expects=_let_go,
        leaves="the report may come again; have its owner make it shorter, or let the replica end it by itself"
        " (`max_standby_streaming_delay`).",
        source=source,
    )


def wait_for_burst(treats: Hypothesis[E, P], replay: AskedReplay[E, P], source: str = DEVISED) -> Wait[E, P]:
    return Wait(
        name="wait_for_burst",
        title="Let the replica catch up",
        treats=treats,
        until=replay.in_time,
        within=DRAINED_WITHIN,
        says="The replica replays faster than its primary writes, so it is in time again by itself. Until then whoever"
        " must read what was just written has to read it from the primary.",
        source=source,
    )


def mend_stream(
    treats: Hypothesis[E, P], replay: AskedReplay[E, P], stream: AskedStream[E, P], source: str = DEVISED
) -> Manual[E, P]:
    return Manual(
        name="mend_stream",
        title="Let the replica receive from its primary again",
        treats=treats,
        why_manual="who may reach whom is for the owner of the network to say, and a replica whose WAL is gone is made"
        " anew.",
        steps=(
            replay.probe.tells(lambda r: [f"The replica says: {r}."]),
            stream.probe.tells(lambda r: [f"The primary says: {r}."]),
            "Look at the replica's log: it says why it cannot connect. Were security groups, routes, the primary's"
            " address or a password changed?",
            "Where it says that a segment of WAL `has already been removed`, it cannot catch up: make it anew.",
            "Where it will not be back soon, let readers use the primary, and watch the primary's storage: a slot keeps"
            " all WAL until its replica has it.",
            "Say that it is done; the replica is then asked again.",
        ),
        validated_by=replay.receives,
        source=source,
    )


def larger_replica(treats: Hypothesis[E, P], load: AskedReplicaLoad[E, P], source: str = DEVISED) -> Manual[E, P]:
    return Manual(
        name="larger_replica",
        title="Give the replica a larger instance, or less to do",
        treats=treats,
        why_manual="a larger class costs money, and the replica is away meanwhile: whoever reads from it decides.",
        steps=(
            load.probe.tells(lambda r: [f"CloudWatch says: {r}."]),
            "Move reports that can wait away from the replica: they take the processor that replay needs.",
            "If that is not enough, compare its class with its primary's, and modify it to at least that: it is away"
            " for some minutes, so let its readers use the primary meanwhile.",
            "Say that it is done; the replica's load is then looked at again.",
        ),
        validated_by=load.spare,
        waits=timedelta(hours=2),
        within=timedelta(minutes=15),
        source=source,
    )
