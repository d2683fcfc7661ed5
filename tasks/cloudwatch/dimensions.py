"""Whose metrics: namespace and dimensions under which AWS counts, for each kind of thing that runbooks ask about.

Each gives a `Metric` that lacks only its own names: `of_model("m")(name="late", metric="InvocationLatency", ...)`.
"""

from __future__ import annotations

from functools import partial

from blocks.shapes import Stage
from tasks.cloudwatch.read import Metric


def of_api(api: Stage) -> partial[Metric]:
    """Of a stage of API Gateway, as users see it."""
    return partial(Metric, namespace="AWS/ApiGateway", dimensions=(("ApiName", api.name), ("Stage", api.stage)))


def of_function(function: str) -> partial[Metric]:
    """Of a Lambda function, all versions together."""
    return partial(Metric, namespace="AWS/Lambda", dimensions=(("FunctionName", function),))


def of_alias(function: str, alias: str) -> partial[Metric]:
    """Of the versions behind one alias: only there does Lambda count what stands ready."""
    resource = ("Resource", f"{function}:{alias}")
    return partial(Metric, namespace="AWS/Lambda", dimensions=(("FunctionName", function), resource))


def of_queue(queue: str) -> partial[Metric]:
    """Of an SQS queue, by its name."""
    return partial(Metric, namespace="AWS/SQS", dimensions=(("QueueName", queue),))


def of_database(instance: str) -> partial[Metric]:
    """Of an RDS instance."""
    return partial(Metric, namespace="AWS/RDS", dimensions=(("DBInstanceIdentifier", instance),))


def of_model(model: str) -> partial[Metric]:
    """Of a model of Bedrock, by its id."""
    return partial(Metric, namespace="AWS/Bedrock", dimensions=(("ModelId", model),))


def of_service(cluster: str, service: str) -> partial[Metric]:
    """Of the tasks of an ECS service together."""
    return partial(Metric, namespace="AWS/ECS", dimensions=(("ClusterName", cluster), ("ServiceName", service)))
