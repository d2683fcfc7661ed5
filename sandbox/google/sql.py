"""Cloud SQL: instances as they are set. It refuses in the older of Google's two forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.google.refused import Refused
from sandbox.google.server import Call, Cloud


@dataclass(kw_only=True)
class Sql:
    """The instances of a project, by name; each is told as it stands here."""

    cloud: Cloud
    instances: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def __post_init__(self) -> None:
        self.cloud.handlers["sql.instances.get"] = self._get

    def _get(self, call: Call) -> dict[str, Any]:
        name = call.path["instance"]
        if call.path["project"] != self.cloud.project or name not in self.instances:
            raise Refused(404, "The Cloud SQL instance does not exist.")
        kept = {"kind": "sql#instance", "name": name, "project": self.cloud.project}
        return {**kept, **self.instances[name]}
