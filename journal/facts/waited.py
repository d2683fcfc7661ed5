"""What is waited for without anybody's answer, and how that ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from journal.facts.seen import Finding
from journal.facts.words import Said


class WaitBegun(Said):
    """Nobody is asked and nothing is changed: it is looked every so often whether `until` holds, to `expires_at`.

    `says` is why waiting is right. `digest` names this wait of this incident.
    """

    kind: Literal["wait_begun"] = "wait_begun"
    mitigation: str
    title: str
    treats: str
    digest: str
    until: str
    says: str
    every: timedelta
    expires_at: datetime


class WaitOver(Said):
    """It is not waited any longer: what was waited for holds (since `since`), the time is up, or the alert ended.

    `finding` is what was seen last.
    """

    kind: Literal["wait_over"] = "wait_over"
    mitigation: str
    digest: str
    by: Literal["evidence", "time", "recovery"]
    finding: Finding
    took: timedelta
    since: datetime | None = None

    @property
    def held(self) -> bool:
        """Whether what was waited for came."""
        return self.by == "evidence"
