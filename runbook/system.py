"""One product that Code Blue looks after: its runbooks, checks, environment, and what it is rehearsed on.

A system is a package. It is found by the entry point `codeblue.systems` of whatever distribution it comes in, ours and
others' alike (`deployments.systems`); nothing else lists systems. The declaration is inert, and names what is heavy by
its module path, so that a command that only lists systems imports neither Prefect nor a runbook.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PATH = re.compile(r"\w+(\.\w+){2,}")
_MEMBER = re.compile(r"\w+(\.\w+)*:\w+")


@dataclass(frozen=True, kw_only=True)
class ScheduledCheck:
    """A question that is asked by the clock. `asks` is the flow that asks it, as `package.module.function`.

    `cron` is in UTC. One that is not `active` is there to be switched on, and `about` says when.
    """

    name: str
    asks: str
    about: str
    cron: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    active: bool = True

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"The check {self.name!r} needs a name of lower-case letters, digits and underscores.")
        if not _PATH.fullmatch(self.asks):
            raise ValueError(f"The check {self.name!r} asks {self.asks!r}; name a flow as package.module.function.")


@dataclass(frozen=True, kw_only=True)
class System:
    """What a system is made of.

    `environment` is the class of its environment (`module:Class`). `runbooks` is the package whose modules each hold
    one: module `high_latency` has `RUNBOOK` and the flow `<system>_high_latency`. `drills` is the package of its
    drills, one module for each runbook, `faults` that of what they inject, one module for each cause, and `world` what
    they are rehearsed on (`module:name`): a kind of the sandbox's `World`, or what opens one of its own. These are only
    imported to practise.
    """

    name: str
    about: str
    environment: str
    runbooks: str
    checks: tuple[ScheduledCheck, ...] = ()
    drills: str | None = None
    faults: str | None = None
    world: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"The system {self.name!r} needs a name of lower-case letters, digits and underscores.")
        for what, given in (("environment", self.environment), ("world", self.world)):
            if given is not None and not _MEMBER.fullmatch(given):
                raise ValueError(f"The {what} of {self.name} is {given!r}; name it as module:name.")
        if twice := {one.name for one in self.checks if [c.name for c in self.checks].count(one.name) > 1}:
            raise ValueError(f"{self.name} has two checks named {', '.join(sorted(twice))}; rename one.")

    @property
    def kind(self) -> type[Any]:
        """The class of its environment; imports it."""
        return member(self.environment)


def member(path: str) -> Any:
    """What `module:name` names. Raises `ImportError` or `AttributeError`."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
