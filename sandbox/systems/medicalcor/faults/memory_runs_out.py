"""Each request leaves 40 MB in its process's memory, so that processes are ended again and again."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class MemoryRunsOut(ApiFault):
    def begins(self, parts: Parts) -> None:
        keep(parts, 40.0)


def keep(parts: Parts, megabytes: float) -> None:
    """Let a request of any revision leave so much."""
    for one in parts.api.service.revisions:
        parts.api.code_of(one.name).keeps = megabytes
