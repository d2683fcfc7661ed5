"""Logs Insights in its three calls: a query is started, asked for until it is complete, and may be stopped.

moto answers StartQuery with nothing but an id; here the query is read and run on the events that are stored.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from moto.logs.models import LogsBackend, logs_backends

from journal import clock
from sandbox.overlay import hindered
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.insights import Query, Rows
from sandbox.overlay.registry import handles
from sandbox.overlay.stage import Stage

RUNS_SECONDS = 0.05
"""How long a query runs, so that nobody finds its rows in the first answer by luck."""

MOST_ROWS = 10_000


@dataclass(kw_only=True)
class Running:
    """A query that was started; it runs until `done` (monotonic seconds), unless it is stopped before."""

    group: str
    text: str
    rows: Rows
    scanned: int
    done: float
    stopped: bool = False

    @property
    def status(self) -> str:
        """As AWS names it."""
        if self.stopped:
            return "Cancelled"
        return "Complete" if clock.monotonic() >= self.done else "Running"


STARTED: dict[str, Running] = {}


@handles("logs", "StartQuery")
def start_query(call: Call, stage: Stage) -> object:
    """Begin. Times are in seconds since 1970, both ends included, unlike those of a search."""
    given = call.parameters
    backend: LogsBackend = logs_backends[stage.account][call.region]
    name = str(given.get("logGroupName") or (given.get("logGroupNames") or [""])[0])
    if name not in backend.groups:
        raise Refused("ResourceNotFoundException", f"Log group '{name}' does not exist", status=400)
    later = int(hindered.ahead(call, stage).total_seconds())
    start, end = (int(given["startTime"]) + later) * 1000, (int(given["endTime"]) + later) * 1000 + 999
    if start > end:
        raise Refused("InvalidParameterException", "End time should not be less than start time", status=400)
    query = Query(str(given["queryString"]))
    messages = [
        event.message
        for stream in list(backend.groups[name].streams.values())
        for event in list(stream.events)
        if start <= event.timestamp <= end
    ]
    identifier = str(uuid.uuid4())
    STARTED[identifier] = Running(
        group=name,
        text=str(given["queryString"]),
        rows=query.run(messages, int(given.get("limit") or MOST_ROWS)),
        scanned=len(messages),
        done=clock.monotonic() + float(stage.condition("insights_seconds", RUNS_SECONDS)),
    )
    return {"queryId": identifier}


@handles("logs", "GetQueryResults")
def get_query_results(call: Call, _stage: Stage) -> object:
    """What there is so far: rows only once it is complete."""
    found = _found(call)
    rows = found.rows if found.status == "Complete" else []
    return {
        "results": [[{"field": name, "value": value} for name, value in row.items()] for row in rows],
        "statistics": {"recordsMatched": float(len(rows)), "recordsScanned": float(found.scanned), "bytesScanned": 0.0},
        "status": found.status,
    }


@handles("logs", "StopQuery")
def stop_query(call: Call, _stage: Stage) -> object:
    """Stop one that runs."""
    found = _found(call)
    if found.status != "Running":
        raise Refused("InvalidParameterException", f"Query is in state {found.status}, not running", status=400)
    found.stopped = True
    return {"success": True}


@handles("logs", "DescribeQueries")
def describe_queries(call: Call, _stage: Stage) -> object:
    """The queries that were started, by log group and status where asked."""
    wanted = call.parameters
    return {
        "queries": [
            {"queryId": name, "queryString": one.text, "status": one.status, "logGroupName": one.group}
            for name, one in STARTED.items()
            if wanted.get("logGroupName") in (None, one.group) and wanted.get("status") in (None, one.status)
        ]
    }


def _found(call: Call) -> Running:
    name = str(call.parameters["queryId"])
    if name not in STARTED:
        raise Refused("ResourceNotFoundException", f"The query {name} does not exist", status=400)
    return STARTED[name]
