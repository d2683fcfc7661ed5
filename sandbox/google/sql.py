"""Cloud SQL: instances as they are set, and enlarging a disk by an operation. It refuses in Google's older form."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from journal import clock
from sandbox.google.refused import Refused
from sandbox.google.server import Call, Cloud, Handler
from sandbox.google.shapes import written

SERVED: Final = {"settingsVersion", "dataDiskSizeGb"}
"""What of the settings can be patched here."""

PAGE: Final = 50
AT: Final = "https://sqladmin.googleapis.com/v1/projects"


@dataclass(kw_only=True)
class Operation:
    """One operation on an instance: by whom, since when, and when it is over. `fails` is why it will not work."""

    name: str
    instance: str
    by: str
    began: datetime
    ends: datetime
    size: str
    fails: str = ""
    over: bool = False


@dataclass(kw_only=True)
class Sql:
    """The instances of a project, by name; each is told as it stands here.

    `takes` is how long an operation lasts, `fails` why the next one will not work.
    """

    cloud: Cloud
    instances: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    takes: timedelta = timedelta(0)
    fails: str = ""
    operations: list[Operation] = field(default_factory=list[Operation])

    def __post_init__(self) -> None:
        self.cloud.handlers |= {
            "sql.instances.get": self._live(self._get),
            "sql.instances.patch": self._live(self._patch),
            "sql.operations.list": self._live(self._list),
        }

    def live(self) -> None:
        """End what is due, by the clock that everything else lives by."""
        for one in self.operations:
            if one.over or one.ends > clock.now():
                continue
            one.over = True
            if not one.fails:
                self.instances[one.instance]["settings"]["dataDiskSizeGb"] = one.size

    def _live(self, handler: Handler) -> Handler:
        def first(call: Call) -> dict[str, Any]:
            self.live()
            return handler(call)

        return first

    def _named(self, call: Call) -> tuple[str, dict[str, Any]]:
        name = call.path["instance"]
        if call.path["project"] != self.cloud.project or name not in self.instances:
            raise Refused(404, "The Cloud SQL instance does not exist.")
        return name, self.instances[name]

    def _get(self, call: Call) -> dict[str, Any]:
        name, found = self._named(call)
        return {"kind": "sql#instance", "name": name, "project": self.cloud.project, **found}

    def _patch(self, call: Call) -> dict[str, Any]:
        name, found = self._named(call)
        wanted = call.body.get("settings", {})
        if set(call.body) != {"settings"} or not set(wanted) <= SERVED or "dataDiskSizeGb" not in wanted:
            raise Refused(501, f"Only {', '.join(sorted(SERVED))} of the settings can be patched here.")
        now = found["settings"]
        if wanted.get("settingsVersion", now["settingsVersion"]) != now["settingsVersion"]:
            raise Refused(412, "Condition does not match.", reason="staleData")
        if found["state"] != "RUNNABLE":
            raise Refused(400, "The instance or operation is not in an appropriate state.", reason="invalidState")
        if any(one.instance == name and not one.over for one in self.operations):
            raise Refused(
                409, "Operation failed because another operation was already in progress.", reason="operationInProgress"
            )
        if int(wanted["dataDiskSizeGb"]) < int(now["dataDiskSizeGb"]):
            raise Refused(400, "Invalid request: Disk size cannot be decreased.", reason="invalid")
        now["settingsVersion"] = str(int(now["settingsVersion"]) + 1)
        made = Operation(
            name=str(uuid.uuid4()),
            instance=name,
            by=call.account.email,
            began=clock.now(),
            ends=clock.now() + self.takes,
            size=wanted["dataDiskSizeGb"],
            fails=self.fails,
        )
        self.operations.append(made)
        return self._told(made, pending=True)

    def _list(self, call: Call) -> dict[str, Any]:
        if call.path["project"] != self.cloud.project:
            raise Refused(403, "The client is not authorized to make this request.")
        of, most = call.query.get("instance"), int(call.query.get("maxResults", PAGE))
        found = [one for one in reversed(self.operations) if of in {None, one.instance}]
        items = {"items": [self._told(one) for one in found[:most]]} if found else {}
        return {"kind": "sql#operationsList", **items}

    def _told(self, one: Operation, *, pending: bool = False) -> dict[str, Any]:
        project, status = self.cloud.project, "PENDING" if pending else "DONE" if one.over else "RUNNING"
        error = {"kind": "sql#operationError", "code": "INTERNAL_ERROR", "message": one.fails}
        failed = {"error": {"kind": "sql#operationErrors", "errors": [error]}} if one.over and one.fails else {}
        return {
            "kind": "sql#operation",
            "targetLink": f"{AT}/{project}/instances/{one.instance}",
            "status": status,
            "user": one.by,
            "insertTime": written(one.began),
            **({} if pending else {"startTime": written(one.began)}),
            **({"endTime": written(one.ends)} if one.over and not pending else {}),
            "operationType": "UPDATE",
            "name": one.name,
            "targetId": one.instance,
            "selfLink": f"{AT}/{project}/operations/{one.name}",
            "targetProject": project,
            **failed,
        }
