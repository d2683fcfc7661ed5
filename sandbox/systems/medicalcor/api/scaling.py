"""What Cloud Run does before a container has a request: turn it away, let it wait, or start an instance for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from sandbox.google.run_kept import EVERYWHERE, Service

EACH: Final = 2.5
"""Requests a second that one instance works on without letting any wait."""
BURNS: Final = 0.32
"""Seconds of an instance's CPU that a request takes: so many leave it a fifth."""
QUEUED: Final = 3.0
"""Seconds for which a request waits where more come than all instances together can work on."""

OFTEN: Final = 20
"""Of so many requests one that waits is noticed."""


@dataclass(frozen=True, kw_only=True)
class TurnedAway:
    """With which status, what the sender reads, and what is logged, where anything is."""

    status: int
    page: str
    logged: str = ""


NOT_PUBLIC: Final = TurnedAway(
    status=403,
    page="Your client does not have permission to get URL /ready from this server.",
    logged="The request was not authenticated. Either allow unauthenticated invocations or set the proper"
    " Authorization header. Read more at https://cloud.google.com/run/docs/securing/authenticating",
)
INGRESS: Final = TurnedAway(status=404, page="The requested URL was not found on this server.")
NOBODY_FREE: Final = TurnedAway(
    status=429,
    page="Rate exceeded.",
    logged="The request was aborted because there was no available instance. Additional troubleshooting documentation"
    " can be found at: https://cloud.google.com/run/docs/troubleshooting#abort-request",
)
OUT: Final = TurnedAway(status=502, page="The server encountered a temporary error.")


@dataclass(kw_only=True)
class Scaling:
    """How many instances there are. `held` are filled by requests that do not end.

    Every `cold`th request (none: 0) comes after a pause in which all instances were ended; a new one takes `starts_in`
    seconds.
    """

    held: int = 0
    cold: int = 0
    starts_in: float = 6.0
    out: bool = False
    """Whether Google's own part of the way does not work."""
    spinning: int = 0
    """Instances that work on something that never ends."""

    def needed(self, a_second: float) -> int:
        return self.held + self.spinning + math.ceil(a_second / EACH)

    def running(self, service: Service, a_second: float) -> int:
        """Instances that there are."""
        needed = max(self.needed(a_second), service.least)
        return needed if service.most is None else min(needed, service.most)

    def turned_away(self, service: Service) -> TurnedAway | None:
        """Why no request reaches a container; nothing where they do."""
        if self.out:
            return OUT
        if service.ingress != EVERYWHERE:
            return INGRESS
        if not service.public:
            return NOT_PUBLIC
        return NOBODY_FREE if service.most is not None and self.held >= service.most else None

    def begins(self, service: Service, number: int) -> bool:
        """Whether an instance is started for a request, the so-manieth."""
        return bool(self.cold) and not service.least and number % self.cold == 0

    def cold_for(self, service: Service) -> float:
        """Seconds for which one request in twenty or more waits for its instance."""
        return self.starts_in if 0 < self.cold <= OFTEN and not service.least else 0.0

    def queued(self, service: Service, a_second: float) -> float:
        """Seconds for which a request waits until an instance is free."""
        return QUEUED if service.most is not None and self.needed(a_second) > service.most else 0.0

    def busy(self, service: Service, a_second: float) -> list[float]:
        """Which share of its CPU each instance uses (0..1)."""
        many = self.running(service, a_second)
        spinning = min(self.spinning, many)
        rest = many - spinning
        each = min(1.0, a_second * BURNS / rest) if rest else 0.0
        return [1.0] * spinning + [each] * rest
