"""Somebody of the provider holds the locks that everybody waits for, whom no runbook may end."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.conninfo import make_conninfo

from sandbox.systems.rastup.faults.lock_contention import LockContention
from sandbox.systems.rastup.parts import Parts


@dataclass(kw_only=True)
class LockOfProvider(LockContention):
    def dsn(self, parts: Parts) -> str:
        """The provider."""
        return make_conninfo(parts.postgres.address.admin(), application_name=self.holder)
