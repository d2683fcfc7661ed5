"""Prefect as the engine: every step a task, every wait a suspension, every document an artifact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, TypeVar
from uuid import UUID

from prefect import Task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.flow_runs import suspend_flow_run

from blocks.environment import Environment
from blocks.journal_store import journal_url
from blocks.saved import saved
from journal.store import Journal
from runbook import Permanent, Temporary
from tasks.engine import Run, Step

R = TypeVar("R")
E = TypeVar("E", bound=Environment)


class PrefectEngine:
    """Carries the pipeline in a flow run."""

    def step(self, name: str, do: Callable[[], R], *, shown: str, retries: int, pauses: tuple[float, ...]) -> Step[R]:
        """A Prefect task.

        NO_CACHE because with persisted results Prefect would answer a second look with the first reading.
        """
        task: Any = Task(
            do,
            name=name,
            task_run_name=_escaped(shown),
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=retries,
            retry_delay_seconds=list(pauses[:retries]) or None,
            retry_condition_fn=_is_temporary if retries else None,
            log_prints=False,
        )
        return task

    def threads(self, count: int, name: str) -> Executor:
        """Threads."""
        return ThreadPoolExecutor(count, thread_name_prefix=name)

    def run(self) -> Run | None:
        """The flow run of this process."""
        context = FlowRunContext.get()
        if context is None or context.flow_run is None:
            return None
        run = context.flow_run
        by = run.created_by.display_value if run.created_by else None
        return Run(id=str(run.id), tags=tuple(run.tags), starter=by or "prefect-ui")

    def task_run(self) -> str | None:
        """The task run of this thread."""
        context = TaskRunContext.get()
        return str(context.task_run.id) if context else None

    def journal(self) -> AbstractContextManager[Journal]:
        """This machine's, opened for this pass: its process ends with it."""
        return Journal.connect(journal_url())

    def tag(self, run: str, tags: list[str]) -> None:
        """Set a flow run's tags."""
        with get_client(sync_client=True) as client:
            client.update_flow_run(UUID(run), tags=tags)

    def show(self, key: str, markdown: str, description: str) -> None:
        """An artifact of the flow run."""
        create_markdown_artifact(key=key, markdown=markdown, description=description)

    def unchanged_for(self) -> float:
        """None: production lives all the time."""
        return 0.0

    def draws(self, runbook: str) -> bool:  # noqa: ARG002 # every runbook's are
        """Yes: people look at it."""
        return True

    def suspend(self, form: type[Any] | None, *, key: str, seconds: int) -> None:
        """Suspend the flow run, which ends this process."""
        suspend_flow_run(wait_for_input=form, key=key, timeout=seconds)

    def start(self, deployment: str, params: Mapping[str, Any], *, key: str, tags: list[str]) -> str:
        """A flow run of a deployment."""
        given = {"params": params}
        try:
            run = run_deployment(
                deployment, parameters=given, timeout=0, idempotency_key=key, tags=tags, as_subflow=False
            )
        except ObjectNotFound as missing:
            raise Permanent(f"Prefect has no deployment {deployment}; register it by `codeblue up`.") from missing
        assert isinstance(run, FlowRun)
        return str(run.id)

    def environment(self, kind: type[E], name: str) -> E:
        """The block as it was saved."""
        return saved(kind, name)


def _is_temporary(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    fault = state.result(raise_on_failure=False)
    return isinstance(fault, Temporary)


def _escaped(name: str) -> str:
    """Prefect formats run names, so a brace would be read as a parameter."""
    return name.replace("{", "{{").replace("}", "}}")
