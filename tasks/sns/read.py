"""Looks at SNS topics: whether anybody listens."""

from __future__ import annotations

from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, look

AT_MOST = 500
"""Subscriptions that one look counts."""


class Subscribers(Facts):
    """How many subscriptions of a topic are confirmed, and how many wait for it. Endpoints are people's: not kept."""

    topic: str
    confirmed: int
    pending: int

    def __str__(self) -> str:
        return f"{self.topic.rpartition(':')[2]} has {self.confirmed} confirmed subscribers and {self.pending} others"


@look("sns:ListSubscriptionsByTopic", bound=f"{AT_MOST} subscriptions, counted")
def read_subscribers(aws: Aws, topic: str) -> Subscribers:
    """Subscribers of a topic. Raises `Permanent` when it does not exist or may not be read."""
    try:
        pages = aws.reading("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        arns = [str(one["SubscriptionArn"]) for one in islice((s for p in pages for s in p["Subscriptions"]), AT_MOST)]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list the subscribers of {topic.rpartition(':')[2]}") from error
    confirmed = sum(arn.startswith("arn:") for arn in arns)
    return Subscribers(topic=topic, confirmed=confirmed, pending=len(arns) - confirmed)
