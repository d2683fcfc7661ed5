"""What keeps Code Blue from seeing AWS as it is now: metrics that come late, and a clock that is off.

Only its roles are kept from it: what users suffer is asked by the sandbox itself. Conditions:

    metrics_late_seconds   how old a value is before it can be read
    clock_ahead_seconds    by how much the clock of whoever looks is ahead of AWS's (behind, when negative)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.sts.models import sts_backends

from journal import clock
from sandbox.overlay.call import Call
from sandbox.overlay.identity import PARTITION, ROLES
from sandbox.overlay.stage import Stage


def newest(call: Call, stage: Stage) -> datetime | None:
    """The moment after which the caller sees no values yet; nothing when they come at once."""
    late = float(stage.condition("metrics_late_seconds", 0.0))
    return clock.now() - timedelta(seconds=late) if late and _is_ours(call, stage) else None


def ahead(call: Call, stage: Stage) -> timedelta:
    """By how much the caller's clock is ahead. A window that it asks for lies so much later than it means.

    What is answered is older by the same, in its eyes.
    """
    off = float(stage.condition("clock_ahead_seconds", 0.0))
    return timedelta(seconds=off) if off and _is_ours(call, stage) else timedelta(0)


def meant(given: Mapping[str, Any], names: tuple[str, ...], off: timedelta) -> dict[str, Any]:
    """The parameters, with these times (moments, or milliseconds since 1970) as the caller's clock has them."""
    moved = dict(given)
    for name in names if off else ():
        if isinstance(value := moved.get(name), datetime):
            moved[name] = value + off
        elif value is not None:
            moved[name] = int(value) + int(off.total_seconds() * 1000)
    return moved


def is_before(at: datetime, end: datetime | None) -> bool:
    """Whether a stored moment (in UTC, said or not) can be read already."""
    return end is None or at.replace(tzinfo=UTC) <= end


def _is_ours(call: Call, stage: Stage) -> bool:
    session = sts_backends[stage.account][PARTITION].get_assumed_role_from_access_key(call.access_key)
    return session is not None and session.role_arn.rsplit("/", 1)[-1] in ROLES
