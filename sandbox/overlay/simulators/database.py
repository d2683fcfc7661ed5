"""The RDS instance at work: how busy CPU and storage are, from the work it is given and the class it has.

Work is counted in processors. The class is what moto's RDS says now, so that scaling the instance relieves it.
`database_work` and `storage_slowness` (a factor on latencies) are conditions.
"""

from __future__ import annotations

import random

from moto.rds.models import rds_backends

from sandbox.overlay.publish import metric
from sandbox.overlay.registry import simulator
from sandbox.overlay.stage import Stage

PROCESSORS = {"db.t4g.medium": 2, "db.m7g.large": 2, "db.m7g.xlarge": 4, "db.m7g.2xlarge": 8}
USUAL_WORK = 0.4
USUAL_LATENCY = 0.0006  # seconds
FREE = 12 * 1024**3  # bytes
FULL = 0.98


@simulator
def database(stage: Stage) -> None:
    """Publish what RDS would; nothing while the instance is not available."""
    instance = rds_backends[stage.account][stage.region].databases[stage.system]
    if instance.status != "available":
        return
    work = USUAL_WORK + float(stage.condition("database_work", 0.0))
    busy = min(FULL, work / PROCESSORS.get(str(instance.db_instance_class), 2))
    latency = USUAL_LATENCY * float(stage.condition("storage_slowness", 1.0))
    for name, value, unit in (
        ("CPUUtilization", 100 * busy * random.uniform(0.98, 1.0), "Percent"),
        ("ReadLatency", latency * random.uniform(0.9, 1.1), "Seconds"),
        ("WriteLatency", 2 * latency * random.uniform(0.9, 1.1), "Seconds"),
        ("DiskQueueDepth", latency * 200, "Count"),
        ("FreeStorageSpace", FREE, "Bytes"),
    ):
        metric(stage, "AWS/RDS", name, value, dimensions={"DBInstanceIdentifier": stage.system}, unit=unit)
