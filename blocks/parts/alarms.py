"""The alarms that a system's runbooks rely on: without them an incident is found by its users."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from blocks.parts.names import Part

MINUTE = timedelta(minutes=1)

Comparison = Literal[
    "GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
]


class RequiredFilter(Part):
    """A metric filter: lines of a log group that match `pattern` count one each in the alarm's metric."""

    name: str
    group: str
    pattern: str


class RequiredAlarm(Part):
    """What an alarm must watch, and when it goes off if it has to be made anew.

    One that exists keeps its own limit: how sensitive it is, is its owners' to say. `statistic` may be a percentile.
    """

    name: str
    about: str
    namespace: str
    metric: str
    statistic: str
    threshold: float
    dimensions: tuple[tuple[str, str], ...] = ()
    comparison: Comparison = "GreaterThanThreshold"
    period: timedelta = MINUTE
    periods: int = Field(default=2, description="Values that are looked at; all of them must be over the limit.")
    filter: RequiredFilter | None = Field(default=None, description="Where the metric comes from, if from a log.")
