"""Looks at what the containers of a service are told: which version of a secret, and variables that are no secret.

Whatever else they are told is dropped at once: some of it is secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from blocks.google import Google
from runbook import Facts, Permanent, look
from tasks.cloudrun.service import AMONG, SERVING, at, described, last, serving
from tasks.secretmanager.read import Versions, read_versions

NEWEST = "latest"
"""What stands for a version where whoever starts reads the newest."""


def pairs(found: Mapping[str, Any], container: str = "") -> Iterator[dict[str, Any]]:
    """What a container of a template or of a revision is told, by variables; any container where none is named."""
    for one in _maps(found.get("containers")):
        if container in {"", one.get("name", "")}:
            yield from _maps(one.get("env"))


def version_of(pair: Mapping[str, Any]) -> tuple[str, str] | None:
    """Name and version of the secret that a variable is read from; nothing where its value stands there."""
    (source,) = _maps([pair.get("valueSource") or {}]) or ({},)
    (ref,) = _maps([source.get("secretKeyRef") or {}]) or ({},)
    return (last(ref["secret"]), str(ref.get("version") or NEWEST)) if ref.get("secret") else None


class Deployed(Facts):
    """Which version of a secret the revision reads that answers (`reads`), and which there are.

    `reads` is nothing where it reads the newest at the start of each instance: which one that was, nobody tells.
    `wanted` is the one that ought to be read; nothing where nobody says so.
    """

    revision: str
    made: datetime
    variable: str
    reads: int | None
    versions: Versions
    wanted: int | None = None

    def newest_is_another(self) -> bool:
        """Whether the newest that may be read is not the one that ought to be. Raises `LookupError` if nobody knows."""
        if self.wanted is None:
            raise LookupError(f"the environment does not say which version of {self.versions.of} ought to be read")
        return self.versions.newest().number != self.wanted

    def is_newest(self) -> bool:
        """Whether that is the newest that may be read. Raises `LookupError` where nobody can tell."""
        newest = self.versions.newest()
        if self.reads is not None:
            return self.reads >= newest.number
        if newest.made < self.made:
            return True
        raise LookupError(
            f"{self.revision} reads the newest when an instance starts, and {newest} is younger than the revision"
        )

    def is_older(self) -> bool:
        """Whether a newer one may be read, which is not deployed."""
        return not self.is_newest()

    def __str__(self) -> str:
        reads = "the newest at its start" if self.reads is None else f"version {self.reads}"
        return f"{self.revision} reads {reads} of {self.versions}"


@look(
    *SERVING,
    *read_versions.permissions,
    bound=f"one service, {AMONG} of its revisions, and {read_versions.bound}",
)
def read_deployed(
    google: Google, service: str, variable: str, secret: str, container: str = "", *, wanted: int | None = None
) -> Deployed:
    """Raises `Permanent` where the revision that answers does not read that variable from that secret."""
    found = serving(google, service)
    for pair in pairs(found, container):
        held = version_of(pair) if pair.get("name") == variable else None
        if held is not None and held[0] == secret and (held[1].isdecimal() or held[1] == NEWEST):
            return Deployed(
                revision=last(found["name"]),
                made=at(found),
                variable=variable,
                reads=int(held[1]) if held[1] != NEWEST else None,
                versions=read_versions(google, secret),
                wanted=wanted,
            )
    raise Permanent(f"{service} does not read {variable} from {secret} by a number; correct the environment.")


class Variables(Facts):
    """What the newest template says of some variables, of those that were asked for; one that is not set is not there.

    `declared` is what the environment says that each should be.
    """

    service: str
    declared: Mapping[str, str]
    found: Mapping[str, str]

    def of(self, variable: str) -> str:
        """Raises `LookupError` where it is not set, or its value is not shown."""
        if variable not in self.found:
            raise LookupError(f"{self.service} does not set {variable} to a value that may be seen")
        return self.found[variable]

    def lasts(self, variable: str) -> timedelta:
        """How long that is, where it is a time such as `900`, `15m` or `8h`. Raises `LookupError` where it is none."""
        return _time(self.of(variable), variable)

    def is_shorter(self) -> bool:
        """Whether any of them is a shorter time than the environment says that it should be."""
        found = [self.lasts(name) < _time(wanted, name) for name, wanted in self.declared.items()]
        return any(found)  # of all that are known: one that is not is no reason to say no

    def __str__(self) -> str:
        return f"{self.service}: " + ", ".join(
            f"{name} is {self.found.get(name, 'not set')} and should be {wanted}"
            for name, wanted in self.declared.items()
        )


@look("google:run.services.get", bound="the variables that the environment declares; all others are dropped")
def read_variables(google: Google, service: str, declared: Mapping[str, str], container: str = "") -> Variables:
    """Raises `Permanent` where the service may not be seen."""
    told = pairs(described(google, service).get("template") or {}, container)
    found = {str(one["name"]): str(one["value"]) for one in told if one.get("name") in declared and one.get("value")}
    return Variables(service=service, declared=dict(declared), found=found)


def _time(said: str, variable: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,9})\s?([smhd]?)", said)
    if found is None:
        raise LookupError(f"{variable} is no time that is known")
    return int(found[1]) * _UNITS[found[2]]


_UNITS = {
    "": timedelta(seconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def _maps(found: Any) -> list[dict[str, Any]]:
    items = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("dict[str, Any]", one) for one in items if isinstance(one, dict)]
