"""The API uses 93% of its memory, and collects garbage in each request."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.process import AT_REST_MB, LIMIT_MB
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class MemoryNearlyFull(ApiFault):
    def begins(self, parts: Parts) -> None:
        process = parts.api.process()
        assert process is not None
        process.kept, process.collects = 0.93 * LIMIT_MB - AT_REST_MB, True


def give_more(parts: Parts) -> None:
    """What whoever gives the service more memory brings about: new processes, with room."""
    parts.api.processes.clear()
