"""Faults, by the systems that they are of: one module per cause, named as the cause, in a system's package of faults.

Two systems may have a fault of the same name, so that one is always looked for in one package.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from deployments.systems import systems
from journal.near import perhaps
from sandbox.errors import UnknownFault
from sandbox.faults.fault import Fault


def packages() -> tuple[str, ...]:
    """The packages of faults of the installed systems."""
    return tuple(one.faults for one in systems().values() if one.faults is not None)


def names(package: str) -> tuple[str, ...]:
    """Every fault in a package."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__)))


def described() -> Mapping[str, str]:
    """Every fault of the installed systems by name, with the sentence that says what happens."""
    found: dict[str, str] = {}
    for package in packages():
        for name in names(package):
            told = importlib.import_module(f"{package}.{name}").__doc__ or ""
            found[name] = told.partition("\n")[0]
    return found


def find(package: str, name: str, bounds: Mapping[str, Any]) -> Fault:
    """The fault of that name with its bounds, not yet started (`lives_for` may be a number of seconds).

    `UnknownFault` when there is none, or a bound is unknown.
    """
    if name not in names(package):
        there = names(package)
        raise UnknownFault(f"There is no fault '{name}'.{perhaps(name, there)} There are: {', '.join(there)}.")
    module = importlib.import_module(f"{package}.{name}")
    kind: type[Fault] = getattr(module, "".join(part.title() for part in name.split("_")))
    known = {one.name for one in fields(kind) if one.init}
    if not bounds.keys() <= known:
        strange = sorted(bounds.keys() - known)
        there = f"it has {', '.join(sorted(known))}.{perhaps(strange[0], known)}"
        raise UnknownFault(f"The fault '{name}' has no bound {', '.join(strange)}; {there}")
    lives_for = bounds.get("lives_for")
    if isinstance(lives_for, int | float):  # From a shell or over HTTP: seconds.
        bounds = {**bounds, "lives_for": timedelta(seconds=lives_for)}
    return kind(**bounds)
