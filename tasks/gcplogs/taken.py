"""What became of requests that others send us: taken or not, and what they were answered, as Cloud Run logs each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from runbook import Facts
from runbook.shares import FEW, LEAST, share
from tasks.gcplogs.read import Entries
from tasks.logs.read import Kind

TAKEN, UNSIGNED, LATE, INVALID, FAILED = "taken", "unsigned", "late", "invalid", "failed"
KINDS: Final = (
    Kind(name=TAKEN, pattern=r"^POST 2\d\d "),
    Kind(name=UNSIGNED, pattern=r"^POST 40[13] "),
    Kind(name=LATE, pattern=r"^POST (?:408|504) "),
    Kind(name=INVALID, pattern=r"^POST 4\d\d "),
    Kind(name=FAILED, pattern=r"^POST 5\d\d "),
)
"""By method and status: whoever looks whether the address answers sends a GET."""

CHART: Final = "webhooks not taken"


class Taken(Facts):
    """Of the webhooks in a window: `events` by what was answered to each."""

    events: Entries

    @property
    def came(self) -> int:
        return sum(self.events.kinds.values())

    @property
    def lost(self) -> int:
        """How many were not taken."""
        return self.came - self.events.of(TAKEN)

    def none_taken(self) -> bool:
        """Whether none was. Raises `LookupError` where the window was not searched to its end."""
        return self.events.none(TAKEN)

    def none_came(self) -> bool:
        return all(self.events.none(kind.name) for kind in KINDS)

    def lost_share(self) -> float:
        return share(self.lost, self.came, "webhooks", least=LEAST)

    def in_trouble(self) -> bool:
        return self.none_taken() or self.lost_share() > 0.1  # noqa: PLR2004 # a sender tries again: one in ten is none

    def share_of(self, kind: str) -> float:
        """One kind as a share (0..1) of those that were not taken."""
        return share(self.events.of(kind), self.lost, "webhooks that were not taken", least=FEW)

    def __str__(self) -> str:
        kinds = ", ".join(f"{name} {count}" for name, count in self.events.kinds.items() if count)
        upto = "" if self.events.complete else " or more"
        return f"{self.came}{upto} webhooks" + (f": {kinds}" if kinds else "")

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {CHART: (round(100 * self.lost_share(), 1), "%")} if self.came >= LEAST else {}
