"""The clock of the pages is twenty minutes ahead, so that every token seems to have ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class PagesClockAhead(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.skew = timedelta(minutes=20)
