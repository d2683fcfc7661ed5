"""Tells Prefect what there is to run: the work pool, the deployments of the flows, the block types.

`stack` calls it at each start, so that a changed flow shows its new form in Prefect's UI. Registering again changes
what differs and keeps the runs. For a Prefect that `codeblue up` does not run, before `prefect deploy --all`:

    python -m deployments.stack_register      the pool and the kinds of blocks, at PREFECT_API_URL

After it, the same offers the saved environments in the start forms, as the watch does by itself.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from prefect.blocks.core import Block
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.context import SyncClientContext
from prefect.exceptions import ObjectAlreadyExists
from prefect.utilities.callables import parameter_schema

from deployments.execute import load
from deployments.picker import offer
from deployments.stack_home import POOL

CHECK = "check"
"""The tag of what asks a question by the clock."""


@dataclass(frozen=True, kw_only=True)
class DeploymentSpec:
    """One deployment, as `prefect.yaml` has it."""

    name: str
    entrypoint: str
    """Module path of the flow: `shop.runbooks.database_connections.shop_database_connections`."""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tags: Sequence[str] = ()
    description: str | None = None
    """Markdown for the UI; the flow's docstring when left out."""
    work_pool: str = POOL
    schedules: Sequence[DeploymentScheduleCreate] = ()
    concurrency: int | None = None
    """Runs of this deployment at the same time; more wait for their turn."""


def register(client: SyncPrefectClient, specs: Sequence[DeploymentSpec]) -> dict[str, str]:
    """Create or update the pools and deployments; the deployments' ids by `flow/deployment` name.

    The form shown in the UI comes from the flow's parameters. Raises what `execute.load` raises for a wrong entrypoint.
    """
    for pool in {spec.work_pool for spec in specs} or {POOL}:
        ensure_pool(client, pool)
    return {f"{load(spec.entrypoint).name}/{spec.name}": _deploy(client, spec) for spec in specs}


def ask_once(client: SyncPrefectClient, specs: Sequence[DeploymentSpec], made: Mapping[str, str]) -> list[UUID]:
    """Start each check that goes by the clock: a new installation is looked at now, and not in a week; the runs.

    `made` is what `register` returned for these specs.
    """
    return [
        client.create_flow_run_from_deployment(UUID(deployment)).id
        for one, deployment in zip(specs, made.values(), strict=True)
        if CHECK in one.tags and any(schedule.active for schedule in one.schedules)
    ]


def ensure_pool(client: SyncPrefectClient, name: str = POOL) -> None:
    """Create the work pool if it is not there."""
    pool = WorkPoolCreate(
        name=name,
        type="codeblue",
        description="Incident runs, each in a process of its own, started by `codeblue up`.",
        base_job_template={  # nothing to choose for a run, but Prefect refuses an empty template
            "job_configuration": {"runs": "in a forked process"},
            "variables": {"type": "object", "properties": {}},
        },
    )
    try:
        client.create_work_pool(pool)
    except ObjectAlreadyExists:
        return


def register_blocks(classes: Sequence[str]) -> None:
    """Register block types given as module paths (`blocks.postgres.Postgres`), so that the UI can make such blocks.

    Prefect asks the API of the current settings here and takes no client.
    """
    for path in classes:
        module, _, name = path.rpartition(".")
        block = getattr(importlib.import_module(module), name)
        if not (isinstance(block, type) and issubclass(block, Block)):
            raise TypeError(f"{path} is not a Prefect block. List only block classes.")
        block.register_type_and_schema()


def main() -> int:
    """Make the pool, without which `prefect deploy` refuses to deploy, and the kinds of blocks; fill in the forms."""
    from deployments.environments import paths  # the stack names its own

    with SyncClientContext.get_or_create() as asking:
        ensure_pool(asking.client)
        register_blocks(paths())
        offer(asking.client)
    return 0


def _deploy(client: SyncPrefectClient, spec: DeploymentSpec) -> str:
    flow = load(spec.entrypoint)
    made = client.create_deployment(
        flow_id=client.create_flow(flow),
        name=spec.name,
        entrypoint=spec.entrypoint,
        version=flow.version,
        work_pool_name=spec.work_pool,
        parameters=dict(spec.parameters),
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        description=spec.description or flow.description,
        tags=list(spec.tags),
        schedules=list(spec.schedules),
        concurrency_limit=spec.concurrency,
    )
    return str(made)


if __name__ == "__main__":
    sys.exit(main())
