"""A queue that feeds a function: both are moto's; the mapping between them is not, as moto would run the function."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends
from moto.sqs.models import Queue, SQSBackend, sqs_backends

from journal import clock
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.cloud import there
from sandbox.overlay.publish import log
from sandbox.overlay.registry import handles, seeds, where
from sandbox.overlay.stage import Stage

BATCH, RECEIVED_AT_MOST, HIDDEN_SECONDS = 5, 3, 1
"""Messages of one call; how often one is received before it is given up; how long a failed one is not seen."""
RESERVED = 4
SWITCHES_SECONDS = 1.0
"""How long AWS needs to switch a mapping on or off (in truth up to a minute)."""


@dataclass(kw_only=True)
class Mapping:
    """What feeds the queue to the function; `at` is when it was switched last, in monotonic seconds."""

    on: bool = True
    most: int | None = None
    at: float = 0.0
    modified: datetime

    @property
    def settled(self) -> bool:
        """Whether it is as it was switched."""
        return clock.monotonic() >= self.at + SWITCHES_SECONDS


MAPPINGS: dict[str, Mapping] = {}
"""By id."""


@seeds
@where("consumed")
def consumed(stage: Stage) -> None:
    """The queue, its dead-letter queue, the function, and the mapping."""
    own, backend = there(stage.cloud.consumed), queues(stage)
    dead = backend.create_queue(own.dead, region=stage.region)
    policy = {"deadLetterTargetArn": dead.queue_arn, "maxReceiveCount": RECEIVED_AT_MOST}
    backend.create_queue(own.queue, RedrivePolicy=json.dumps(policy), VisibilityTimeout=HIDDEN_SECONDS)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam_backends[stage.account]["aws"].create_role(own.function, document, "/", None, "", [], "3600")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), "# the simulator says what happens\n")
    lambda_backends[stage.account][stage.region].create_function(
        {
            "FunctionName": own.function,
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": role.arn,
            "Code": {"ZipFile": base64.b64encode(packed.getvalue()).decode()},
        }
    )
    begin(stage)


def begin(stage: Stage) -> None:
    """As it is in good times: nothing waits, and the function may be called as often as usual."""
    own = there(stage.cloud.consumed)
    MAPPINGS[own.mapping] = Mapping(modified=clock.now())
    lambda_backends[stage.account][stage.region].get_function(own.function).reserved_concurrency = RESERVED
    for name in (own.queue, own.dead):
        one: Any = queue(stage, name)  # moto's own, since a purge is refused for a minute after another
        one._messages.clear()  # noqa: SLF001 # moto's
        one._pending_messages.clear()  # noqa: SLF001 # moto's
        one.deleted_messages.clear()
        one.delay_seconds = 0
    log(stage, own.log, [])


def queues(stage: Stage) -> SQSBackend:
    """Moto's SQS."""
    return sqs_backends[stage.account][stage.region]


def queue(stage: Stage, name: str) -> Queue:
    """One of its queues."""
    return queues(stage).get_queue(name)


@handles("lambda", "ListEventSourceMappings")
def list_mappings(call: Call, stage: Stage) -> object:
    """The one that is there, where function and queue are its own."""
    own = there(stage.cloud.consumed)
    function = str(call.parameters.get("FunctionName", own.function)).rpartition(":")[2]
    source = str(call.parameters.get("EventSourceArn", own.queue)).rpartition(":")[2]
    fits = (function, source) == (own.function, own.queue)
    return {"EventSourceMappings": [_shown(stage)] if fits else []}


@handles("lambda", "UpdateEventSourceMapping")
def update_mapping(call: Call, stage: Stage) -> object:
    """Switch it; while that goes on nothing else may be changed."""
    if call.parameters["UUID"] not in MAPPINGS or call.parameters["UUID"] != there(stage.cloud.consumed).mapping:
        raise Refused("ResourceNotFoundException", "The resource you requested does not exist.", status=404)
    held = MAPPINGS[str(call.parameters["UUID"])]
    if not held.settled:
        raise Refused("ResourceInUseException", "The operation cannot be performed at this time.", status=400)
    wanted = call.parameters.get("Enabled")
    if wanted is not None and wanted != held.on:
        held.on, held.at, held.modified = bool(wanted), clock.monotonic(), clock.now()
    return _shown(stage)


def _shown(stage: Stage) -> dict[str, Any]:
    own = there(stage.cloud.consumed)
    held = MAPPINGS[own.mapping]
    states = ("Enabled", "Disabled") if held.settled else ("Enabling", "Disabling")
    most = {} if held.most is None else {"ScalingConfig": {"MaximumConcurrency": held.most}}
    return {
        "UUID": own.mapping,
        "BatchSize": BATCH,
        "EventSourceArn": f"arn:aws:sqs:{stage.region}:{stage.account}:{own.queue}",
        "FunctionArn": f"arn:aws:lambda:{stage.region}:{stage.account}:function:{own.function}",
        "LastModified": held.modified,
        "State": states[0] if held.on else states[1],
        "StateTransitionReason": "USER_INITIATED",
        **most,
    }
