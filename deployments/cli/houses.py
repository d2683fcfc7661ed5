"""Our kinds of blocks, and the environments saved at Prefect. Importing the kinds imports Prefect.

`upping` has the kinds registered so that the UI can make such blocks; `starting` and `doctoring` ask what is saved.
"""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import blocks
from blocks.environment import Environment
from blocks.house import HouseBlock
from deployments.cli.places import Prefect


def kinds() -> tuple[type[HouseBlock], ...]:
    """Every kind of block that can be saved, one module of `blocks` after another; bases are not among them."""
    found: list[type[HouseBlock]] = []
    for info in pkgutil.iter_modules(blocks.__path__):
        module = import_module(f"blocks.{info.name}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, HouseBlock) and kind.__module__ == module.__name__ and "_block_type_slug" in vars(kind):
                found.append(kind)
    return tuple(found)


def paths() -> list[str]:
    """The same as module paths, which the stack takes."""
    return [f"{kind.__module__}.{kind.__name__}" for kind in kinds()]


def saved_environments(prefect: Prefect) -> dict[str, type[Environment]]:
    """The environments saved at Prefect, by name."""
    by_slug = {kind.get_block_type_slug(): kind for kind in kinds() if issubclass(kind, Environment)}
    found = prefect.post("/block_documents/filter", {"include_secrets": False})
    return {
        document["name"]: by_slug[document["block_type"]["slug"]]
        for document in found
        if document["block_type"]["slug"] in by_slug and not document["is_anonymous"]
    }


def environment_of(runbook: str) -> type[Environment]:
    """The kind of environment that a runbook works on: kinds are named after their system, `codeblue-rung`.

    Raises LookupError when there is none.
    """
    system = runbook.partition(".")[0]
    for kind in kinds():
        if issubclass(kind, Environment) and kind.get_block_type_slug() == f"codeblue-{system}":
            return kind
    raise LookupError(f"There is no kind of environment for {runbook!r}; add one to blocks, named codeblue-{system}.")
