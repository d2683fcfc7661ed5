"""The password of the application is renewed, and what runs still has the old one."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.valkey import APPLICATION


@dataclass(kw_only=True)
class RedisPasswordChanged(Fault):
    def start(self, parts: Parts) -> None:
        """Renew it; whoever is connected must enter anew."""
        parts.valkey.does("ACL", "SETUSER", APPLICATION, "resetpass", ">another-one")
        parts.valkey.does("CLIENT", "KILL", "USER", APPLICATION)
