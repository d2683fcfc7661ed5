"""Our kinds of blocks, and the environments saved at Prefect. Importing the kinds imports Prefect.

`upping` has the kinds registered so that the UI can make such blocks; `starting` and `doctoring` ask what is saved.
"""

from __future__ import annotations

import inspect
import logging
import pkgutil
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module

from prefect.events.clients import NullEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

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


@contextmanager
def asking(url: str) -> Generator[None]:
    """Prefect's own functions ask this API meanwhile.

    They report to it whenever a block is read, which nobody needs to hear of a command that looks: sending that takes
    longer than the command, and the program's end would wait for it, with a warning on the screen.
    """
    EventsWorker.set_client_override(NullEventsClient)
    logging.getLogger(EventsWorker.__name__).setLevel(logging.ERROR)
    with temporary_settings({PREFECT_API_URL: url}):
        yield


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
