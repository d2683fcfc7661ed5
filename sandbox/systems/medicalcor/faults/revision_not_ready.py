"""All traffic was sent to a new revision by its name, and then its containers do not start any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.google.run_kept import REVISION
from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts

WHY: Final = "The user-provided container failed to start and listen on the port defined by PORT=8080."


@dataclass(kw_only=True)
class RevisionNotReady(ApiFault):
    def begins(self, parts: Parts) -> None:
        service = parts.api.service
        name = parts.api.deploy()
        service.traffic = service.is_so = [{"type": REVISION, "revision": name, "percent": 100}]
        service.revisions[-1].why = service.why = WHY
