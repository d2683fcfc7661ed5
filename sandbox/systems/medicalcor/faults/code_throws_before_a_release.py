"""The API's own code throws; half an hour later somebody deploys a revision that does so as well, and is suspected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.faulty import ApiFault, pass_by
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.faults.code_throws import SHARE, throw
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class CodeThrowsBeforeARelease(ApiFault):
    def begins(self, parts: Parts) -> None:
        throw(parts, SHARE)
        pass_by(timedelta(minutes=30))
        parts.api.deploy(Code(throws=SHARE))
