"""Containers of every revision end; half an hour later somebody deploys one that ends as well, and is suspected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.faulty import ApiFault, pass_by
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.faults.containers_end import end_with
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ContainersEndBeforeARelease(ApiFault):
    def begins(self, parts: Parts) -> None:
        end_with(parts, "exit")
        pass_by(timedelta(minutes=30))
        parts.api.deploy(Code(dies="exit"))
