"""MedicalCor's project of Google Cloud: its services, its instance of Cloud SQL, logs and metrics, on loopback."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from blocks.google import Google
from journal import clock
from sandbox.google.logs import Logs
from sandbox.google.memorystore import Memorystore
from sandbox.google.monitoring import Monitoring
from sandbox.google.run import Run
from sandbox.google.run_kept import LATEST, Revision, Service
from sandbox.google.secrets import Secrets
from sandbox.google.server import Cloud, serve
from sandbox.google.serving import READING, REGION, RUNS_AS, connection, email, practice
from sandbox.google.sql import Sql
from sandbox.switchboard.serving import served
from sandbox.systems.medicalcor.api import earlier

PROJECT: Final = "medicalcor-practice"
BLIND: Final = "codeblue-blind"
API, WEB, SQL, CACHE = "medicalcor-api", "medicalcor-web", "medicalcor-db-prod", "medicalcor-cache"
RELEASED: Final = timedelta(days=3)
"""How long ago what answers now was deployed."""
DISK_GB: Final = 40
ENLARGED_IN: Final = timedelta(minutes=2)
"""How long Cloud SQL takes for it."""
POOL: Final = "DATABASE_POOL_SIZE"
INSTANCES, POOL_SIZE = 4, 3
"""Instances that a service may have, and the pool of each: together well below what the database has."""
DEPLOYER: Final = email("ci", PROJECT)


@dataclass(kw_only=True)
class Project:
    """The project while it is served. `begin` puts everything back to good times."""

    cloud: Cloud
    run: Run
    logs: Logs
    monitoring: Monitoring
    memorystore: Memorystore
    sql: Sql
    secrets: Secrets
    url: str = field(default="")

    def begin(self) -> None:
        """As it is in good times."""
        now = clock.now()
        self.cloud.instead.clear()
        self.run.services = {name: _service(name) for name in (API, WEB)}
        self.run.operations.clear()
        self.run.fails = ""
        self.secrets.kept.clear()
        self.logs.entries.clear()
        self.logs.endless = False
        earlier.begin(self.logs, api=API, web=WEB, database=SQL)
        self.monitoring.streams.clear()
        self.monitoring.missing = ""
        self.memorystore.instances = {CACHE: {"state": "READY", "tier": "STANDARD_HA", "memorySizeGb": 2}}
        self.sql.instances = {SQL: _database(now)}
        self.sql.operations.clear()
        self.sql.takes, self.sql.fails = ENLARGED_IN, ""

    @property
    def pooled(self) -> int:
        """Connections that the pools of the API may open together."""
        api = self.run.services[API]
        return int(api.env[POOL]) * (api.most or 0)

    def deploy_pool(self, size: int) -> None:
        """What whoever deploys the API with another pool size does."""
        self.run.services[API].env[POOL] = str(size)

    def connection(self, *, reader: str = READING) -> Google:
        """The block of the project; `reader` chooses who looks, for blind runs."""
        return connection(self.cloud, self.url, reader=reader)


def _service(name: str) -> Service:
    """A service with two revisions, of which the newer one answers."""
    then = clock.now() - RELEASED
    revisions = [
        Revision(name=f"{name}-00041-abc", at=then - RELEASED, by=DEPLOYER),
        Revision(name=f"{name}-00042-def", at=then, by=DEPLOYER),
    ]
    return Service(
        name=name,
        runs_as=email(RUNS_AS, PROJECT),
        revisions=revisions,
        traffic=[{"type": LATEST, "percent": 100}],
        changed_at=then,
        changed_by=DEPLOYER,
        made_at=then - 100 * RELEASED,
        made_by=DEPLOYER,
        env={"LOG_LEVEL": "info", POOL: str(POOL_SIZE)},
        least=1,
        most=INSTANCES,
    )


def _database(now: datetime) -> dict[str, Any]:
    """The instance of the database, whose disk has reached what it may become by itself."""
    settings = {
        "kind": "sql#settings",
        "settingsVersion": "7",
        "dataDiskType": "PD_SSD",
        "dataDiskSizeGb": str(DISK_GB),
        "storageAutoResize": True,
        "storageAutoResizeLimit": str(DISK_GB),
    }
    return {"state": "RUNNABLE", "createTime": f"{now:%Y-%m-%dT%H:%M:%SZ}", "settings": settings}


@contextmanager
def standing() -> Generator[Project]:
    """Serve the project."""
    cloud = practice(PROJECT)
    cloud.accounts.add(email(BLIND, PROJECT))
    project = Project(
        cloud=cloud,
        run=Run(cloud=cloud, region=REGION, reads=lambda name, version: secrets.read(name, version) is not None),
        logs=Logs(cloud=cloud),
        monitoring=Monitoring(cloud=cloud),
        memorystore=Memorystore(cloud=cloud, region=REGION),
        sql=Sql(cloud=cloud),
        secrets=(secrets := Secrets(cloud=cloud)),
    )
    project.begin()
    with served(serve(cloud)) as project.url:
        yield project
