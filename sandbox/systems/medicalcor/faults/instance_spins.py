"""One instance works on something that never ends; whoever reaches it waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class InstanceSpins(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.scaling.spinning = 1

    def complaints(self, parts: Parts) -> Iterator[str]:
        if parts.api.scaling.spinning:
            yield "some requests are not answered"


def begin_anew(parts: Parts) -> None:
    """What whoever deploys the same code once more brings about."""
    parts.api.deploy()
    parts.api.scaling.spinning = 0
