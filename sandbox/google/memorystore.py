"""Memorystore: instances of Redis as they are, in one region."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.google.refused import Refused
from sandbox.google.server import Call, Cloud


@dataclass(kw_only=True)
class Memorystore:
    """The instances of a region, by name; each is told as it stands here."""

    cloud: Cloud
    region: str
    instances: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def __post_init__(self) -> None:
        self.cloud.handlers["redis.projects.locations.instances.get"] = self._get

    def _get(self, call: Call) -> dict[str, Any]:
        name = call.path["instancesId"]
        here = (call.path["projectsId"], call.path["locationsId"]) == (self.cloud.project, self.region)
        if not here or name not in self.instances:
            raise Refused(404, f"Resource 'instances/{name}' was not found.")
        whole = f"projects/{self.cloud.project}/locations/{self.region}/instances/{name}"
        return {"name": whole, **self.instances[name]}
