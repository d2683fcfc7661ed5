"""What API Gateway and Lambda publish and log about requests: metrics, REPORT lines, access log.

The lines hold personal data, as they do in life, so that drills show that none of it gets anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.overlay.cloud import there
from sandbox.overlay.publish import log, metric
from sandbox.overlay.stage import Stage

PLANTED = {"user": "anna.lindqvist@example.com", "ip": "203.0.113.77"}
"""A person who does not exist; no output of ours may ever show her."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request: `seconds` is what Lambda counts as its duration, `init_seconds` comes before that.

    `waited_seconds` is what it waited for its authorizer. `kind` says how it failed: a key of `Function.failures`,
    out_of_memory, timed_out, throttled, denied, or nothing.
    """

    id: str
    status: int
    kind: str | None = None
    seconds: float = 0.0
    init_seconds: float = 0.0
    waited_seconds: float = 0.0
    memory_mb: float = 0.0


def report(
    stage: Stage,
    requests: Sequence[Request],
    *,
    function: str,
    qualifier: str | None,
    concurrency: int,
    ready: int,
    spilled: int,
    memory_size: int,
) -> None:
    """Publish and log a tick's requests. `spilled`: how many found no environment that stood `ready`."""
    _gateway(stage, requests)
    invoked = [one for one in requests if one.kind not in ("throttled", "denied")]
    names = {"FunctionName": function}
    by_alias = {**names, "Resource": f"{function}:{qualifier}" if qualifier else function}
    failed = sum(one.kind is not None for one in invoked)
    lambda_metric = _Of(stage, "AWS/Lambda")
    lambda_metric("Duration", *(one.seconds * 1000 for one in invoked), dimensions=names, unit="Milliseconds")
    for dimensions in (names, by_alias):
        lambda_metric("Invocations", float(len(invoked)), dimensions=dimensions, unit="Count")
        lambda_metric("Errors", float(failed), dimensions=dimensions, unit="Count")
    lambda_metric("Throttles", float(sum(one.kind == "throttled" for one in requests)), dimensions=names, unit="Count")
    lambda_metric("ConcurrentExecutions", float(concurrency), dimensions=names, unit="Count")
    if ready:
        used = min(ready, concurrency)
        lambda_metric("ProvisionedConcurrentExecutions", float(used), dimensions=by_alias, unit="Count")
        lambda_metric("ProvisionedConcurrencyUtilization", used / ready, dimensions=by_alias)
        lambda_metric("ProvisionedConcurrencySpilloverInvocations", float(spilled), dimensions=by_alias, unit="Count")
    words = there(stage.cloud.function).failures
    lines = [line for one in invoked for line in _lines(one, memory_size, words)]
    log(stage, there(stage.cloud.function).log, lines)


@dataclass(frozen=True)
class _Of:
    stage: Stage
    namespace: str

    def __call__(self, name: str, *values: float, dimensions: Mapping[str, str], unit: str = "None") -> None:
        metric(self.stage, self.namespace, name, *values, dimensions=dimensions, unit=unit)


def _gateway(stage: Stage, requests: Sequence[Request]) -> None:
    own = there(stage.cloud.api)
    gateway, stage_of = _Of(stage, "AWS/ApiGateway"), {"ApiName": own.name, "Stage": own.stage}
    took = [1000 * min(one.init_seconds + one.seconds, 29.0) for one in requests]
    waits = [1000 * one.waited_seconds for one in requests]
    gateway(
        "Latency",
        *(ms + wait + 4 for ms, wait in zip(took, waits, strict=True)),
        dimensions=stage_of,
        unit="Milliseconds",
    )
    gateway("IntegrationLatency", *took, dimensions=stage_of, unit="Milliseconds")
    gateway("Count", *(1.0 for _ in requests), dimensions=stage_of, unit="Count")
    gateway("4XXError", *(0.0 for _ in requests), dimensions=stage_of, unit="Count")
    gateway("5XXError", *(float(one.status >= 500) for one in requests), dimensions=stage_of, unit="Count")  # noqa: PLR2004 # HTTP
    log(stage, own.log, [_access(one, ms) for one, ms in zip(requests, took, strict=True)])


def _access(one: Request, ms: float) -> dict[str, Any]:
    line = {
        "requestId": one.id,
        **PLANTED,
        "httpMethod": "POST",
        "resourcePath": "/sessions/{id}/brief",
        "path": "/sessions/4711/brief?client=Anna%20Lindqvist",
        "status": one.status,
        "responseLatency": round(ms),
    }
    return {**line, "integrationError": f"The function failed: {one.kind}"} if one.kind else line


def _lines(one: Request, memory_size: int, words: Mapping[str, str]) -> list[str]:
    """What Lambda logs of one request: the function's own words, and REPORT at the end."""
    ms = one.seconds * 1000
    report = [
        f"REPORT RequestId: {one.id}",
        f"Duration: {ms:.2f} ms",
        f"Billed Duration: {ms + one.init_seconds * 1000:.0f} ms",
        f"Memory Size: {memory_size} MB",
        f"Max Memory Used: {one.memory_mb:.0f} MB",
    ]
    if one.init_seconds:
        report.append(f"Init Duration: {one.init_seconds * 1000:.2f} ms")
    if one.kind == "timed_out":
        said = [f"{one.id} Task timed out after {one.seconds:.2f} seconds"]
        report.append("Status: timeout")
    elif one.kind == "out_of_memory":
        said = [f"RequestId: {one.id} Error: Runtime exited with error: signal: killed"]
        report += ["Status: error", "Error Type: Runtime.OutOfMemory"]
    elif one.kind:
        said = [f"[ERROR] {one.id} {words[one.kind]} while serving {PLANTED['user']}"]
    else:
        said = []
    return [*said, "\t".join(report) + "\t"]
