"""Now and then somebody sends a file that does not fit into memory as a whole: a process ends, the request is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from journal import clock
from sandbox.systems.medicalcor.api.leaking import MemoryFault
from sandbox.systems.medicalcor.parts import Parts

EVERY: Final = timedelta(minutes=3)


@dataclass(kw_only=True)
class LargeUploads(MemoryFault):
    sent: datetime | None = None

    def begins(self, parts: Parts) -> None:
        self.sent = clock.now()

    def live(self, parts: Parts) -> None:
        """Send the next one when it is time."""
        if self.sent is not None and clock.now() - self.sent >= EVERY:
            self.sent = clock.now()
            parts.api.upload(megabytes=400)

    def complaints(self, parts: Parts) -> Iterator[str]:
        yield "files that are sent are lost"
