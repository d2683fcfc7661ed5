"""Cloud Run: what can be asked of services and revisions. What is changed is so when its operation is over."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from journal import clock
from sandbox.google.refused import Refused
from sandbox.google.run_kept import LATEST, REVISION, Revision, Service, Traffic
from sandbox.google.run_template import missing, revised, told_again
from sandbox.google.server import Call, Cloud, Handler

PAGE, ALL = 100, 100
SERVICE_TYPE: Final = "type.googleapis.com/google.cloud.run.v2.Service"


@dataclass(kw_only=True)
class Operation:
    """One operation, and when it is over. `fails` is why it will not have worked."""

    name: str
    service: Service
    ends: datetime
    fails: str = ""
    revision: Revision | None = None
    over: bool = False


@dataclass(kw_only=True)
class Run:
    """The services of one region. `takes` is how long an operation lasts, `fails` why the next one will not work."""

    cloud: Cloud
    region: str
    services: dict[str, Service] = field(default_factory=dict[str, Service])
    takes: timedelta = timedelta(seconds=0)
    fails: str = ""
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])
    reads: Callable[[str, str], bool] = field(default=lambda _secret, _version: True)
    """Whether containers may read a version of a secret."""

    def __post_init__(self) -> None:
        base = "run.projects.locations."
        self.cloud.handlers |= {
            f"{base}services.get": self._live(lambda call: self._named(call).told(self._place)),
            f"{base}services.list": self._live(self._list),
            f"{base}services.patch": self._live(self._patch),
            f"{base}services.revisions.get": self._live(self._revision),
            f"{base}services.revisions.list": self._live(self._revisions),
            f"{base}operations.get": self._live(self._operation),
        }

    @property
    def _place(self) -> str:
        return f"projects/{self.cloud.project}/locations/{self.region}"

    def live(self) -> None:
        """End what is due, by the clock that everything else lives by."""
        for one in self.operations.values():
            if one.over or one.ends > clock.now():
                continue
            one.over, one.service.observed, one.service.why = True, one.service.generation, one.fails
            if one.revision is not None:
                one.revision.starting, one.revision.why = False, one.fails
            if not one.fails:
                one.service.is_so = one.service.traffic

    def _live(self, handler: Handler) -> Handler:
        def first(call: Call) -> dict[str, Any]:
            self.live()
            return handler(call)

        return first

    def _named(self, call: Call) -> Service:
        found = self.services.get(call.path["servicesId"])
        if found is None or call.path["locationsId"] != self.region or call.path["projectsId"] != self.cloud.project:
            raise Refused(404, f"Resource '{call.path['servicesId']}' of kind 'SERVICE' does not exist.")
        return found

    def _list(self, call: Call) -> dict[str, Any]:
        page, token = paged(sorted(self.services), call.query)
        return {"services": [self.services[name].told(self._place) for name in page], **token}

    def _patch(self, call: Call) -> dict[str, Any]:
        service, mask = self._named(call), call.query.get("updateMask", "*")
        if mask not in {"traffic", "template"}:
            raise Refused(501, f"Only an updateMask of traffic or of template is served here, not {mask}.")
        acts = ("iam.serviceAccounts.actAs", f"projects/{self.cloud.project}/serviceAccounts/{service.runs_as}")
        if not call.account.may(acts[0], (acts[1], f"projects/{self.cloud.project}")):
            raise Refused(
                403,
                f"Permission '{acts[0]}' denied on service account {service.runs_as}.",
                reason="IAM_PERMISSION_DENIED",
            )
        if call.body.get("etag", service.etag) != service.etag:
            raise Refused(409, f"Conflict for resource '{service.name}': its etag is another one by now.")
        done = call.query.get("validateOnly") != "true"
        revision, fails = None, self.fails
        if mask == "traffic":
            wanted: Traffic = call.body.get("traffic", []) or [{"type": LATEST, "percent": 100}]
            self._check(service, wanted)
            service.traffic = [dict(one) for one in wanted] if done else service.traffic
        elif (made_of := told_again(service, call.body.get("template", {}))) and done:
            service.env, service.refs = made_of
            revision = revised(service, call.account.email)
            fails = fails or missing(service.refs, self.reads)
        if done and (mask == "traffic" or revision is not None):
            service.touch(call.account.email)
        name = f"{self._place}/operations/{secrets.token_hex(8)}"
        made = Operation(name=name, service=service, ends=clock.now() + self.takes, fails=fails, revision=revision)
        self.operations[name] = made
        self.live()
        return self._told(made)

    def _check(self, service: Service, wanted: Traffic) -> None:
        names = {one.name for one in service.revisions}
        for number, one in enumerate(wanted):
            kind, at = one.get("type", "TRAFFIC_TARGET_ALLOCATION_TYPE_UNSPECIFIED"), f"traffic[{number}]"
            if kind not in {LATEST, REVISION}:
                raise Refused(400, "A traffic target needs a type.", field=f"{at}.type")
            if (kind == REVISION) != bool(one.get("revision")):
                raise Refused(400, "A target names a revision when it is of that type.", field=f"{at}.revision")
            if kind == REVISION and one["revision"] not in names:
                raise Refused(400, f"Revision '{one['revision']}' does not exist.", field=f"{at}.revision")
        if sum(one.get("percent", 0) for one in wanted) != ALL or any(one.get("percent", 0) < 0 for one in wanted):
            raise Refused(400, f"The percents of all traffic targets must add up to {ALL}.", field="traffic")

    def _operation(self, call: Call) -> dict[str, Any]:
        project, place, short = (call.path[one] for one in ("projectsId", "locationsId", "operationsId"))
        name = f"projects/{project}/locations/{place}/operations/{short}"
        if (found := self.operations.get(name)) is None:
            raise Refused(404, f"Operation {name} does not exist.")
        return self._told(found)

    def _told(self, one: Operation) -> dict[str, Any]:
        told = {
            "name": one.name,
            "metadata": {"@type": SERVICE_TYPE, **one.service.told(self._place)},
            "done": one.over,
        }
        if one.over and one.fails:
            return {**told, "error": {"code": 9, "message": one.fails}}
        return {**told, "response": {"@type": SERVICE_TYPE, **one.service.told(self._place)}} if one.over else told

    def _revisions(self, call: Call) -> dict[str, Any]:
        service = self._named(call)
        page, token = paged([one.name for one in reversed(service.revisions)], call.query)
        found = {one.name: one for one in service.revisions}
        return {"revisions": [found[name].told(self._place, service) for name in page], **token}

    def _revision(self, call: Call) -> dict[str, Any]:
        service, name = self._named(call), call.path["revisionsId"]
        for one in service.revisions:
            if one.name == name:
                return one.told(self._place, service)
        raise Refused(404, f"Resource '{name}' of kind 'REVISION' does not exist.")


def paged(names: list[str], query: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """One page of some names, and the token of the next. Raises `Refused` for a token that was never given."""
    size = min(int(query.get("pageSize", "0")) or PAGE, PAGE)
    token = query.get("pageToken", "")
    if token and not (token.startswith("after-") and token.removeprefix("after-") in names):
        raise Refused(400, "The page token is none of ours.", field="pageToken")
    start = names.index(token.removeprefix("after-")) + 1 if token else 0
    page = names[start : start + size]
    more = {"nextPageToken": f"after-{page[-1]}"} if page and start + size < len(names) else {}
    return page, more
