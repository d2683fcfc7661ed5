"""What people see is not as its developers meant: its new revision does not start, and the one before goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from journal import clock
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.faults.revision_not_ready import WHY
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.project import WEB


@dataclass(kw_only=True)
class PagesNotDeployed(Fault):
    def start(self, parts: Parts) -> None:
        service = parts.project.run.services[WEB]
        service.revisions.append(replace(service.revisions[-1], name=f"{WEB}-00043-bad", at=clock.now(), why=WHY))
        service.why = WHY

    def complaints(self, parts: Parts) -> Iterable[str]:
        if parts.project.run.services[WEB].why:
            yield "the pages are not as they were deployed"
