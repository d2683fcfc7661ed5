"""Faults of the API, and how they are taken away again: what users feel is read from the API's own metrics."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from journal import clock
from sandbox.faults.fault import AwsFault, Scene
from sandbox.process import wait_until
from sandbox.turns import RARE, SHORT, take, turn_seconds
from tasks.awslambda.rollback import LEAST_SERVED

FUNCTION, ALIAS, FIRST = "rung-api-prod", "prod", "1"
OTHER_MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
USUAL = {"MemorySize": 512, "Timeout": 10}
STAGE_OF = [{"Name": "ApiName", "Value": "rung-api"}, {"Name": "Stage", "Value": "prod"}]

TOO_SLOW_MS = 5000.0
TOO_MANY = 0.05

LOOKED_AT = 12
"""Turns."""
SHOWN_BEFORE = 8
"""Turns: some whole periods of practice."""
FELT_FOR = 3
"""Whole seconds since it began that must show it: then a runbook's short window holds nothing of an earlier fault."""


@dataclass(kw_only=True)
class ApiFault(AwsFault):
    """A fault behind the API. `heal` also gives the function its usual version, settings and capacity back.

    `since`: when it began.
    """

    since: datetime | None = field(default=None, init=False, repr=False)

    def start(self, scene: Scene) -> None:
        """Set the conditions; from now on it counts."""
        super().start(scene)
        self.since = clock.now()

    def heal(self, scene: Scene) -> None:
        """Take the conditions away, then what runbooks and people have done."""
        super().heal(scene)
        usual_function(scene.aws.facts.client("lambda"))


@dataclass(kw_only=True)
class LatencyFault(ApiFault):
    """A fault that makes requests slow."""

    def shows(self, scene: Scene) -> bool:
        """Whether one request in twenty takes longer than 5 s."""
        return all(value > TOO_SLOW_MS for value in newest(scene, "Latency", "p95", self.since))


@dataclass(kw_only=True)
class ErrorFault(ApiFault):
    """A fault that makes requests fail."""

    def shows(self, scene: Scene) -> bool:
        """Whether more than one request in twenty fails."""
        return all(value > TOO_MANY for value in newest(scene, "5XXError", "Average", self.since))


@dataclass(kw_only=True)
class ReleaseFault(ApiFault):
    """A deployment that went wrong: a new version, to which the alias points. `hasty`: right after another one."""

    hasty: bool = False

    version: str = field(default="", init=False)

    @property
    @abstractmethod
    def harm(self) -> Mapping[str, Any]:
        """What is wrong with the new version."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """That, of this version."""
        return {**self.harm, "bad_version": self.version}

    def start(self, scene: Scene) -> None:
        """Deploy, after production has shown how it was before."""
        show_before()
        if self.hasty:
            release(scene, "last night")
            clock.sleep(SHOWN_BEFORE * turn_seconds())
        self.version = release(scene, "this morning")
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Point the alias back, and forget the release."""
        super().heal(scene)
        self.version = ""


def show_before() -> None:
    """Let production show how it is: some whole periods of practice, or an hour where incidents are as in life."""
    if turn_seconds() == SHORT:
        clock.sleep(SHOWN_BEFORE * SHORT)
        return
    usual = turn_seconds()
    take(RARE)
    clock.sleep(LEAST_SERVED.total_seconds())
    take(usual)


def newest(scene: Scene, name: str, statistic: str, since: datetime | None) -> list[float]:
    """The newest values of one of the API's metrics, one a second; a single 0 when there are not enough of them yet."""
    cloudwatch: Any = scene.aws.facts.client("cloudwatch")
    metric = {"Namespace": "AWS/ApiGateway", "MetricName": name, "Dimensions": STAGE_OF}
    query = {"Id": "newest", "MetricStat": {"Metric": metric, "Period": 1, "Stat": statistic}}
    now = clock.now()
    (found,) = cloudwatch.get_metric_data(
        MetricDataQueries=[query],
        StartTime=now - timedelta(seconds=LOOKED_AT * turn_seconds()),
        EndTime=now,
        ScanBy="TimestampDescending",
    )["MetricDataResults"]
    values: list[float] = [
        value
        for at, value in zip(found["Timestamps"], found["Values"], strict=True)
        if since is not None and at >= since
    ][:FELT_FOR]
    return values if len(values) == FELT_FOR else [0.0]


def settle(functions: Any, name: str = FUNCTION) -> None:
    """Wait until an update of the function is done."""

    def done() -> bool:
        return functions.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful"

    late = TimeoutError("an update of the function does not end")
    wait_until(done, seconds=20, failing=lambda: late, every=turn_seconds() / 2)


def publish(functions: Any, name: str = FUNCTION, alias: str = ALIAS) -> str:
    """Publish what the function is now, point the alias there; the version."""
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    return str(version)


def release(scene: Scene, of: str, name: str = FUNCTION, alias: str = ALIAS) -> str:
    """A release that is innocent as such; its version."""
    functions: Any = scene.aws.facts.client("lambda")
    functions.update_function_configuration(FunctionName=name, Description=f"The release of {of}")
    settle(functions, name)
    return publish(functions, name, alias)


def release_later(scene: Scene) -> None:
    """The same, once a trouble has shown for a while."""
    clock.sleep(SHOWN_BEFORE * turn_seconds())
    release(scene, "this noon")


def roll_back(functions: Any, name: str = FUNCTION, alias: str = ALIAS) -> None:
    """What a person does about a bad release: point the alias to the first version."""
    functions.update_alias(FunctionName=name, Name=alias, FunctionVersion=FIRST)


def call_other_model(functions: Any) -> None:
    """What a person does about a model that is slow or fails: deploy the function with another one."""
    with_variable(functions, "BEDROCK_MODEL_ID", OTHER_MODEL)


def with_variable(functions: Any, name: str, value: str) -> None:
    """Deploy the function with another value of a variable of its environment: a new version, the alias on it."""
    settle(functions)
    variables = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=FUNCTION, Environment={"Variables": {**variables, name: value}}
    )
    settle(functions)
    publish(functions)


def usual_function(functions: Any) -> None:
    """Version, settings and capacity as in good times; whatever is so already is left alone."""
    if functions.get_alias(FunctionName=FUNCTION, Name=ALIAS)["FunctionVersion"] != FIRST:
        roll_back(functions)
    latest = functions.get_function_configuration(FunctionName=FUNCTION)
    first = functions.get_function_configuration(FunctionName=FUNCTION, Qualifier=FIRST)
    if any(latest.get(name) != first.get(name) for name in (*USUAL, "Environment", "Description")):
        settle(functions)
        functions.update_function_configuration(
            FunctionName=FUNCTION, **USUAL, Environment=first["Environment"], Description=first["Description"]
        )
        settle(functions)
    with suppress(ClientError):  # there is none
        functions.delete_provisioned_concurrency_config(FunctionName=FUNCTION, Qualifier=ALIAS)
    if functions.get_function_concurrency(FunctionName=FUNCTION).get("ReservedConcurrentExecutions") is not None:
        functions.delete_function_concurrency(FunctionName=FUNCTION)
