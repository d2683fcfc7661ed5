"""A PostgreSQL database that is an instance of RDS: its parameters, its size, its storage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from pydantic import Field

from blocks.aws import Aws
from blocks.shapes import HasInstance
from flows.forms import WindowForm
from flows.parts.asked import DEVISED, Asked
from flows.parts.postgres import sessions as postgres
from flows.parts.postgres.connections import ON_CALL
from flows.parts.postgres.sessions import AskedSessions
from runbook import (
    Approval,
    Context,
    Evidence,
    Examination,
    Facts,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Probe,
    WayBack,
    probe,
)
from runbook.probe import E_contra, P_contra
from tasks.cloudwatch.dimensions import of_database
from tasks.cloudwatch.read import Metric, Metrics, read_metrics
from tasks.postgres.read import Slots
from tasks.rds.change import RaiseMaxConnections, TimeFunctions
from tasks.rds.read import Connections, Instance, read_connections, read_instance
from tasks.rds.reboot import RebootInstance
from tasks.selections import InstanceOf

E = TypeVar("E")
I = TypeVar("I", bound=HasInstance)  # noqa: E741 # an instance, as E is an environment
P = TypeVar("P", bound=Form)
L = TypeVar("L", bound="LimitForm")


class LimitForm(Form):
    """How far max_connections may be raised."""

    max_connections: int = Field(
        default=200, ge=20, le=5000, description="Raise max_connections to at least this; it is never lowered."
    )


def server(c: Context[HasInstance, Form]) -> InstanceOf:
    """The instance that everybody shares."""
    return InstanceOf(identifier=c.env.db_instance)


def slots(source: str = DEVISED) -> Probe[HasInstance, Form, Slots]:
    """As of any PostgreSQL, and about the instance that a change may be made to."""
    return replace(postgres.slots(source), about=server)


class AskedInstance(Asked[E_contra, P_contra, Instance]):
    @cached_property
    def waits_for_reboot(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("a parameter change waits for a reboot", lambda r: r.pending)


def instance(source: str = DEVISED) -> Probe[HasInstance, Form, Instance]:
    @probe(
        read_instance,
        asks="Is the instance available, and does a parameter wait for a reboot?",
        source=source,
        about=server,
    )
    def instance(c: Context[HasInstance, Form], of: InstanceOf) -> Instance:
        return read_instance(c.env.aws, of.identifier)

    return instance


def cloudwatch(source: str = DEVISED) -> Probe[HasInstance, Form, Connections]:
    """What CloudWatch counted, for people to see."""

    @probe(read_connections, asks="How many connections did CloudWatch see?", source=source)
    def cloudwatch(c: Context[HasInstance, Form]) -> Connections:
        return read_connections(c.env.aws, c.env.db_instance)

    return cloudwatch


def storage(c: Context[HasInstance, Form]) -> tuple[Aws, str]:
    """Whose free storage an index must fit into."""
    return c.env.aws, c.env.db_instance


def raise_max_connections(
    treats: Hypothesis[I, L],
    sessions: AskedSessions[I, L],
    instance: AskedInstance[I, L],
    source: str = DEVISED,
    *,
    reboot_source: str = DEVISED,
    by: str = ON_CALL,
) -> Mitigation[I, L]:
    """Two steps with two approvals: the parameter, and the reboot without which it does not count."""
    reboot = Mitigation[I, L](
        name="reboot_instance",
        title="Reboot the instance so that the new max_connections counts",
        treats=treats,
        change=lambda c: RebootInstance(aws=c.env.aws, database=c.env.database, identifier=c.env.db_instance),
        approval=Approval(
            by=f"{by} and incident lead",
            risk="The database is away until it is back; all sessions are dropped.",
        ),
        guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=30)),
        undo=Irreversible("A reboot cannot be taken back; sessions reconnect when the instance is available."),
        validated_by=sessions.work_fits,
        within=timedelta(minutes=10),
        source=reboot_source,
    )
    return Mitigation(
        name="raise_max_connections",
        title="Raise max_connections in the instance's own parameter group",
        treats=treats,
        change=lambda c: RaiseMaxConnections(
            aws=c.env.aws,
            database=c.env.database,
            identifier=c.env.db_instance,
            group=c.env.parameter_group,
            at_least=c.params.max_connections,
        ),
        approval=Approval(by=by, risk="Each connection costs memory; the value lands at the next reboot."),
        guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=30)),
        undo=WayBack("The parameter group gets its old value back."),
        validated_by=instance.waits_for_reboot,
        holds_for=timedelta(seconds=5),
        source=source,
        then=reboot,
    )


def time_functions(
    *tells: Hypothesis[I, P], then_asks: Probe[I, P, Facts], source: str = DEVISED, by: str = ON_CALL
) -> Examination[I, P]:
    """Let the server add up for a while how long each function takes; no text of a statement is kept anywhere."""
    return Examination(
        name="time_functions",
        title="Let the database add up for a while how long its functions take",
        tells=tells,
        change=lambda c: TimeFunctions(aws=c.env.aws, identifier=c.env.db_instance, group=c.env.parameter_group),
        approval=Approval(by=by, risk="Each call of a function costs a little more while it is on."),
        guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=30)),
        undo=WayBack("The parameter group gets its old value back, which counts at once."),
        then_asks=(then_asks,),
        asks_after=timedelta(minutes=1),
        ends_after=timedelta(hours=1),
        source=source,
    )


def storage_of(instance: str) -> tuple[Metric, Metric]:
    """How long storage takes; `AskedLoad.storage_slow` goes by these names."""
    of = of_database(instance)
    return (
        of(name="read_latency", metric="ReadLatency", statistic="Average", unit="s"),
        of(name="write_latency", metric="WriteLatency", statistic="Average", unit="s"),
    )


def load_of(instance: str) -> tuple[Metric, ...]:
    """What tells whether the instance is too small; `AskedLoad` goes by these names."""
    of = of_database(instance)
    return (
        of(name="cpu", metric="CPUUtilization", statistic="Average", unit="%"),
        *storage_of(instance),
        of(name="disk_queue", metric="DiskQueueDepth", statistic="Average"),
        of(name="free_storage", metric="FreeStorageSpace", statistic="Average", unit="bytes"),
    )


class AskedLoad(Asked[E_contra, P_contra, Metrics]):
    """Metrics of a runbook's own choice, `storage_of` or `load_of` the instance among them."""

    @cached_property
    def cpu_full(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the instance's processors are at least 90% busy", lambda r: r.latest("cpu") >= 90)

    @cached_property
    def cpu_spare(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the instance's processors are less than 70% busy", lambda r: r.latest("cpu") < 70)

    @cached_property
    def storage_slow(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the database's storage takes 20 ms (0.02 s) or longer to read or write",
            lambda r: max(r.latest("read_latency"), r.latest("write_latency")) >= 0.02,
        )


def load(source: str = DEVISED) -> Probe[HasInstance, WindowForm, Metrics]:
    @probe(read_metrics, asks="Are the instance's processors and storage busy?", source=source)
    def metrics(c: Context[HasInstance, WindowForm]) -> Metrics:
        window, period = c.back(c.params.window), c.params.period
        return read_metrics(c.env.aws, load_of(c.env.db_instance), window=window, period=period)

    return metrics


def too_small(
    load: AskedLoad[E, P], source: str = DEVISED, *, unless: tuple[Evidence[E, P], ...], prior: float = 0.2
) -> Hypothesis[E, P]:
    """`unless` is what else would keep the instance busy or its queries waiting."""
    return Hypothesis(
        name="instance_too_small",
        claim="Legitimate work exceeds the instance's processors or storage.",
        supported_by=(load.cpu_full, load.storage_slow),
        refuted_by=(load.cpu_spare, *unless),
        prior=prior,
        source=source,
    )


def scale_instance(
    treats: Hypothesis[E, P], load: AskedLoad[E, P], source: str = DEVISED, *, validated_by: Evidence[E, P]
) -> Manual[E, P]:
    return Manual(
        name="scale_instance",
        title="Give the database a larger instance, or less to do",
        treats=treats,
        why_manual="a larger class costs money and a failover, and which work can wait is for its owners to say.",
        steps=(
            load.probe.tells(lambda r: [f"CloudWatch says: {r}."]),
            "Stop or postpone reports and batch jobs that can wait.",
            "If that is not enough, modify the instance to a larger class (processors) or to more provisioned IOPS"
            " (storage), and apply it at once: a Multi-AZ instance is away for about a minute.",
            "Say that it is done; the running queries are then looked at again.",
        ),
        validated_by=validated_by,
        waits=timedelta(hours=2),
        within=timedelta(minutes=15),
        source=source,
    )
