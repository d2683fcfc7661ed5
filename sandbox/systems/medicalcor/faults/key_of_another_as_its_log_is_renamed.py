"""A release calls the part otherwise that refuses keys, as callers are deployed with one that was never issued."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.key_of_another import KeyOfAnother
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeyOfAnotherAsItsLogIsRenamed(KeyOfAnother):
    def begins(self, parts: Parts) -> None:
        parts.callers.component = "auth"
        super().begins(parts)
