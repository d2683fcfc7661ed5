"""Secret Manager: which versions of a secret there are. What they hold is known to whoever plays, and never served."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journal import clock
from sandbox.google.refused import Refused
from sandbox.google.run import paged
from sandbox.google.server import Call, Cloud
from sandbox.google.shapes import written


@dataclass(kw_only=True)
class Version:
    """One version: what it holds, when it was made, and whether it may be read."""

    holds: str
    made: datetime
    state: str = "ENABLED"


@dataclass(kw_only=True)
class Secrets:
    """The secrets of a project, each with its versions, the first of which is number 1."""

    cloud: Cloud
    kept: dict[str, list[Version]] = field(default_factory=dict[str, list[Version]])

    def __post_init__(self) -> None:
        self.cloud.handlers["secretmanager.projects.secrets.versions.list"] = self._list

    def add(self, name: str, holds: str, made: datetime | None = None) -> int:
        """A new version of a secret; its number."""
        versions = self.kept.setdefault(name, [])
        versions.append(Version(holds=holds, made=made or clock.now()))
        return len(versions)

    def read(self, name: str, version: str) -> str | None:
        """What a version holds, as containers read it when they start; nothing where they may not."""
        versions = self.kept.get(name, [])
        number = len(versions) if version == "latest" else int(version)
        if not 0 < number <= len(versions) or versions[number - 1].state != "ENABLED":
            return None
        return versions[number - 1].holds

    def _list(self, call: Call) -> dict[str, Any]:
        name = call.path["secretsId"]
        if call.path["projectsId"] != self.cloud.project or name not in self.kept:
            raise Refused(404, f"Secret [projects/{call.path['projectsId']}/secrets/{name}] not found.")
        if call.query.get("filter"):
            raise Refused(501, "A filter is not served here.")
        versions = self.kept[name]
        page, token = paged([str(number) for number in range(len(versions), 0, -1)], call.query)
        told = [self._told(name, number, versions[int(number) - 1]) for number in page]
        return {"versions": told, "totalSize": len(versions), **token}

    def _told(self, name: str, number: str, one: Version) -> dict[str, Any]:
        whole = f"projects/{self.cloud.project}/secrets/{name}/versions/{number}"
        return {"name": whole, "createTime": written(one.made), "state": one.state}
