"""A streaming replica that is late: whether it replays, who holds it up, and what is done about that."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from pydantic import Field

from blocks.shapes import HasDatabase, HasReplica, HasReplicaInstance
from flows.forms import WindowForm
from flows.parts import rds
from flows.parts.asked import DEVISED, Asked
from flows.parts.postgres.connections import ON_CALL
from runbook import (
    Approval,
    Context,
    Evidence,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Plan,
    Probe,
    Strength,
    Wait,
    WayBack,
    probe,
)
from runbook.probe import E_contra, P_contra
from tasks.cloudwatch.dimensions import of_database
from tasks.cloudwatch.read import Metrics, read_metrics
from tasks.postgres.replay import EndHolders, ReplayTarget, ResumeReplay
from tasks.postgres.replication import (
    NOT_PAUSED,
    Holders,
    Replay,
    ReplayOf,
    Stream,
    read_holders,
    read_replay,
    read_stream,
)
from tasks.postgres.selection import SessionsOf
from tasks.postgres.sessions import SessionTarget

E = TypeVar("E", bound=HasReplica)
P = TypeVar("P", bound=Form)
R = TypeVar("R", bound="ReplayForm")

DBA = "database administrator"
GUARDRAIL = Guardrail(at_most=3, cooldown=timedelta(minutes=1))
"""No share: a replica often has few sessions, and one report may be half of them."""
DRAINED_WITHIN = timedelta(hours=1)
"""What will be replayed within so long, at the pace of the moment, is waited for."""


class ReplayForm(Form):
    """From when on a replica is too late, and a session on it may be ended that holds its replay."""

    lag_above: timedelta = Field(
        default=timedelta(seconds=60),
        ge=timedelta(milliseconds=100),
        description="A replica that is later than this is too late. Devised: the page says `too high`.",
    )
    replay_watched_for: timedelta = Field(
        default=timedelta(seconds=5),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=8),
        description="How long the replay is watched, to see whether it catches up.",
    )
    holding_for: timedelta = Field(
        default=timedelta(minutes=1),
        ge=timedelta(milliseconds=100),
        description="A transaction on the replica that is older than this may be ended where replay waits for it.",
    )


def of_replay(c: Context[HasReplica, ReplayForm]) -> ReplayOf:
    """The replay of the environment's replica."""
    return ReplayOf(server=c.env.replica.host)


def whose(c: Context[HasReplica, ReplayForm]) -> SessionsOf:
    """The application's sessions on the replica that have held its replay for too long."""
    env = c.env
    return SessionsOf(database=env.replica.dbname, role=env.application_user, holding_for=c.params.holding_for)


