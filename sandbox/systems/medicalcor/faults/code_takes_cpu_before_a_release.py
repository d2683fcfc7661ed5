"""Requests take three times as much CPU; half an hour later somebody deploys the same code, and is suspected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.faulty import pass_by
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.faults.code_takes_cpu import CodeTakesCpu
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class CodeTakesCpuBeforeARelease(CodeTakesCpu):
    def begins(self, parts: Parts) -> None:
        super().begins(parts)
        pass_by(timedelta(minutes=12))
        parts.api.deploy(Code(burns=3.0))
