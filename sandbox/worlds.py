"""Which systems have a world on the sandbox's stack: those whose `System.world` is a kind of `sandbox.world.World`.

Others bring a world of their own (`sandbox.own`).
"""

from __future__ import annotations

from collections.abc import Mapping

from deployments.systems import systems
from journal.near import perhaps
from runbook.system import member
from sandbox.errors import SandboxError
from sandbox.world import World


def worlds() -> Mapping[str, type[World]]:
    """The world of each such system."""
    found: dict[str, type[World]] = {}
    for name, system in systems().items():
        if system.world is None:
            continue
        try:
            kind = member(system.world)
        except (ImportError, AttributeError):
            continue  # whoever practises on that system is told; it stops none of the others
        if isinstance(kind, type) and issubclass(kind, World):
            found[name] = kind
    return found


def world_of(system: str | None = None) -> type[World]:
    """A system's world; without a name, the first there is. Raises `SandboxError`."""
    known = worlds()
    if not known:
        raise SandboxError("No installed system has a world for the sandbox; `codeblue systems` lists what is there.")
    if system is not None and system not in known:
        there = f"these have one: {', '.join(known)}.{perhaps(system, known)}"
        raise SandboxError(f"{system} has no world for the sandbox; {there}")
    return known[system or next(iter(known))]
