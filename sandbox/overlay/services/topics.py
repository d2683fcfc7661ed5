"""The topic that alarms tell, and somebody who hears it."""

from __future__ import annotations

from moto.sns.models import sns_backends

from sandbox.overlay.registry import seeds
from sandbox.overlay.services.alarms import topic_arn
from sandbox.overlay.stage import Stage


@seeds
def topic(stage: Stage) -> None:
    """A topic with one confirmed subscriber: the receiver of a team's pager."""
    backend = sns_backends[stage.account][stage.region]
    backend.create_topic(stage.cloud.alarms.topic)
    pager = f"arn:aws:sqs:{stage.region}:{stage.account}:{stage.cloud.alarms.pager}"
    backend.subscribe(topic_arn(stage), pager, "sqs")
