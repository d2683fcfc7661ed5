"""More people are at work than Redis has memory for: what is kept is needed, and expires when it is not."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.application import HOUR
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.filling import VALUE, fill
from sandbox.systems.medicalcor.parts import Parts

KINDS = ("session:login", "lead:cache", "slot:cache")


@dataclass(kw_only=True)
class Outgrown(Fault):
    def start(self, parts: Parts) -> None:
        """Fill it with what is in use, of several kinds."""
        fill(parts.valkey, lambda many, number: many.set(f"{KINDS[number % 3]}:{number}", VALUE, ex=HOUR))
