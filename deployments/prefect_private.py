"""What we replace of Prefect's private parts, all in one place, and the release that it was checked against.

Prefect promises none of it. `tests/deployments/test_prefect_private.py` holds each part to what is used of it here, and
fails when another release is installed: read its source at the places below again, then move `CHECKED`.

    ask_less           prefect.flow_engine, prefect.events.worker, prefect.results      in the process of a run
    say_less           prefect.states, prefect._internal.states                         in the process of a run
    default_storage    prefect.results                                                  before there is a run
    told_to_cancel     prefect._internal.control_listener                               in the process of a run
    use_database       prefect.server.database.dependencies                             in the server
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import prefect._internal.states
import prefect.events.worker
import prefect.flow_engine
import prefect.results
import prefect.states
from prefect._flow_run_suspension import FlowRunSuspensionRequest, observe_flow_run_suspension
from prefect._internal import control_listener
from prefect.context import FlowRunContext
from prefect.events import RelatedResource
from prefect.events.related import object_as_related_resource, tags_as_related_resources

from journal.redaction import redact

if TYPE_CHECKING:
    from prefect.server.database.configurations import BaseDatabaseConfiguration

CHECKED: Final = "3.9.1"
"""The release of Prefect whose source was read for this."""

OBSERVED: Final = "observe_flow_run_suspension"
RELATED: Final = "related_resources_from_run_context"
SAYS: Final = "format_exception"
STORAGE: Final = "_read_server_default_result_storage_block_id"

_OBSERVE_AFTER = 2.0


def ask_less() -> None:
    """Replace three of Prefect's questions in this process, before its first run; by name, since none is public.

    Where results go by default is asked twice before each flow: once, by `default_storage()`, is enough for one run.
    """
    prefect.flow_engine.__dict__[OBSERVED] = _observe_later
    prefect.events.worker.__dict__[RELATED] = _related
    prefect.results.__dict__[STORAGE] = cache(prefect.results.__dict__[STORAGE])


def say_less() -> None:
    """Redact what Prefect itself says about an error, before it is a state: it quotes the values of parameters."""
    says = prefect.states.__dict__[SAYS]

    def said(fault: BaseException, tb: Any = None) -> str:
        return redact(str(says(fault, tb)))

    for module in (prefect.states, prefect._internal.states):  # noqa: SLF001  (Prefect has no other place for it)
        module.__dict__[SAYS] = said


def default_storage() -> None:
    """Ask where results go by default, so that the run need not."""
    prefect.results.__dict__[STORAGE]()


def told_to_cancel() -> None:
    """Tell the engine why the SIGTERM that follows comes: then the run ends as Cancelled instead of Crashed."""
    control_listener._set_intent("cancel")  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] # it has no other way


def use_database(configuration: BaseDatabaseConfiguration) -> None:
    """Have the server of this process write through that configuration."""
    from prefect.server.database import dependencies  # slow to import, and only for the server

    dependencies.MODELS_DEPENDENCIES["database_config"] = configuration


@contextmanager
def _observe_later(
    flow_run_id: UUID, suspension_request: FlowRunSuspensionRequest, polling_interval: float = 10
) -> Generator[None, None, None]:
    """Watch for a suspension asked for from outside, but not before the run is two seconds old.

    Prefect opens a websocket for this and lets the flow wait for it, at the start and at the end of every run. The
    engine reads the run's state again just before the first line, so nothing that happened earlier is missed.
    """
    over = threading.Event()

    def watch() -> None:
        if over.wait(_OBSERVE_AFTER):
            return
        with observe_flow_run_suspension(flow_run_id, suspension_request, polling_interval):
            over.wait()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(watch,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


async def _related(client: object, exclude: set[str] | None = None) -> list[RelatedResource]:  # noqa: ARG001  (Prefect passes it)
    """What an event is about, as far as this process knows without asking: its flow run and its tags.

    Prefect reads flow, deployment, queue and pool anew in each process, just when the first probes are to look.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None:
        return []
    related = [object_as_related_resource("flow-run", "flow-run", run), *tags_as_related_resources(run.tags)]
    return [one for one in related if one.id not in (exclude or set())]
