"""Bedrock as CloudWatch sees it: how long the model that the function calls takes for an answer.

`bedrock_seconds` is a condition of the usual model; a function that is told to call another one is not concerned.
"""

from __future__ import annotations

from moto.awslambda.models import LambdaFunction

from sandbox.overlay.concerns.functions import MODEL, behind
from sandbox.overlay.concerns.gateway import called
from sandbox.overlay.publish import metric
from sandbox.overlay.registry import plant
from sandbox.overlay.stage import Stage

USUAL_MODEL = "anthropic.claude-3-5-sonnet-20240620-v1:0"
USUAL_SECONDS = 0.6
CALLS = 2
"""Calls at each tick."""


@plant
def bedrock(stage: Stage) -> None:
    """Publish what the calls of the function's model took."""
    running = behind(stage, *called(stage))
    model = {"ModelId": model_of(running)}
    seconds = answer_seconds(stage, running)
    metric(stage, "AWS/Bedrock", "Invocations", float(CALLS), dimensions=model, unit="Count")
    metric(
        stage,
        "AWS/Bedrock",
        "InvocationLatency",
        *[seconds * 1000] * CALLS,
        dimensions=model,
        unit="Milliseconds",
    )


def model_of(running: LambdaFunction) -> str:
    """The model that a function calls."""
    variables: dict[str, str] = running.environment_vars
    return variables.get(MODEL, USUAL_MODEL)


def answer_seconds(stage: Stage, running: LambdaFunction) -> float:
    """How long Bedrock takes for an answer to the function."""
    if model_of(running) != USUAL_MODEL:
        return USUAL_SECONDS
    return float(stage.condition("bedrock_seconds", USUAL_SECONDS))
