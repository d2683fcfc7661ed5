"""The topic that alarms tell, and somebody who hears it."""

from __future__ import annotations

from moto.sns.models import sns_backends

from sandbox.overlay.cloud import there
from sandbox.overlay.registry import seeds, where
from sandbox.overlay.services.alarms import topic_arn
from sandbox.overlay.stage import Stage


@seeds
@where("alarms")
def topic(stage: Stage) -> None:
    """A topic with one confirmed subscriber: the receiver of a team's pager."""
    backend = sns_backends[stage.account][stage.region]
    backend.create_topic(there(stage.cloud.alarms).topic)
    pager = f"arn:aws:sqs:{stage.region}:{stage.account}:{there(stage.cloud.alarms).pager}"
    backend.subscribe(topic_arn(stage), pager, "sqs")
