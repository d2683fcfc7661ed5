"""Looks by CloudWatch Logs Insights: figures over many log lines, worked out by AWS. No line leaves AWS.

A query costs money while it runs, so each is bounded in rows and time, and stopped when nobody waits for it any more.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from journal.wording import span
from runbook import Facts, Permanent, Temporary, look
from runbook.shares import share

WITHIN = timedelta(seconds=8)
"""How long a query may run before it is stopped."""

ASKED_EVERY = 0.1
"""Seconds between two questions whether it is complete."""

FAILED = frozenset({"Failed", "Cancelled", "Timeout"})

REPORTS = """
filter @type = "REPORT"
| stats count(*) as requests,
  count(@initDuration) as cold,
  avg(@initDuration) as init,
  pct(@duration, 95) as p95,
  max(@duration) as longest,
  max(@maxMemoryUsed / @memorySize) as memory,
  sum(strcontains(@message, "Status: timeout")) as timed_out,
  sum(strcontains(@message, "OutOfMemory")) as out_of_memory
"""


class Reports(Facts):
    """What the REPORT lines of a Lambda function say about its requests in `window`.

    `cold` requests met a new environment, which took `init` on average before the request began. `p95` and `longest`
    are durations without that. `memory` is the highest share of its memory that a request used. What has no value was
    not seen: predicates that need it raise `LookupError`, which counts as unknown.
    """

    group: str
    window: timedelta
    requests: int
    cold: int
    timed_out: int
    out_of_memory: int
    init: timedelta | None = None
    p95: timedelta | None = None
    longest: timedelta | None = None
    memory: float | None = None

    def share(self, count: int) -> float:
        """A count as a share of all requests. Of too few: `LookupError`."""
        return share(count, self.requests, f"requests of {self.group} in {span(self.window)}")

    @property
    def cold_share(self) -> float:
        return self.share(self.cold)

    @property
    def begin(self) -> timedelta:
        """What a new environment takes to begin, on average; nothing where no request met one."""
        if self.share(self.cold) and self.init is None:
            raise LookupError(f"{self.group} does not say how long new environments take")
        return self.init or timedelta(0)

    @property
    def memory_used(self) -> float:
        if self.memory is None:
            raise LookupError(f"{self.group} does not say how much memory was used")
        return self.memory

    def __str__(self) -> str:
        if not self.requests:
            return f"{self.group}: no REPORT line"
        said = [f"{self.requests} requests", f"{self.cold} met a new environment"]
        if self.init is not None:
            said.append(f"which took {self.init.total_seconds():.1f} s to begin")
        if self.p95 is not None:
            said.append(f"P95 {self.p95.total_seconds():.2f} s without that")
        if self.memory is not None:
            said.append(f"at most {self.memory:.0%} of the memory used")
        said += [f"{self.timed_out} timed out", f"{self.out_of_memory} ran out of memory"]
        return ", ".join(said)


@look("logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery", bound="one row, worked out by AWS within 8 s")
def read_reports(aws: Aws, group: str, *, window: timedelta, within: timedelta = WITHIN) -> Reports:
    """Cold starts, durations, memory and timeouts of a Lambda function, from the REPORT lines of its log group.

    Raises `Permanent` when the group does not exist or may not be read, `Temporary` when the query took too long.
    """
    rows = _rows(aws.reading("logs"), group, REPORTS, window=window, within=within)
    row = rows[0] if rows else {}

    def ms(name: str) -> timedelta | None:
        return timedelta(milliseconds=float(row[name])) if name in row else None

    def count(name: str) -> int:
        return int(float(row.get(name, 0)))

    return Reports(
        group=group,
        window=window,
        requests=count("requests"),
        cold=count("cold"),
        timed_out=count("timed_out"),
        out_of_memory=count("out_of_memory"),
        init=ms("init"),
        p95=ms("p95"),
        longest=ms("longest"),
        memory=float(row["memory"]) if "memory" in row else None,
    )


def _rows(
    logs: Any, group: str, query: str, *, window: timedelta, within: timedelta, limit: int = 1
) -> list[dict[str, str]]:
    """The rows of a query. It is stopped however this ends, unless it has ended by itself."""
    end = clock.now()
    times = {"startTime": int((end - window).timestamp()), "endTime": int(end.timestamp())}
    deadline = clock.monotonic() + within.total_seconds()
    try:
        started = logs.start_query(logGroupName=group, queryString=query, limit=limit, **times)["queryId"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"query the log group {group}") from error
    ended = False
    try:
        while True:
            answer = logs.get_query_results(queryId=started)
            ended = answer["status"] == "Complete" or answer["status"] in FAILED
            if answer["status"] == "Complete":
                return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"][:limit]]
            if ended:
                raise Permanent(f"The query of {group} ended as {answer['status']}; look by hand in Logs Insights.")
            if clock.monotonic() >= deadline:
                raise Temporary(f"The query of {group} was not complete within {within}; it was stopped.")
            clock.sleep(ASKED_EVERY)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the results of a query of {group}") from error
    finally:
        if not ended:
            # It may have ended meanwhile, and then there is nothing to stop.
            with suppress(ClientError, BotoCoreError):
                logs.stop_query(queryId=started)
