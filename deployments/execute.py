"""What the process of one flow run does: take the run, find its flow by module path, run it, report.

`worker_zygote` calls `prepare()` in each forked process while it still waits, and `execute()` when a run arrives.
Everything the flow does not need at once is kept out of its way: at the flow's first line this process has made
three requests (note the flow's version, go to Running, read the run once more: Prefect's engine insists on them).
"""

import asyncio
import importlib
import os
import signal
from contextlib import ExitStack
from typing import Any, cast
from uuid import UUID

import prefect.flow_engine
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import SyncClientContext
from prefect.events.worker import EventsWorker
from prefect.exceptions import Abort, Pause, TerminationSignal
from prefect.flows import Flow
from prefect.logging.handlers import APILogWorker
from prefect.logging.loggers import flow_run_logger
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from deployments import prefect_private
from journal.redaction import redact
from journal.redaction.faults import in_its_place, redacted_faults

REPORTED = 0
"""Exit code: Prefect knows how this run stands (completed, failed, suspended, cancelled ...)."""
NOT_REPORTED = 70
"""Exit code: the run could not even be started; the worker reports it as crashed."""

_CANCEL = signal.SIGUSR1
_FLUSH_WITHIN = 10.0
_held = ExitStack()


def prepare() -> SyncPrefectClient:
    """Open the connection to Prefect and keep it for the run (called before there is one: 40-60 ms)."""
    # Ours come from the worker. Prefect's would open a websocket at the first line and keep the process for a second.
    _held.enter_context(temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}))
    client = _held.enter_context(SyncClientContext.get_or_create()).client
    prefect_private.default_storage()
    for sender in (APILogWorker, EventsWorker):  # else the first log line and the first task would each open one
        sender.instance()
    return client


def execute(flow_run_id: UUID, flow_run: FlowRun | None = None, entrypoint: str | None = None) -> int:
    """Run one flow run to its end, suspension or cancellation; the exit code for this process.

    `flow_run` and `entrypoint` spare two requests when the caller has them. A flow that fails is a reported run: 0.
    """
    os.environ["PREFECT__FLOW_RUN_ID"] = str(flow_run_id)  # for prefect.runtime outside the flow's own context
    signal.signal(_CANCEL, _on_cancel)
    client = get_client(sync_client=True)
    try:
        run = flow_run or client.read_flow_run(flow_run_id)
        log = flow_run_logger(run)
        try:
            flow = load(entrypoint or _entrypoint_of(client, run))
        except Exception:
            log.exception("The flow of this run could not be loaded.")
            return NOT_REPORTED
        outcome = prefect.flow_engine.run_flow(flow, flow_run=run, error_logger=log.logger, return_type="state")
        if asyncio.iscoroutine(outcome):
            asyncio.run(outcome)
    except (Abort, Pause):  # suspended, or no longer ours to run: Prefect knows
        return REPORTED
    except TerminationSignal:
        return REPORTED  # cancelled, or crashed by a polite signal: the engine has said so
    except BaseException:  # noqa: BLE001  (the engine failed, or the flow exited the interpreter: it is logged)
        return NOT_REPORTED
    finally:
        flush()
    return REPORTED


def load(entrypoint: str) -> Flow[..., Any]:
    """The flow named by a module path such as `shop.runbooks.database_connections.shop_database_connections`.

    Raises ValueError for a file path: loading flows by file shadows libraries (`flows/redis.py` broke `import redis`).
    Raises TypeError when the name is there but is not a flow.
    """
    module, _, name = entrypoint.rpartition(".")
    if ":" in entrypoint or "/" in entrypoint or not module:
        raise ValueError(
            f"The entrypoint {entrypoint!r} is not a module path. Write it as package.module.function in prefect.yaml."
        )
    found: object = getattr(importlib.import_module(module), name)
    if not isinstance(found, Flow) or found.isgenerator:
        raise TypeError(f"{entrypoint} is not a flow that returns. Point the deployment at a function with @flow.")
    found = cast("Flow[..., Any]", found)
    return found if found.isasync else _without_secrets(found)


def _without_secrets(flow: Flow[..., Any]) -> Flow[..., Any]:
    """The flow with errors and end states that hold no secret: Prefect stores the texts of both."""
    do, clean, told = flow.fn, redacted_faults, _redacted

    def done(*args: Any, **kwargs: Any) -> Any:
        with clean():
            return told(do(*args, **kwargs))

    flow.fn = in_its_place(done, do)
    return flow


def _redacted(end: Any) -> Any:
    if not isinstance(end, State):
        return end
    state = cast("State[Any]", end)
    return state.model_copy(update={"message": redact(state.message)})


def flush() -> None:
    """Send the log lines and events that are still queued; gives up after 10 s with the server away."""
    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=_FLUSH_WITHIN)


def _entrypoint_of(client: SyncPrefectClient, run: FlowRun) -> str:
    if run.deployment_id is None:
        raise ValueError("This run has no deployment, so its flow cannot be found. Start it from a deployment.")
    entrypoint = client.read_deployment(run.deployment_id).entrypoint
    if entrypoint is None:
        raise ValueError("This run's deployment names no flow. Register the deployments again: codeblue up.")
    return entrypoint


def _on_cancel(*_: object) -> None:
    prefect_private.told_to_cancel()


prefect_private.ask_less()
prefect_private.say_less()
