"""What a function, its log and its metrics may show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from blocks.shapes import HasAws
from flows.forms import WindowForm
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.awslambda.read import Concurrency, Function, read_concurrency, read_function
from tasks.cloudwatch.dimensions import of_alias, of_function
from tasks.cloudwatch.read import Metric, Metrics
from tasks.logs.insights import Reports, read_reports
from tasks.selections import AliasOf, FunctionOf

A = TypeVar("A", bound=HasAws)
P = TypeVar("P", bound=Form)
W = TypeVar("W", bound=WindowForm)


class AskedFunction(Asked[E_contra, P_contra, Function]):
    @cached_property
    def fresh(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the version that the API calls was published within the last two hours",
            lambda r: r.age <= timedelta(hours=2),
        )

    @cached_property
    def old(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the version that the API calls was published more than a day ago", lambda r: r.age > timedelta(days=1)
        )


def function(of: Callable[[Context[A, P]], AliasOf], source: str = DEVISED) -> Probe[A, P, Function]:
    @probe(
        read_function,
        asks="Which version of the function does the API call, and since when?",
        source=source,
        about=of,
    )
    def function(c: Context[A, P], of: AliasOf) -> Function:
        return read_function(c.env.aws, of.function, of.alias)

    return function


class AskedConcurrency(Asked[E_contra, P_contra, Concurrency]):
    @cached_property
    def no_ceiling(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the function has no ceiling of its own (reserved concurrency)", lambda r: r.reserved is None
        )


def concurrency(of: Callable[[Context[A, P]], FunctionOf], source: str = DEVISED) -> Probe[A, P, Concurrency]:
    @probe(
        read_concurrency,
        asks="How many requests may the function serve at once, and how many environments stand ready?",
        source=source,
        about=of,
    )
    def concurrency(c: Context[A, P], of: FunctionOf) -> Concurrency:
        return read_concurrency(c.env.aws, of.function, of.alias if isinstance(of, AliasOf) else None)

    return concurrency


class AskedReports(Asked[E_contra, P_contra, Reports]):
    @cached_property
    def out_of_memory(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least one request in a hundred ran out of memory", lambda r: r.share(r.out_of_memory) >= 0.01
        )

    @cached_property
    def not_out(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("no request ran out of memory", lambda r: r.share(r.out_of_memory) == 0)

    @cached_property
    def memory_full(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("a request used at least 95% of the function's memory", lambda r: r.memory_used >= 0.95)

    @cached_property
    def memory_spare(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "no request used more than 80% of the function's memory", lambda r: r.memory_used <= 0.80
        )

    @cached_property
    def out_of_time(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least one request in a hundred ran into the function's timeout",
            lambda r: r.share(r.timed_out) >= 0.01,
        )

    @cached_property
    def in_time(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("no request ran into the function's timeout", lambda r: r.share(r.timed_out) == 0)

    @cached_property
    def cold(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least one request in twenty met a new environment, which took 2 s or longer to begin",
            lambda r: r.cold_share >= 0.05 and r.begin >= timedelta(seconds=2),
        )

    @cached_property
    def warm(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "fewer than one request in fifty met a new environment, or these begin within 1 s",
            lambda r: r.cold_share < 0.02 or r.begin < timedelta(seconds=1),
        )


def reports(
    of: Callable[[Context[A, W]], AliasOf], log: Callable[[Context[A, W]], str], source: str = DEVISED
) -> Probe[A, W, Reports]:
    """`log` is the function's log group."""

    @probe(
        read_reports,
        asks="How many requests ran out of memory or time, and how many met a new environment?",
        source=source,
        timeout=timedelta(seconds=15),
        about=of,
    )
    def reports(c: Context[A, W]) -> Reports:
        return read_reports(c.env.aws, log(c), window=c.back(c.params.window))

    return reports


def calls_of(function: str) -> tuple[Metric, ...]:
    """What Lambda counts of a function's calls; `AskedCalls` goes by these names."""
    of = of_function(function)
    return (
        of(name="invocations", metric="Invocations", statistic="Sum"),
        of(name="errors", metric="Errors", statistic="Sum", zero_beside="invocations"),
        of(
            name="throttled",
            metric="Throttles",
            statistic="Sum",
            zero_beside="invocations",
            chart="invocations throttled",
        ),
        of(name="concurrency", metric="ConcurrentExecutions", statistic="Maximum"),
    )


def ready_of(function: str, alias: str) -> tuple[Metric, ...]:
    """What Lambda counts of environments that stand ready; `AskedCalls` goes by these names."""
    of, spilled = of_alias(function, alias), "ProvisionedConcurrencySpilloverInvocations"
    return (
        of(name="in_use", metric="ProvisionedConcurrentExecutions", statistic="Maximum"),
        of(name="spilled", metric=spilled, statistic="Sum", zero_beside="in_use"),
    )


class AskedCalls(Asked[E_contra, P_contra, Metrics]):
    """Metrics of a runbook's own choice, `calls_of` or `ready_of` the function among them."""

    @cached_property
    def throttled(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least 1% of the invocations are throttled (Throttles against Invocations)",
            lambda r: r.share("throttled", among="invocations") >= 0.01,
        )

    @cached_property
    def all_admitted(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "no invocation is throttled (Throttles is 0)",
            lambda r: r.latest("throttled") == 0,
            gauge="invocations throttled",
        )

    @cached_property
    def served_ready(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "environments that stand ready are in use, and no request found all of them taken",
            lambda r: r.latest("in_use") > 0 and r.latest("spilled") == 0,
        )
