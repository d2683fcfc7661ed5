"""Looks at an instance of Cloud SQL as it is set: its state, and how large its disk is and may become by itself.

How much of the disk is used stands in Cloud Monitoring (`tasks.cloudsql.disk`): `currentDiskSize` of an instance is
deprecated, and usually missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from blocks.google import Google
from runbook import Facts, Permanent, look

RUNNABLE = "RUNNABLE"
GET = "google:cloudsql.instances.get"


class Storage(Facts):
    """The disk of an instance, in GB as Cloud SQL counts them. Where it `resizes` itself, a `limit` of 0 is none.

    `version` is that of the settings, which each change of them raises.
    """

    instance: str
    state: str
    size: int
    kind: str
    resizes: bool
    limit: int
    version: int

    @property
    def itself(self) -> str:
        """Whether Cloud SQL enlarges it by itself, in a sentence for people."""
        if not self.resizes:
            return "Cloud SQL does not enlarge it by itself"
        if not self.limit:
            return "Cloud SQL enlarges it by itself, without a limit"
        return f"Cloud SQL enlarges it by itself up to {self.limit} GB" + (
            ", which it has reached" if self.size >= self.limit else ""
        )

    def __str__(self) -> str:
        return f"{self.instance} is {self.state}, its disk ({self.kind}) has {self.size} GB; {self.itself}"


@look(GET, bound="one instance")
def read_storage(google: Google, instance: str) -> Storage:
    """The disk of an instance as it is set. Raises `Permanent` where there is none, or it does not say its size."""
    return storage(google, instance)


def storage(google: Google, instance: str) -> Storage:
    """The same, for a change that has looks of its own."""
    found = described(google, instance)
    raw = found.get("settings")
    settings = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    return Storage(
        instance=instance,
        state=str(found.get("state") or "in no state that it tells"),
        size=_number(instance, settings, "dataDiskSizeGb"),
        kind=str(settings.get("dataDiskType") or "of no kind that it tells"),
        resizes=settings.get("storageAutoResize") is True,
        limit=_number(instance, settings, "storageAutoResizeLimit", "0"),
        version=_number(instance, settings, "settingsVersion"),
    )


def described(google: Google, instance: str) -> dict[str, Any]:
    """The instance as Google gives it."""
    with google.reading("sqladmin") as sql:
        return sql.ask(
            lambda api: api.instances().get(project=google.project, instance=instance),
            f"read the Cloud SQL instance {instance}",
        )


def _number(instance: str, settings: Mapping[str, Any], name: str, otherwise: str = "") -> int:
    """A whole number, which Google writes as a text."""
    told = str(settings.get(name) or otherwise)
    if not told.isdecimal():
        raise Permanent(f"{instance} tells no {name} among its settings, so its disk is unknown; look by hand.")
    return int(told)
