"""The instance has become too small for honest work: every query waits for a processor."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import SandboxError
from sandbox.faults.fault import Scene
from sandbox.systems.rung.users import REFRESHED, QueryFault
from sandbox.tables import run

USUAL_CLASS = "db.t4g.medium"
LOOK_SECONDS = 0.2


@dataclass(kw_only=True)
class UndersizedDatabase(QueryFault):
    """Users' queries wait, in place of computing (the machine stays usable), until the instance has a larger class."""

    clients: int = 3
    work: float = 3.0
    _over: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _follower: threading.Thread | None = field(default=None, init=False, repr=False)
    _wait: float = field(default=0.4, init=False, repr=False)

    @property
    def statement(self) -> str:
        """A quick question, behind all the others that want a processor too."""
        return f"SELECT status, pg_sleep({self._wait}) FROM sessions WHERE id = {{number}}"

    @property
    def conditions(self) -> Mapping[str, Any]:
        """More work than the usual class can do."""
        return {"database_work": self.work}

    def spoil(self, scene: Scene) -> None:
        """Nothing is wrong in the database itself."""
        run(scene.address, REFRESHED)
        self._follower = threading.Thread(target=self._follow, args=(scene,), daemon=True)
        self._follower.start()

    def repair(self, scene: Scene) -> None:
        """The usual class again."""
        self._over.set()
        if self._follower is not None:
            self._follower.join()
        rds: Any = scene.aws.facts.client("rds")
        if _class(rds, scene) != USUAL_CLASS:
            rds.modify_db_instance(
                DBInstanceIdentifier=scene.system, DBInstanceClass=USUAL_CLASS, ApplyImmediately=True
            )

    def _follow(self, scene: Scene) -> None:
        """Once somebody has scaled the instance, nobody waits any more."""
        rds: Any = scene.aws.facts.client("rds")
        while not self._over.wait(LOOK_SECONDS):
            if _class(rds, scene) == USUAL_CLASS:
                continue
            old, self._wait = self.users, 0.001
            try:
                self.users = self.ask(scene)
            except SandboxError:
                return  # The world has gone in the meantime.
            if old is not None:
                old.stop()
            return


def _class(rds: Any, scene: Scene) -> str:
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier=scene.system)["DBInstances"]
    return str(instance["DBInstanceClass"])
