"""What Cloud Run keeps, services and revisions, and how it tells them.

A service is what was asked for (`traffic`) and what is so (`trafficStatuses`): the second follows the first when an
operation is over. Each accepted change makes a new generation and a new etag at once.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from journal import clock
from sandbox.google.shapes import written

LATEST: Final = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION: Final = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"

EVERYWHERE: Final = "INGRESS_TRAFFIC_ALL"

Traffic = list[dict[str, Any]]
Refs = dict[str, tuple[str, str]]


@dataclass(kw_only=True)
class Revision:
    """One revision. `why` is why it is not ready, nothing where it is; `starting` while nobody knows yet.

    `env` and `refs` are what its containers are told: values, and versions of secrets (name, version) by variable.
    """

    name: str
    at: datetime
    by: str
    why: str = ""
    starting: bool = False
    env: dict[str, str] = field(default_factory=dict[str, str])
    refs: Refs = field(default_factory=dict[str, tuple[str, str]])

    @property
    def ready(self) -> bool:
        return not self.why and not self.starting

    def told(self, place: str, service: Service) -> dict[str, Any]:
        """As Cloud Run tells it; it has the account of its service."""
        whole = f"{place}/services/{service.name}"
        state = "CONDITION_PENDING" if self.starting else "CONDITION_FAILED" if self.why else "CONDITION_SUCCEEDED"
        return {
            "name": f"{whole}/revisions/{self.name}",
            "service": service.name,
            "generation": "1",
            "createTime": written(self.at),
            "creator": self.by,
            "serviceAccount": service.runs_as,
            **told_containers(service.name, self.env, self.refs),
            "conditions": [condition("Ready", state, self.why)],
        }


@dataclass(kw_only=True)
class Service:
    """One service, as it is wanted and as it is. `runs_as` is the account of its containers.

    `env` and `refs` are what these are told, as in a `Revision`. `least` and `most` are instances; nobody has said how
    many at most where that is none. `public`: whether whoever does not say who they are may call it, and `ingress` from
    where it may be called.
    """

    name: str
    runs_as: str
    revisions: list[Revision]
    traffic: Traffic
    changed_at: datetime
    changed_by: str
    made_at: datetime
    made_by: str
    is_so: Traffic = field(default_factory=list[dict[str, Any]])
    generation: int = 1
    observed: int = 1
    etag: str = ""
    why: str = ""
    env: dict[str, str] = field(default_factory=dict[str, str])
    refs: Refs = field(default_factory=dict[str, tuple[str, str]])
    least: int = 0
    most: int | None = None
    public: bool = True
    ingress: str = EVERYWHERE

    def __post_init__(self) -> None:
        self.is_so = self.is_so or self.traffic
        self.etag = _etag(self.name)

    def ready(self) -> str:
        """The newest revision that is ready, whichever has traffic."""
        return next((one.name for one in reversed(self.revisions) if one.ready), "")

    def share(self, revision: str) -> int:
        """How many of a hundred requests it answers now."""
        named = (one.get("percent", 0) for one in self.is_so if _goes_to(one, self) == revision)
        return sum(named)

    def touch(self, by: str) -> None:
        self.generation += 1
        self.etag = _etag(self.name)
        self.changed_at, self.changed_by = clock.now(), by

    def told(self, place: str) -> dict[str, Any]:
        """As Cloud Run tells it; `place` is the name of its region in its project."""
        whole = f"{place}/services/{self.name}"
        settled = self.observed == self.generation
        state = "CONDITION_RECONCILING" if not settled else "CONDITION_FAILED" if self.why else "CONDITION_SUCCEEDED"
        return {
            "name": whole,
            "generation": str(self.generation),
            "observedGeneration": str(self.observed),
            "createTime": written(self.made_at),
            "updateTime": written(self.changed_at),
            "creator": self.made_by,
            "lastModifier": self.changed_by,
            "ingress": self.ingress,
            "template": self._template(),
            "traffic": self.traffic,
            "trafficStatuses": self.is_so,
            "terminalCondition": condition("Ready", state, self.why),
            "latestCreatedRevision": f"{whole}/revisions/{self.revisions[-1].name}",
            **({"latestReadyRevision": f"{whole}/revisions/{self.ready()}"} if self.ready() else {}),
            **({} if settled else {"reconciling": True}),
            "etag": self.etag,
        }

    def _template(self) -> dict[str, Any]:
        containers = told_containers(self.name, self.env, self.refs)
        bounds = {"minInstanceCount": self.least or None, "maxInstanceCount": self.most}
        scaling = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"serviceAccount": self.runs_as, **containers, **({"scaling": scaling} if scaling else {})}


def told_containers(name: str, env: Mapping[str, str], refs: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """The one container, as Cloud Run tells what it is told; nothing where it is told nothing."""
    told: list[dict[str, Any]] = [{"name": variable, "value": value} for variable, value in env.items()]
    for variable, (secret, version) in refs.items():
        source = {"secretKeyRef": {"secret": secret, "version": version}}
        told.append({"name": variable, "valueSource": source})
    return {"containers": [{"name": name, "env": told}]} if told else {}


def condition(kind: str, state: str, why: str) -> dict[str, Any]:
    return {"type": kind, "state": state, **({"message": why} if why else {})}


def _etag(name: str) -> str:
    """A new one, in Google's form: what changes and the name, in base64 and in quotes. It looks like a secret."""
    changes, named = secrets.token_bytes(12), f"services/{name}".encode()
    return f'"{base64.b64encode(changes).decode()}/{base64.b64encode(named).decode()}"'


def _goes_to(one: Mapping[str, Any], service: Service) -> str:
    return service.ready() if one["type"] == LATEST else one["revision"]
