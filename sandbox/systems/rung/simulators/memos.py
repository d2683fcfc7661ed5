"""The function storing and fetching voice memos: what it logs follows from what really admits it to the bucket.

The lines name a person, as they do in life, so that drills show that she does not get anywhere.
"""

from __future__ import annotations

import uuid

from sandbox.overlay.cloud import there
from sandbox.overlay.publish import log
from sandbox.overlay.registry import simulator
from sandbox.overlay.services.storage import Denial, refusal, role_in_use
from sandbox.overlay.simulators.api_report import PLANTED
from sandbox.overlay.stage import Stage

KEY = "memos/4711/anna-lindqvist.ogg"
DONE = {"PutObject": "voice memo stored", "GetObject": "transcript fetched"}


@simulator
def memos(stage: Stage) -> None:
    """Store one memo and fetch one transcript."""
    role, bucket = role_in_use(stage), there(stage.cloud.bucket).name
    lines = [_line(call, refusal(stage, role, f"s3:{call}", bucket=bucket, key=KEY)) for call in DONE]
    log(stage, there(stage.cloud.function).log, lines)


def _line(call: str, denial: Denial | None) -> str:
    request = uuid.uuid4()
    if denial is None:
        return f"[INFO] {request} {DONE[call]} for {PLANTED['user']}"
    return (
        f"[ERROR] {request} botocore.exceptions.ClientError: An error occurred ({denial.code}) when calling the {call}"
        f" operation: {denial.because} while serving {PLANTED['user']}"
    )
