"""Google's own part of the way fails for an hour, and its page says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from journal import clock
from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts

LASTS: Final = timedelta(hours=1)


def outage() -> dict[str, Any]:
    """One incident, as Google's page has it."""
    now = f"{clock.now():%Y-%m-%dT%H:%M:%S+00:00}"
    return {
        "id": "practice",
        "begin": now,
        "end": None,
        "status_impact": "SERVICE_OUTAGE",
        "affected_products": [{"title": "Google Cloud Run", "id": "practice"}],
        "currently_affected_locations": [{"title": "Frankfurt", "id": "europe-west3"}],
        "most_recent_update": {"when": now, "status": "SERVICE_OUTAGE"},
    }


@dataclass(kw_only=True)
class GoogleOut(ApiFault):
    until: datetime | None = field(default=None, init=False)

    def begins(self, parts: Parts) -> None:
        parts.api.scaling.out, parts.api.cloud_page = True, [outage()]
        self.until = clock.now() + LASTS

    def live(self, parts: Parts) -> None:
        """Google mends it."""
        if self.until is not None and clock.now() >= self.until:
            parts.api.scaling.out, parts.api.cloud_page, self.until = False, [], None
