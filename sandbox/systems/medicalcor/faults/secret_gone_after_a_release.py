"""A secret is destroyed, in the minute in which somebody deploys a revision that changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.faults.containers_end import end_with
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SecretGoneAfterARelease(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy()
        end_with(parts, "secret")
