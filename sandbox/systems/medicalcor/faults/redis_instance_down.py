"""The machine below the instance fails: Google repairs it, and nobody reaches it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.redis_unreached import RedisUnreached
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.project import CACHE


@dataclass(kw_only=True)
class RedisInstanceDown(RedisUnreached):
    def start(self, parts: Parts) -> None:
        """Let nobody reach it, and Google say why."""
        super().start(parts)
        parts.project.memorystore.instances[CACHE]["state"] = "REPAIRING"
