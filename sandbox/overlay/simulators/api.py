"""The API at work: a few requests each time, and what API Gateway and Lambda publish and log about them.

How a request fares follows from what is configured: memory and timeout of the version that the API really calls, its
provisioned and reserved concurrency, whether S3 and Bedrock are reached inside the VPC, and whether n8n may be called.
What goes wrong beyond that are conditions:

    cold_share, init_seconds   which part of the requests meets a new environment, and how long one takes to begin
    database_seconds           what a request waits for the database
    bedrock_seconds            what a request with an analysis waits for Bedrock (see `simulators.bedrock`)
    work_seconds, work_share   how long the work itself takes, for which part of the requests
    memory_mb                  what a request needs
    api_concurrency            requests at work at the same time
    bad_version                the version whose every fourth request takes `bad_seconds` and then fails if `bad_fails`
    authorizer_seconds         what every request waits for before the function is asked
    malformed_share            for which part of the requests the function's answer cannot be read
    invoking_denied_share      for which part of the requests the function may not be asked
    few                        how many requests there are in `RARELY` turns, where hardly anybody comes
    failing, failing_share     the dependency whose calls fail (see `Function.failures`), for which part of the requests
"""

from __future__ import annotations

import itertools
import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from moto.awslambda.models import LambdaFunction

from sandbox.overlay.cloud import there
from sandbox.overlay.registry import simulator, where
from sandbox.overlay.services.functions import EVENTS, behind, provisioned
from sandbox.overlay.services.gateway import called
from sandbox.overlay.services.network import HTTPS, lets_out, reached_inside
from sandbox.overlay.simulators.api_report import Request, report
from sandbox.overlay.simulators.bedrock import USUAL_MODEL, answer_seconds, model_of
from sandbox.overlay.stage import Stage

REQUESTS = 8
"""Requests at each tick; all numbers are shares of them."""

USUAL_MEMORY_MB, USUAL_MEMORY_SIZE = 230.0, 512
ANALYSES = 4
"""Of so many requests one asks Bedrock for an analysis, one fetches a memo from S3, and one tells n8n of something."""

ROUND_THE_NAT_SECONDS = 6.5
"""What a call takes that leaves the VPC through the busy NAT gateway instead of an endpoint."""

INTEGRATION_LIMIT_SECONDS = 29.0
"""API Gateway gives up after this, whatever the function is allowed."""

HTTP = 80

EVERY_VERSION = "*"
"""In the place of a bad version: what goes wrong has nothing to do with a release."""

RARELY = 12
"""Turns in which a few come, where hardly anybody does."""

TICKS = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Now:
    """What holds for every request of a tick."""

    function: LambdaFunction
    qualifier: str | None
    ready: int
    concurrency: int
    malformed: int
    """How many are answered with what API Gateway cannot read."""
    denied: int
    """How many never reach the function, since the API may not invoke it."""
    throttled: int
    """How many of the requests are throttled."""
    spilled: int
    """How many find no environment that stands ready."""
    cold: int
    slow: int
    failing: int


@simulator
@where("api", "function")
def api(stage: Stage) -> None:
    """Serve a few requests and publish what they were like."""
    now, tick, few = _now(stage), next(TICKS), stage.condition("few")
    if few is not None and tick % RARELY:
        return
    requests = [_serve(stage, now, number, tick) for number in range(REQUESTS if few is None else int(few))]
    report(
        stage,
        requests,
        function=now.function.function_name,
        qualifier=now.qualifier,
        concurrency=now.concurrency,
        ready=now.ready,
        spilled=now.spilled,
        memory_size=int(now.function.memory_size),
    )


def _now(stage: Stage) -> Now:
    name, qualifier = called(stage)
    running, ready = behind(stage, name, qualifier), provisioned(name, qualifier)
    concurrency = int(stage.condition("api_concurrency", REQUESTS))
    reserved = behind(stage, name, None).reserved_concurrency
    over = 0 if reserved is None else max(0, concurrency - int(reserved))
    spilled = REQUESTS if not ready else _part(max(0, concurrency - ready) / concurrency)
    return Now(
        function=running,
        qualifier=qualifier,
        ready=ready,
        concurrency=concurrency,
        malformed=math.ceil(stage.condition("malformed_share", 0.0) * REQUESTS),
        denied=math.ceil(stage.condition("invoking_denied_share", 0.0) * REQUESTS),
        throttled=_part(over / concurrency),
        spilled=spilled,
        cold=math.ceil(stage.condition("cold_share", 0.0) * spilled),
        slow=math.ceil(stage.condition("work_share", 0.0) * REQUESTS),
        failing=math.ceil(stage.condition("failing_share", 0.0) * REQUESTS),
    )


