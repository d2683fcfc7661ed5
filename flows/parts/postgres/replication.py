"""A streaming replica that is late: whether it replays, and who holds it up. What is done about it: `replaying`."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from pydantic import Field

from blocks.shapes import HasDatabase, HasReplica, HasReplicaInstance
from flows.forms import WindowForm
from flows.parts import rds
from flows.parts.asked import DEVISED, Asked
from runbook import (
    Context,
    Evidence,
    Form,
    Hypothesis,
    Probe,
    Strength,
    probe,
)
from runbook.probe import E_contra, P_contra
from tasks.cloudwatch.dimensions import of_database
from tasks.cloudwatch.read import Metrics, read_metrics
from tasks.postgres.replication import (
    Holders,
    Replay,
    ReplayOf,
    Stream,
    read_holders,
    read_replay,
    read_stream,
)
from tasks.postgres.selection import SessionsOf

E = TypeVar("E", bound=HasReplica)
P = TypeVar("P", bound=Form)

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