class AskedReplay(Asked[E_contra, P_contra, Replay]):
    @cached_property
    def late(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the replica is too late in every look (`lag_above`)",
            lambda r: r.lag > r.too_late,
            gauge="replication lag",
        )

    @cached_property
    def in_time(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the replica is at most half as late as is too late (`lag_above`)", lambda r: r.lag <= r.too_late / 2
        )

    @cached_property
    def paused(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the replica's replay is paused", lambda r: r.paused)

    @cached_property
    def goes_on(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the replica's replay is not paused", lambda r: not r.paused)

    @cached_property
    def waits(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("in most looks replay waited for a session on the replica", lambda r: r.waits)

    @cached_property
    def receives(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the replica hears its primary", lambda r: r.receives)

    @cached_property
    def cut_off(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the replica has not heard its primary for a minute, or at all", lambda r: not r.receives
        )

    @cached_property
    def catches_up(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "what waits to be replayed becomes less, and will be gone within an hour",
            lambda r: r.catches_up(DRAINED_WITHIN),
        )

    @cached_property
    def falls_behind(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "what waits to be replayed does not become less, or would take longer than an hour",
            lambda r: not r.catches_up(DRAINED_WITHIN),
        )


def replay(source: str = DEVISED) -> Probe[HasReplica, ReplayForm, Replay]:
    @probe(
        read_replay,
        asks="How late is the replica by its own word, and does it replay?",
        source=source,
        about=of_replay,
        timeout=timedelta(seconds=20),
    )
    def replay(c: Context[HasReplica, ReplayForm]) -> Replay:
        return read_replay(c.env.replica, over=c.params.replay_watched_for, too_late=c.params.lag_above)

    return replay


class AskedHolders(Asked[E_contra, P_contra, Holders]):
    @cached_property
    def held(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a session of the application on the replica has long kept what replay waits for (`holding_for`)",
            lambda r: r.waits and bool(r.meant),
        )

    @cached_property
    def free(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("replay waits for no session", lambda r: not r.waits)


def holders(source: str = DEVISED) -> Probe[HasReplica, ReplayForm, Holders]:
    @probe(read_holders, asks="Who on the replica keeps what its replay waits for?", source=source, about=whose)
    def holders(c: Context[HasReplica, ReplayForm], of: SessionsOf) -> Holders:
        return read_holders(c.env.replica, of)

    return holders


class AskedStream(Asked[E_contra, P_contra, Stream]):
    @cached_property
    def nobody(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("nobody receives from the primary", lambda r: r.receivers == 0)


def stream(source: str = DEVISED) -> Probe[HasDatabase, Form, Stream]:
    @probe(read_stream, asks="Who receives from the primary, and how far behind is it?", source=source)
    def stream(c: Context[HasDatabase, Form]) -> Stream:
        return read_stream(c.env.database)

    return stream


class AskedReplicaLoad(Asked[E_contra, P_contra, Metrics]):
    @cached_property
    def busy(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the replica's processors are at least 80% busy, or its storage takes 20 ms (0.02 s) to read or write",
            lambda r: r.latest("cpu") >= 80 or max(r.latest("read_latency"), r.latest("write_latency")) >= 0.02,
        )

    @cached_property
    def spare(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the replica's processors are less than 60% busy, and its storage takes less than 10 ms (0.01 s)",
            lambda r: r.latest("cpu") < 60 and max(r.latest("read_latency"), r.latest("write_latency")) < 0.01,
        )


def replica_load(source: str = DEVISED) -> Probe[HasReplicaInstance, WindowForm, Metrics]:
    """How busy the replica's machine is; and how late CloudWatch says that it is, for people to see."""

    @probe(read_metrics, asks="Are the replica's processors and storage busy?", source=source)
    def replica_load(c: Context[HasReplicaInstance, WindowForm]) -> Metrics:
        of = of_database(c.env.replica_instance)
        metrics = (
            of(name="cpu", metric="CPUUtilization", statistic="Average", unit="%"),
            of(name="replica_lag", metric="ReplicaLag", statistic="Maximum", unit="s"),
            *rds.storage_of(c.env.replica_instance),
        )
        return read_metrics(c.env.aws, metrics, window=c.back(c.params.window), period=c.params.period)

    return replica_load


def replay_paused(replay: AskedReplay[E, P], source: str = DEVISED) -> Hypothesis[E, P]:
    return Hypothesis(
        name="replay_paused",
        claim="Somebody has paused the replica's replay.",
        supported_by=(replay.paused,),
        refuted_by=(replay.goes_on,),
        strength=((replay.paused, Strength.DECISIVE), (replay.goes_on, Strength.DECISIVE)),
        source=source,
    )


def replay_held(replay: AskedReplay[E, P], holders: AskedHolders[E, P], source: str = DEVISED) -> Hypothesis[E, P]:
    return Hypothesis(
        name="replay_held",
        claim="A query on the replica keeps what its replay has to remove or to change.",
        supported_by=(replay.waits, holders.held),
        refuted_by=(holders.free, replay.paused),
        strength=(
            (holders.held, Strength.DECISIVE),
            (holders.free, Strength.DECISIVE),
            (replay.paused, Strength.DECISIVE),
        ),
        source=source,
    )


def write_burst(replay: AskedReplay[E, P], source: str = DEVISED) -> Hypothesis[E, P]:
    return Hypothesis(
        name="write_burst",
        claim="Much was written at once, and the replica catches up with it.",
        supported_by=(replay.catches_up,),
        refuted_by=(replay.falls_behind,),
        strength=((replay.catches_up, Strength.DECISIVE), (replay.falls_behind, Strength.DECISIVE)),
        source=source,
    )


def replica_cut_off(replay: AskedReplay[E, P], stream: AskedStream[E, P], source: str = DEVISED) -> Hypothesis[E, P]:
    return Hypothesis(
        name="replica_cut_off",
        claim="The replica receives nothing: the way to its primary, its password or its slot is lost.",
        supported_by=(replay.cut_off, stream.nobody),
        refuted_by=(replay.receives,),
        strength=((replay.cut_off, Strength.DECISIVE), (replay.receives, Strength.DECISIVE)),
        source=source,
    )


def replica_too_small(
    replay: AskedReplay[E, P], load: AskedReplicaLoad[E, P], source: str = DEVISED
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="replica_too_small",
        claim="The replica's instance cannot replay as fast as its primary writes.",
        supported_by=(load.busy,),
        refuted_by=(load.spare, replay.paused, replay.waits, replay.cut_off, replay.catches_up),
        strength=(
            (load.busy, Strength.DECISIVE),
            (load.spare, Strength.DECISIVE),
            *((one, Strength.DECISIVE) for one in (replay.paused, replay.waits, replay.cut_off, replay.catches_up)),
        ),
        source=source,
    )


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
