"""Faults: one module per cause, named as the cause. `find` knows them all; adding a module adds a fault."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from sandbox.errors import UnknownFault
from sandbox.faults.fault import Fault

_NOT_FAULTS = frozenset({"fault"})


def names() -> tuple[str, ...]:
    """Every fault there is."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NOT_FAULTS))


def described() -> Mapping[str, str]:
    """Every fault by name, with the sentence that says what happens."""
    found: dict[str, str] = {}
    for name in names():
        told = importlib.import_module(f"{__name__}.{name}").__doc__ or ""
        found[name] = told.partition("\n")[0]
    return found


def find(name: str, bounds: Mapping[str, Any]) -> Fault:
    """The fault of that name with its bounds, not yet started (`lives_for` may be a number of seconds).

    `UnknownFault` when there is none, or a bound is unknown.
    """
    if name not in names():
        raise UnknownFault(f"There is no fault '{name}'; there are {', '.join(names())}.")
    module = importlib.import_module(f"{__name__}.{name}")
    kind: type[Fault] = getattr(module, "".join(part.title() for part in name.split("_")))
    known = {one.name for one in fields(kind) if one.init}
    if not bounds.keys() <= known:
        strange = ", ".join(sorted(bounds.keys() - known))
        raise UnknownFault(f"The fault '{name}' has no bound {strange}; it has {', '.join(sorted(known))}.")
    lives_for = bounds.get("lives_for")
    if isinstance(lives_for, int | float):  # From a shell or over HTTP: seconds.
        bounds = {**bounds, "lives_for": timedelta(seconds=lives_for)}
    return kind(**bounds)
