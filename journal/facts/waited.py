"""What is waited for without anybody's answer, and how that ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from journal.facts.seen import Finding
from journal.facts.words import Ending, Said


class WaitBegun(Said):
    """Nobody is asked and nothing is changed: it is looked every so often whether `until` holds, to `expires_at`.

    `says` is why waiting is right. `digest` names this wait of this incident. `handed_to` is the runbook of the other
    incident whose end is waited for, where this one was handed over and comes back.
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
    handed_to: str = ""


class WaitOver(Said):
    """It is not waited any longer: what was waited for holds (since `since`), the time is up, or the alert ended.

    `finding` is what was seen last. `by` the *end* of another incident, `ending` is how that ended.
    """

    kind: Literal["wait_over"] = "wait_over"
    mitigation: str
    digest: str
    by: Literal["evidence", "end", "time", "recovery"]
    finding: Finding
    took: timedelta
    since: datetime | None = None
    ending: Ending | None = None

    @property
    def held(self) -> bool:
        """Whether what was waited for came: it is over, or the other incident ended with its problem over."""
        return self.by == "evidence" or self.ending in {Ending.RESOLVED, Ending.RECOVERED}
