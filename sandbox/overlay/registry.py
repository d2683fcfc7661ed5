"""Which handler answers which operation, and what lives here.

Services and simulators mark their functions; `load` finds every module by itself.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import wraps

from sandbox.overlay import services, simulators
from sandbox.overlay.call import Call
from sandbox.overlay.stage import Stage

Handler = Callable[[Call, Stage], object]
"""Returns the result in boto3's shape (or moto's objects, which serialise the same), or `MOTO` to let moto answer."""

Seed = Callable[[Stage], None]

Simulator = Callable[[Stage], None]

HANDLERS: dict[tuple[str, str], Handler] = {}
SEEDS: list[Seed] = []
SIMULATORS: list[Simulator] = []


class _Moto:
    """The answer "let moto answer"."""


MOTO = _Moto()


def handles(service: str, *operations: str) -> Callable[[Handler], Handler]:
    """Mark a function as the answer to operations of a botocore service."""

    def mark(handler: Handler) -> Handler:
        for operation in operations:
            if (service, operation) in HANDLERS:
                raise ValueError(f"{service}:{operation} has two handlers; keep one.")
            HANDLERS[service, operation] = handler
        return handler

    return mark


def seeds(seed: Seed) -> Seed:
    """Mark a function that puts what must exist into moto before the first request."""
    SEEDS.append(seed)
    return seed


def simulator(tick: Simulator) -> Simulator:
    """Mark a function that publishes what happens now; `tick` calls it again and again."""
    SIMULATORS.append(tick)
    return tick


def where(*parts: str) -> Callable[[Seed], Seed]:
    """Mark what is done only for a system that has these parts of a `sandbox.overlay.cloud.Cloud`."""

    def mark(act: Seed) -> Seed:
        @wraps(act)
        def only(stage: Stage) -> None:
            if all(getattr(stage.cloud, part) is not None for part in parts):
                act(stage)

        return only

    return mark


def of(stage: Stage, marked: list[Seed]) -> Iterator[Seed]:
    """Those of everybody, and those that this system has brought; another one's may be in this process as well."""
    for one in marked:
        if one.__module__.startswith("sandbox.overlay.") or one.__module__.rpartition(".")[0] in stage.cloud.further:
            yield one


def load(*further: str) -> None:
    """Import every service and every simulator, and the packages that a system brings further ones in."""
    for package in (services, simulators, *map(importlib.import_module, further)):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    # In one order, wherever they stand: what one publishes, another counts in the same turn.
    SIMULATORS.sort(key=lambda one: one.__module__.rpartition(".")[2])
