"""The real parts of MedicalCor: PostgreSQL, Valkey, and its project of Google Cloud."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.postgres import Postgres
from sandbox.systems.medicalcor import project, valkey
from sandbox.systems.medicalcor.project import Project
from sandbox.systems.medicalcor.schema import SCHEMA
from sandbox.systems.medicalcor.valkey import Valkey

SLOTS = 40
"""`max_connections`: enough for every share that a runbook names, and quickly filled."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """All of them while they run, and where logs are kept."""

    home: Path
    postgres: Postgres = field(repr=False)
    valkey: Valkey
    project: Project = field(repr=False)


@contextmanager
def running(home: Path) -> Generator[Parts]:
    """All of them, ended with this process."""
    home.mkdir(parents=True, exist_ok=True)
    with valkey.running(home) as cache, project.standing() as cloud:
        postgres = Postgres.start(home, schema=SCHEMA, max_connections=SLOTS)
        try:
            yield Parts(home=home, postgres=postgres, valkey=cache, project=cloud)
        finally:
            postgres.stop()
