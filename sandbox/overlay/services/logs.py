"""Searching logs as CloudWatch Logs does: real filter patterns, pages that may be empty, nothing quietly left out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from moto.logs.models import LogGroup, LogsBackend, logs_backends

from sandbox.overlay import hindered
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.filter_pattern import FilterPattern, parse
from sandbox.overlay.registry import handles
from sandbox.overlay.stage import Stage

MOST = 10_000
"""Events on one page, and what a page holds when no limit is given."""

_SEARCHES = itertools.count()


@handles("logs", "FilterLogEvents")
def filter_log_events(call: Call, stage: Stage) -> object:
    """Events of the window that match, oldest first.

    Every other search with a pattern begins with an empty page and a token, as AWS gives one when it has searched a
    part of a large group and found nothing yet: who takes an empty page for "nothing" is wrong here, too.
    """
    off = hindered.ahead(call, stage)
    given = hindered.meant(call.parameters, ("startTime", "endTime"), off)
    limit = int(given.get("limit") or MOST)
    if not 1 <= limit <= MOST:
        raise _invalid(f"1 validation error detected: Value '{limit}' at 'limit' must be between 1 and {MOST}")
    pattern = parse(str(given.get("filterPattern") or ""))
    group = _group(given, stage, call.region)
    found = sorted(_within(group, given, pattern), key=lambda event: event["timestamp"])
    begin = _begin(given.get("nextToken"), group)
    if begin is None:
        begin = 0
        if pattern.text.strip() and next(_SEARCHES) % 2:
            return {"events": [], "searchedLogStreams": [], "nextToken": _token(group, 0)}
    older = int(off.total_seconds() * 1000)
    page = [{**event, "timestamp": event["timestamp"] - older} for event in found[begin : begin + limit]]
    answer: dict[str, Any] = {"events": page, "searchedLogStreams": []}
    if begin + limit < len(found):
        answer["nextToken"] = _token(group, begin + limit)
    return answer


def _within(group: LogGroup, given: Mapping[str, Any], pattern: FilterPattern) -> list[dict[str, Any]]:
    names, prefix = given.get("logStreamNames"), str(given.get("logStreamNamePrefix") or "")
    if names and prefix:
        raise _invalid("logStreamNames and logStreamNamePrefix must not be used together.")
    start, end = (None if given.get(name) is None else int(given[name]) for name in ("startTime", "endTime"))
    if start is not None and end is not None and start > end:
        raise _invalid("startTime must not be later than endTime.")
    return [
        {
            "logStreamName": name,
            "timestamp": event.timestamp,
            "message": event.message,
            "ingestionTime": event.ingestion_time,
            "eventId": f"{event.event_id:056d}",
        }
        for name, stream in list(group.streams.items())
        if (not names or name in names) and name.startswith(prefix)
        for event in list(stream.events)
        if (start is None or event.timestamp >= start)
        and (end is None or event.timestamp <= end)
        and pattern.matches(event.message)
    ]


def _group(given: Mapping[str, Any], stage: Stage, region: str) -> LogGroup:
    backend: LogsBackend = logs_backends[stage.account][region]
    name, identifier = given.get("logGroupName"), given.get("logGroupIdentifier")
    if (name is None) == (identifier is None):
        raise _invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")
    wanted = str(name or identifier).partition(":log-group:")[2].removesuffix(":*") or str(name or identifier)
    if wanted not in backend.groups:
        raise Refused("ResourceNotFoundException", "The specified log group does not exist.")
    return backend.groups[wanted]


def _token(group: LogGroup, position: int) -> str:
    return f"{group.name}@{position}"


def _begin(token: object, group: LogGroup) -> int | None:
    """Where a page begins; `None` for a fresh search. moto takes a token of nobody for an empty page; AWS refuses."""
    if token is None:
        return None
    name, _, position = str(token).rpartition("@")
    if name != group.name or not position.isdigit():
        raise _invalid("The specified nextToken is invalid.")
    return int(position)


def _invalid(message: str) -> Refused:
    return Refused("InvalidParameterException", message)
