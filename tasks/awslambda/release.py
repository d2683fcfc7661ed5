"""What was released of a Lambda function, and a metric before and after the version that is called was published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Around, Release, Releases, look
from runbook.release import around
from tasks.awslambda.read import LATEST, read_function
from tasks.cloudtrail.read import Act, read_acts
from tasks.cloudwatch.rates import rates
from tasks.cloudwatch.read import Metric, read_metrics

BEFORE = 10
"""So many periods before the release are looked at."""

AT_MOST = 1440
"""Periods in one look."""

VERSIONS, PAGE = 500, 50
"""Versions in one look. Lambda lists the oldest first, so of more than that the newest are not known."""

MOVED = "UpdateAlias20150331"
"""What CloudTrail calls an alias being moved: the operation, with the version of Lambda's API."""


@look(*read_function.permissions, *read_metrics.permissions, bound=f"one function, {AT_MOST} values of two metrics")
def read_around(aws: Aws, function: str, alias: str, *, value: Metric, among: Metric, period: timedelta) -> Around:
    """A metric around a release: a count as a share of `among`, or a value where there were enough of `among`.

    Raises `Permanent` when function or metrics cannot be seen.
    """
    running = read_function(aws, function, alias)
    window = min(clock.now() - running.published + BEFORE * period, AT_MOST * period)
    seen = read_metrics(aws, (value, among), window=window, period=period)
    return around(running.release, rates(seen, value, among), period)


@look("lambda:ListVersionsByFunction", bound=f"{VERSIONS} versions; values of their environment are dropped")
def read_versions(aws: Aws, function: str, *, window: timedelta) -> Releases:
    """The versions of a function that were published in `window`, newest first. By whom, Lambda does not tell.

    Raises `Permanent` when the function cannot be seen.
    """
    now = clock.now()
    found: list[Release] = []
    many, marker = 0, ""
    while many < VERSIONS:
        page = _page(aws, function, marker)
        many += len(page["Versions"])
        for one in page["Versions"]:
            at = datetime.fromisoformat(one["LastModified"]).astimezone(UTC)
            if one["Version"] != LATEST and at >= now - window:
                version: str = one["Version"]
                found.append(Release(what="version", service=function, version=version, at=at, source="Lambda"))
        marker = page.get("NextMarker") or ""
        if not marker:
            break
    newest = tuple(sorted(found, key=lambda one: one.at, reverse=True))
    since = now if marker else now - window
    return Releases(service=function, releases=newest, since=since, until=now, asked_at=now)


@look(*read_acts.permissions, bound=read_acts.bound)
def read_moves(aws: Aws, function: str, alias: str, *, window: timedelta) -> Releases:
    """When an alias was moved in `window`, to which version and by whom, as CloudTrail tells: some minutes late.

    Raises `Permanent` when CloudTrail may not be asked.
    """
    acts = read_acts(aws, MOVED, window=window)
    moved = (_move(act, function, alias) for act in acts.acts)
    newest = tuple(one for one in moved if one is not None)
    return Releases(
        service=f"{function}:{alias}", releases=newest, since=acts.since, until=acts.until, asked_at=acts.asked_at
    )


def _page(aws: Aws, function: str, marker: str) -> dict[str, Any]:
    asked = {"Marker": marker} if marker else {}
    try:
        return aws.reading("lambda").list_versions_by_function(FunctionName=function, MaxItems=PAGE, **asked)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list the versions of {function}") from error


def _move(act: Act, function: str, alias: str) -> Release | None:
    """The function may be called by its name or its address; without a version only its weights or its text changed."""
    called, to = act.given.get("functionName", ""), act.given.get("functionVersion")
    if called.rpartition(":")[2] != function or act.given.get("name") != alias or to is None:
        return None
    return Release(what="alias", service=f"{function}:{alias}", version=to, at=act.at, by=act.by, source="CloudTrail")
