"""Bedrock as its caller and CloudWatch see it: what becomes of the calls of the model that the function calls.

A call needs a way to Bedrock, the right to call, a model that is there, and room in the quota. What goes wrong beyond
what is configured are conditions, and those of the model are conditions of the usual one:

    bedrock_seconds        how long an answer takes
    bedrock_load           calls at each tick
    bedrock_unwell_share   which part of the calls fails inside Bedrock
    bedrock_token_expired_share   which part of the calls is turned back for its token, and counted nowhere
    bedrock_barred         the policy of the VPC's endpoint says no
    bedrock_gone, bedrock_closed   the model that is retired, or that the account lost its access to (see services)
"""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from moto.awslambda.models import LambdaFunction

from sandbox.overlay.cloud import there
from sandbox.overlay.publish import log, metric
from sandbox.overlay.registry import simulator, where
from sandbox.overlay.services.bedrock import USUAL_MODEL, closed, gone, may_call, per_minute
from sandbox.overlay.services.functions import MODEL, behind
from sandbox.overlay.services.gateway import called
from sandbox.overlay.services.network import backend, reached_inside, service_name
from sandbox.overlay.simulators.api_report import PLANTED
from sandbox.overlay.stage import Stage
from sandbox.overlay.tick import EVERY_SECONDS

USUAL_SECONDS = 0.6
PATIENCE_SECONDS = 9.0
"""How long the caller waits for an answer."""

CALLS = 2
"""Calls at each tick."""

METRICS = {
    "throttled": "InvocationThrottles",
    "gone": "InvocationClientErrors",
    "denied": "InvocationClientErrors",
    "unwell": "InvocationServerErrors",
    "malformed": "InvocationClientErrors",
    "barred": "InvocationClientErrors",
}
WORDS = {
    "throttled": "An error occurred (ThrottlingException) when calling the InvokeModel operation: Too many requests",
    "gone": "An error occurred (ResourceNotFoundException) when calling the InvokeModel operation: This model"
    " version has reached the end of its life.",
    "denied": "An error occurred (AccessDeniedException) when calling the InvokeModel operation: not authorized",
    "unwell": "An error occurred (ServiceUnavailableException) when calling the InvokeModel operation: Bedrock is"
    " unable to process your request",
    "malformed": "An error occurred (ValidationException) when calling the InvokeModel operation: Malformed input"
    " request",
    "barred": "An error occurred (AccessDeniedException) when calling the InvokeModel operation: not authorized to"
    " perform: bedrock:InvokeModel because no VPC endpoint policy allows the bedrock:InvokeModel action",
    "token": "An error occurred (ExpiredTokenException) when calling the InvokeModel operation: The security token"
    " included in the request is expired",
    "late": 'Read timeout on endpoint URL: "https://bedrock-runtime.us-east-1.amazonaws.com/model/invoke"',
    "unreached": 'Connect timeout on endpoint URL: "https://bedrock-runtime.us-east-1.amazonaws.com/model/invoke"',
}
"""What the caller logs of a call that brought nothing."""


@simulator
@where("api", "function", "network")
def bedrock(stage: Stage) -> None:
    """Make the calls of a tick, publish what Bedrock counts of them, and log what the caller says."""
    running = behind(stage, *called(stage))
    model = model_of(running)
    fates = Counter(_fate(stage, model, number) for number in range(int(stage.condition("bedrock_load", CALLS))))
    named = {"ModelId": model}
    if served := fates["late"] + fates.pop("served", 0):
        ms = answer_seconds(stage, running) * 1000
        metric(stage, "AWS/Bedrock", "Invocations", float(served), dimensions=named, unit="Count")
        metric(stage, "AWS/Bedrock", "InvocationLatency", *[ms] * served, dimensions=named, unit="Milliseconds")
    for fate, count in fates.items():
        if fate in METRICS:
            metric(stage, "AWS/Bedrock", METRICS[fate], float(count), dimensions=named, unit="Count")
        log(stage, there(stage.cloud.function).log, [_line(fate) for _ in range(count)])


def model_of(running: LambdaFunction) -> str:
    """The model that a function calls."""
    variables: dict[str, str] = running.environment_vars
    return variables.get(MODEL, USUAL_MODEL)


def answer_seconds(stage: Stage, running: LambdaFunction) -> float:
    """How long Bedrock takes for an answer to the function."""
    if model_of(running) != USUAL_MODEL:
        return USUAL_SECONDS
    return float(stage.condition("bedrock_seconds", USUAL_SECONDS))


def _fate(stage: Stage, model: str, number: int) -> str:
    """What becomes of one call of a tick."""
    load = int(stage.condition("bedrock_load", CALLS))
    unwell = float(stage.condition("bedrock_unwell_share", 0.0)) if model == USUAL_MODEL else 0.0
    hindrances = (
        (_shut(stage), "unreached"),
        (number < float(stage.condition("bedrock_token_expired_share", 0.0)) * load, "token"),
        (bool(stage.condition("bedrock_barred")), "barred"),
        (not may_call(stage) or closed(stage, model), "denied"),
        (gone(stage, model), "gone"),
        (bool(stage.condition("bedrock_malformed")), "malformed"),
        (number >= per_minute(model) / 60 * EVERY_SECONDS, "throttled"),
    )
    if (fate := next((fate for hindered, fate in hindrances if hindered), None)) is not None:
        return fate
    return "unwell" if number < unwell * load else _in_time(stage, model)


def _in_time(stage: Stage, model: str) -> str:
    late = model == USUAL_MODEL and float(stage.condition("bedrock_seconds", USUAL_SECONDS)) > PATIENCE_SECONDS
    return "late" if late else "served"


def _shut(stage: Stage) -> bool:
    """Whether the usual name leads to an endpoint that lets nobody in. Without one, calls go round by the NAT."""
    leads_inside: list[Any] = [
        one
        for one in backend(stage).vpc_end_points.values()
        if one.vpc_id == there(stage.cloud.network).vpc
        and one.service_name == service_name(stage, "bedrock-runtime")
        and one.state == "available"
        and one.private_dns_enabled
    ]
    return bool(leads_inside) and not reached_inside(stage, "bedrock-runtime")


def _line(fate: str) -> str:
    return f"[ERROR] {uuid.uuid4()} bedrock: {WORDS[fate]} (analysis for {PLANTED['user']})"
