"""What was released of an ECS service: its deployments, as ECS keeps them for 90 days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Release, Releases, look

DEPLOYMENTS, AT_ONCE = 100, 20
"""Deployments in one look, and revisions that ECS describes in one answer."""


@look(
    "ecs:ListServiceDeployments",
    "ecs:DescribeServiceRevisions",
    bound=f"{DEPLOYMENTS} deployments of one service; of their revisions the task definition",
)
def read_deployments(aws: Aws, cluster: str, service: str, *, window: timedelta) -> Releases:
    """The deployments of a service that began in `window`, newest first, each with the task definition it brought.

    A rollback is a deployment of the revision before; ECS makes no new one for it. By whom, ECS does not tell.
    Raises `Permanent` when the service does not exist or may not be seen.
    """
    now = clock.now()
    asked = {"after": now - window, "before": now}
    try:
        page: dict[str, Any] = aws.reading("ecs").list_service_deployments(
            cluster=cluster, service=service, createdAt=asked, maxResults=DEPLOYMENTS
        )
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list the deployments of {service}") from error
    deployments: list[dict[str, Any]] = page.get("serviceDeployments", [])
    brought = _definitions(aws, [one["targetServiceRevisionArn"] for one in deployments])
    releases = [_release(service, one, brought) for one in deployments]
    newest = tuple(sorted(releases, key=lambda one: one.at, reverse=True))
    # Of more than fit ECS promises no order, so that any may be missing.
    since = now if page.get("nextToken") else now - window
    return Releases(service=service, releases=newest, since=since, until=now, asked_at=now)


def _release(service: str, deployment: dict[str, Any], brought: Mapping[str, str]) -> Release:
    revision: str = deployment["targetServiceRevisionArn"]
    return Release(
        what="deployment",
        service=service,
        version=brought.get(revision) or revision.rpartition("/")[2],
        at=(deployment.get("startedAt") or deployment["createdAt"]).astimezone(UTC),
        source="ECS",
    )


def _definitions(aws: Aws, revisions: list[str]) -> dict[str, str]:
    """The task definition of each revision, by name and number; one that is gone is left out."""
    found: dict[str, str] = {}
    wanted = list(dict.fromkeys(revisions))
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        try:
            answer: dict[str, Any] = aws.reading("ecs").describe_service_revisions(serviceRevisionArns=some)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, "describe the revisions of a service") from error
        for one in answer["serviceRevisions"]:
            found[one["serviceRevisionArn"]] = one["taskDefinition"].rpartition("/")[2]
    return found
