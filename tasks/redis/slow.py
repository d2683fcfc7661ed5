"""A look at the slow commands of a Redis server: which, how often, how slow. Never what they were given."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from blocks.redis import Redis, ask
from journal import clock
from journal.wording import brief, counted, span
from runbook import Facts, Permanent, look

AT_MOST = 128


class SlowCommand(Facts):
    """One command: how often it was slow, and the longest time it kept everybody waiting."""

    count: int
    slowest_ms: float


class Slow(Facts):
    """Commands that kept the server busy for long within `window`, the worst first."""

    commands: dict[str, SlowCommand]
    window: timedelta

    @property
    def slowest_ms(self) -> float:
        return max((one.slowest_ms for one in self.commands.values()), default=0.0)

    def __str__(self) -> str:
        parts = [
            f"{name} {counted(one.count, 'time')}, up to {one.slowest_ms:.0f} ms" for name, one in self.commands.items()
        ]
        return f"{'; '.join(parts[:5]) or 'no slow command'} within {span(self.window)}"


@look("redis:slowlog|get", bound=f"{AT_MOST} entries")
def read_slow(redis: Redis, *, window: timedelta = timedelta(minutes=15)) -> Slow:
    """What is in the slow log. Arguments are dropped here: they hold what others keep."""
    with redis.reading() as client:
        told: Any = ask(client, "SLOWLOG", "GET", AT_MOST)
    if not isinstance(told, list):
        raise Permanent("The slow log is told in another form than is known; look by hand.")
    since = clock.now() - window
    counts: Counter[str] = Counter()
    slowest: defaultdict[str, float] = defaultdict(float)
    for entry in cast("list[Any]", told):
        try:
            at, micros, name = int(entry[1]), int(entry[2]), brief(entry[3][0].decode("utf-8", "replace"), 30).upper()
        except (IndexError, TypeError, ValueError, AttributeError) as error:
            raise Permanent("An entry of the slow log has another form than is known; look by hand.") from error
        if datetime.fromtimestamp(at, UTC) >= since.replace(microsecond=0):
            counts[name] += 1
            slowest[name] = max(slowest[name], micros / 1000)
    ordered = sorted(counts, key=lambda name: (-slowest[name], name))
    return Slow(
        commands={name: SlowCommand(count=counts[name], slowest_ms=slowest[name]) for name in ordered}, window=window
    )
