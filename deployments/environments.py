"""Our kinds of blocks, and the environments saved at Prefect. Importing the kinds imports Prefect.

`upping` has the kinds registered so that the UI can make such blocks; `starting` and `doctoring` ask what is saved.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, get_args

from prefect.blocks.core import Block, UnknownBlockType
from prefect.events.clients import NullEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

from blocks.base import CodeBlueBlock
from blocks.collection import KINDS
from blocks.environment import Environment
from deployments.places import Prefect
from deployments.systems import system_of, systems


def kinds() -> tuple[type[CodeBlueBlock], ...]:
    """Every kind of block that can be saved: ours, and those of the installed systems."""
    return tuple(dict.fromkeys([*KINDS, *(part for one in systems().values() for part in _parts(one.kind))]))


def kind_of(slug: str) -> type[CodeBlueBlock] | None:
    """The kind of block of this slug: one of those, or one that a program of its own runbook brings along.

    The self-test is no installed system, and its environment has contacts like every other.
    """
    known = kinds()  # a kind is known to Prefect once it is imported
    if (found := next((one for one in known if one.get_block_type_slug() == slug), None)) is not None:
        return found
    try:
        other = Block.get_block_class_from_key(slug)
    except UnknownBlockType:
        return None
    return other if issubclass(other, CodeBlueBlock) else None


def _parts(kind: type[Environment]) -> Iterator[type[CodeBlueBlock]]:
    """A system's environment, and the connections in it that can be saved by themselves; they come first."""
    for value in kind.model_fields.values():
        for one in (value.annotation, *get_args(value.annotation)):
            if isinstance(one, type) and issubclass(one, CodeBlueBlock) and "_block_type_slug" in vars(one):
                yield one
    yield kind


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


class Kept(NamedTuple):
    """An environment that is saved. Two systems may each have one of the same name."""

    name: str
    kind: type[Environment]
    pace: float | None
    """Its practice pace, if it has one."""


def saved_environments(prefect: Prefect) -> list[Kept]:
    """All environments saved at Prefect, by name and then by system. Of their values only the pace is looked at."""
    by_slug = {kind.get_block_type_slug(): kind for kind in kinds() if issubclass(kind, Environment)}
    found = (
        Kept(str(document["name"]), kind, _pace(document["data"]))
        for document in prefect.every("/block_documents/filter", include_secrets=False)
        if (kind := by_slug.get(document["block_type"]["slug"])) is not None and not document["is_anonymous"]
    )
    return sorted(found, key=lambda one: (one.name, one.kind.get_block_type_slug()))


def _pace(values: Mapping[str, Any]) -> float | None:
    pace = values.get("practice_pace")
    return float(pace) if isinstance(pace, int | float) else None


def environment_of(runbook: str) -> type[Environment]:
    """The kind of environment that a runbook works on. Raises LookupError when its system is not installed."""
    return system_of(runbook).kind
