"""How it was period by period: a count as a share of another, or a value where enough was counted."""

from __future__ import annotations

from runbook.shares import LEAST
from tasks.cloudwatch.read import Metric, Metrics, Series


def rates(seen: Metrics, value: Metric, among: Metric) -> Series:
    """The periods with at least `LEAST` of `among`: a sum as a share (0..1) of that, any other statistic as it is.

    For `onset`, `around` and whoever else asks when something changed; a period of two requests is none of it.
    """
    of, counted = (seen.series.get(one.name) for one in (value, among))
    if of is None or counted is None:
        return Series(values=(), at=(), unit=value.unit)
    many = {at: count for at, count in zip(counted.at, counted.values, strict=True) if count >= LEAST}
    known = [(at, one) for at, one in zip(of.at, of.values, strict=True) if at in many]
    share = value.statistic == "Sum"
    return Series(
        values=tuple(one / many[at] if share else one for at, one in known),
        at=tuple(at for at, _ in known),
        unit="" if share else value.unit,
    )
