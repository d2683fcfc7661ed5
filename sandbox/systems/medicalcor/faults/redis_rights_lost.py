"""Somebody tightens the rights of the application's user too far: it is let in, and may not write."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.valkey import APPLICATION


@dataclass(kw_only=True)
class RedisRightsLost(Fault):
    def start(self, parts: Parts) -> None:
        """Take them."""
        parts.valkey.does("ACL", "SETUSER", APPLICATION, "-@write")