def _serve(stage: Stage, now: Now, number: int, tick: int) -> Request:
    """One request; the first are those that fare worst."""
    waited = float(stage.condition("authorizer_seconds", 0.0))
    if number < now.denied:
        return Request(id=str(uuid.uuid4()), status=500, kind="denied", waited_seconds=waited)
    if number < now.throttled:
        return Request(id=str(uuid.uuid4()), status=500, kind="throttled")
    timeout = float(now.function.timeout)
    seconds = sum(_seconds(stage, now, number, tick))
    memory = float(stage.condition("memory_mb", USUAL_MEMORY_MB)) + number
    init = _init(stage, now, number, tick)
    kind = _kind(stage, now, number, seconds=seconds, memory=memory, timeout=timeout)
    if kind == "timed_out":
        seconds = timeout
    return Request(
        id=str(uuid.uuid4()),
        status=_status(now, number, kind, seconds + init),
        kind=kind,
        seconds=seconds,
        init_seconds=init,
        waited_seconds=waited,
        memory_mb=min(memory, float(now.function.memory_size)),
    )


def _status(now: Now, number: int, kind: str | None, seconds: float) -> int:
    """What API Gateway says of it."""
    if kind is not None or number < now.malformed:
        return 502
    return 200 if seconds < INTEGRATION_LIMIT_SECONDS else 504


def _init(stage: Stage, now: Now, number: int, tick: int) -> float:
    """How long a new environment takes to begin; in good times there is one now and then, and it is quick."""
    if number < now.cold:
        return float(stage.condition("init_seconds", 0.9))
    return 0.9 if number < now.spilled and number == REQUESTS - 1 and tick % 10 == 0 else 0.0


def _seconds(stage: Stage, now: Now, number: int, tick: int) -> Iterator[float]:
    """What a request spends its time on."""
    # Lambda gives computing power in proportion to memory.
    yield (0.08 + 0.01 * ((number + tick) % 5)) * USUAL_MEMORY_SIZE / float(now.function.memory_size)
    yield float(stage.condition("database_seconds", 0.02))
    if number % ANALYSES == 0:
        yield answer_seconds(stage, now.function)
        yield 0.0 if reached_inside(stage, "bedrock-runtime") else ROUND_THE_NAT_SECONDS
    if number % ANALYSES == 1:
        yield 0.03 if reached_inside(stage, "s3") else ROUND_THE_NAT_SECONDS
    if number < now.slow:
        yield float(stage.condition("work_seconds", 0.0))
    if _is_bad(stage, now, number):
        yield float(stage.condition("bad_seconds", 0.0))


def _kind(stage: Stage, now: Now, number: int, *, seconds: float, memory: float, timeout: float) -> str | None:
    """How a request fails; nothing when it does not."""
    if memory >= float(now.function.memory_size):
        return "out_of_memory"
    if seconds >= timeout:
        return "timed_out"
    if _is_bad(stage, now, number) and stage.condition("bad_fails"):
        return "bug"
    if number % ANALYSES == ANALYSES // 2 and not _may_call_n8n(stage, now.function):
        return "n8n"
    if number < now.failing:
        kind = str(stage.condition("failing", "bedrock"))
        assert kind in there(stage.cloud.function).failures, f"Nobody knows how '{kind}' fails."
        return None if kind == "bedrock" and model_of(now.function) != USUAL_MODEL else kind
    return None


def _may_call_n8n(stage: Stage, running: LambdaFunction) -> bool:
    """Whether the function's security groups let it out to where it sends its events."""
    variables: dict[str, str] = running.environment_vars
    placed: Any = running.vpc_config
    base = urlsplit(variables[EVENTS])
    return lets_out(stage, placed["SecurityGroupIds"], base.port or (HTTPS if base.scheme == "https" else HTTP))


def _is_bad(stage: Stage, now: Now, number: int) -> bool:
    bad = (str(now.function.version), EVERY_VERSION)
    return number % ANALYSES == ANALYSES - 1 and stage.condition("bad_version") in bad


def _part(share: float) -> int:
    return min(REQUESTS, math.ceil(share * REQUESTS))
