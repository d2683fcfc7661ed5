"""The topic that alarms tell, and somebody who hears it."""

from __future__ import annotations

from moto.sns.models import sns_backends

from sandbox.overlay.registry import seeds
from sandbox.overlay.services.alarms import TOPIC, topic_arn
from sandbox.overlay.stage import Stage


@seeds
def topic(stage: Stage) -> None:
    """A topic with one confirmed subscriber: the receiver of a team's pager."""
    backend = sns_backends[stage.account][stage.region]
    backend.create_topic(TOPIC)
    backend.subscribe(topic_arn(stage), f"arn:aws:sqs:{stage.region}:{stage.account}:rung-pager", "sqs")
