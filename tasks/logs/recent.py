"""Recent errors over all log groups of a system, as counts: what a person would scroll through first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, look
from tasks.logs.read import Events, read_events

GROUPS = 20
"""Log groups that one look expands a prefix to."""

ERRORS = '?ERROR ?"Task timed out" ?"Runtime exited"'


class RecentErrors(Facts):
    """Errors by log group. `complete` tells that every group was searched to the end of the window."""

    groups: dict[str, int]
    complete: bool
    window: timedelta

    def __str__(self) -> str:
        found = [f"{group} {count}" for group, count in self.groups.items() if count]
        upto = "" if self.complete else " (not searched to the end)"
        return (f"errors: {', '.join(found)}" if found else f"no errors in {len(self.groups)} log groups") + upto


@look(
    "logs:DescribeLogGroups",
    *read_events.permissions,
    bound=f"{GROUPS} log groups, each {read_events.bound}",
)
def read_recent_errors(aws: Aws, *, patterns: Mapping[str, str], prefix: str, window: timedelta) -> RecentErrors:
    """Count errors (`rung.c543`): by the pattern of each named group, and by `ERRORS` in each group of the prefix.

    A search takes no wildcard, so `/aws/lambda/shop-*` is expanded first. Raises `Permanent` when a group may not be
    read.
    """
    wanted = {**dict.fromkeys(groups_of(aws, prefix), ERRORS), **patterns}
    found: dict[str, Events] = {
        group: read_events(aws, group, pattern=pattern, window=window) for group, pattern in wanted.items()
    }
    return RecentErrors(
        groups={group: events.total for group, events in found.items()},
        complete=all(events.complete for events in found.values()),
        window=window,
    )


def groups_of(aws: Aws, prefix: str) -> tuple[str, ...]:
    """Log groups by prefix, at most `GROUPS`."""
    try:
        pages = aws.reading("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        return tuple(islice((group["logGroupName"] for page in pages for group in page["logGroups"]), GROUPS))
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list the log groups that begin with {prefix}") from error
