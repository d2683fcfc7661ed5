"""The real parts of MedicalCor: PostgreSQL, Valkey, its project of Google Cloud, Trigger.dev, and its API."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.postgres import Postgres
from sandbox.switchboard.jobs import Jobs
from sandbox.switchboard.server import serve as serve_board
from sandbox.switchboard.serving import TOKENS, served
from sandbox.systems.medicalcor import project, valkey
from sandbox.systems.medicalcor.api.backing import Backing
from sandbox.systems.medicalcor.api.callers import Callers, keyed
from sandbox.systems.medicalcor.api.pages import serve
from sandbox.systems.medicalcor.api.service import Api
from sandbox.systems.medicalcor.api.signed_in import SignedIn, pages
from sandbox.systems.medicalcor.api.usage import Usage, board
from sandbox.systems.medicalcor.disk import Disk
from sandbox.systems.medicalcor.project import Project
from sandbox.systems.medicalcor.schema import SCHEMA
from sandbox.systems.medicalcor.valkey import Valkey
from sandbox.systems.medicalcor.worker import Worker
from sandbox.triggerdev.kept import Kept
from sandbox.triggerdev.server import serve as serve_trigger

SLOTS = 40
"""`max_connections`: enough for every share that a runbook names, and quickly filled."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """All of them while they run, and where logs are kept."""

    home: Path
    postgres: Postgres = field(repr=False)
    valkey: Valkey
    project: Project = field(repr=False)
    api: Api = field(repr=False)
    backing: Backing = field(repr=False)
    worker: Worker
    callers: Callers = field(repr=False)
    disk: Disk = field(repr=False)
    usage: Usage = field(repr=False)
    switchboard: str
    """Where the switches are that its owner offers."""
    signed_in: SignedIn = field(repr=False)
    address: str
    """Where the API answers, and where the pages are of those whom it calls."""
    web: str
    """Where the pages answer that people see."""
    trigger: Kept = field(repr=False)
    trigger_address: str


@contextmanager
def running(home: Path) -> Generator[Parts]:
    """All of them, ended with this process."""
    home.mkdir(parents=True, exist_ok=True)
    with valkey.running(home) as cache, project.standing() as cloud:
        postgres = Postgres.start(home, schema=SCHEMA, max_connections=SLOTS)
        backing = Backing(database=postgres.address, valkey=cache)
        disk = Disk(database=postgres.address, sql=cloud.sql, monitoring=cloud.monitoring, logs=cloud.logs)
        api = Api(
            name=project.API,
            run=cloud.run,
            logs=cloud.logs,
            monitoring=cloud.monitoring,
            why_not=lambda: (backing.database_why_not(), backing.redis_why_not()),
            undelivered=backing.keep_dead,
        )
        worker = Worker(valkey=cache, sends=lambda: api.providers["whatsapp"].call())  # noqa: PLW0108 # of that moment
        callers = Callers(api=api, secrets=cloud.secrets)
        usage = Usage(logs=cloud.logs, monitoring=cloud.monitoring, service=project.API, board=board())
        signed_in = SignedIn(api=api, run=cloud.run, secrets=cloud.secrets)
        try:
            trigger = Kept()
            with (
                served(serve(api, *keyed(callers))) as address,
                served(serve_board(usage.board, Jobs(), TOKENS)) as switchboard,
                served(pages(signed_in), dated=False) as web,
                served(serve_trigger(trigger)) as trigger_address,
            ):
                yield Parts(
                    home=home,
                    postgres=postgres,
                    valkey=cache,
                    project=cloud,
                    api=api,
                    backing=backing,
                    worker=worker,
                    callers=callers,
                    disk=disk,
                    usage=usage,
                    switchboard=switchboard,
                    signed_in=signed_in,
                    address=address,
                    web=web,
                    trigger=trigger,
                    trigger_address=trigger_address,
                )
        finally:
            worker.close()
            disk.close()
            backing.close()
            postgres.stop()
