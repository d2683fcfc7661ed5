"""A rule of the firewall is changed, and nobody reaches Redis; to Google all is well."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.postgres import free_port
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class RedisUnreached(Fault):
    def start(self, parts: Parts) -> None:
        """Let it listen elsewhere: where it was, nobody does."""
        parts.valkey.does("CONFIG", "SET", "port", str(free_port()))

    def heal(self, parts: Parts) -> None:
        """Let it listen where it did."""
        reach_again(parts)


def reach_again(parts: Parts) -> None:
    """Let it listen where everybody looks for it; a connection that is there stays."""
    parts.valkey.does("CONFIG", "SET", "port", str(parts.valkey.port))
