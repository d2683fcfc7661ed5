"""A new template of a service: what its containers are told, of which Cloud Run makes a new revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from journal import clock
from sandbox.google.refused import Refused
from sandbox.google.run_kept import Refs, Revision, Service

Told = tuple[dict[str, str], Refs]


def told_again(service: Service, template: Mapping[str, Any]) -> Told | None:
    """What containers are told by a template; nothing where it is the one that is there, of which nothing is made.

    Raises `Refused` for one that differs in more than that: a template is replaced as a whole, so whoever leaves a
    field out takes it away.
    """
    if template.get("revision"):
        raise Refused(409, f"Revision named '{template['revision']}' already exists.")
    now = service.told("")["template"]
    if {**template, "containers": []} != {**now, "containers": []}:
        raise Refused(501, "Only what the container is told may be another one here.")
    containers: list[Mapping[str, Any]] = template.get("containers", [])
    if [one.get("name") for one in containers] != [service.name]:
        raise Refused(501, "Only what the one container is told may be another one here.")
    env, refs = dict[str, str](), dict[str, tuple[str, str]]()
    for number, one in enumerate(containers[0].get("env", [])):
        name, at = one.get("name", ""), f"template.containers[0].env[{number}]"
        source = one.get("valueSource", {}).get("secretKeyRef")
        if not name or name in env or name in refs:
            raise Refused(400, "A variable needs a name of its own.", field=f"{at}.name")
        if (source is None) == ("value" not in one):
            raise Refused(400, f"{name} needs a value or a source of one.", field=at)
        if source is None:
            env[name] = one["value"]
        else:
            refs[name] = (source["secret"], source.get("version", "latest"))
    return None if (env, refs) == (service.env, service.refs) else (env, refs)


def revised(service: Service, by: str) -> Revision:
    """The revision that is made of a service's template; nobody knows yet whether it is ready."""
    made = Revision(
        name=f"{service.name}-{len(service.revisions) + 1:05d}-new",
        at=clock.now(),
        by=by,
        starting=True,
        env=dict(service.env),
        refs=dict(service.refs),
    )
    service.revisions.append(made)
    return made


def missing(refs: Refs, reads: Callable[[str, str], bool]) -> str:
    """Why containers do not start that must read these; nothing where they do."""
    for secret, version in refs.values():
        if not reads(secret, version):
            return f"Secret {secret}/versions/{version} was not found, or may not be read."
    return ""
