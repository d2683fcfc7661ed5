"""What there is to run: what is built in, and what the installed systems bring. Listing imports no flow and no Prefect.

`prefect.yaml` is the same, rendered for `prefect deploy --all` (`docs/render.py`); an operator may name another file
of that form instead. `specs` is for the stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deployments.errors import Usage
from deployments.stack_home import POOL
from journal.near import perhaps

if TYPE_CHECKING:
    from deployments.stack_register import DeploymentSpec

OF_RUNBOOK = "runbook:"
"""How the tag begins that names a runbook; deployments without it are escalation, pages and checks."""


class WorkPool(BaseModel):
    """Where the runs of a deployment go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = POOL
    job_variables: dict[str, Any] = Field(default_factory=dict)
    work_queue_name: str | None = None


class Listed(BaseModel):
    """One deployment of the file, in Prefect's words. `runbook` is its name for people: `shop.database_connections`.

    Unknown keys are refused: a misspelt one would be a setting that is silently not there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    entrypoint: str = Field(pattern=r"^\w+(\.\w+){2,}$")
    description: str | None = None
    tags: tuple[str, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)
    work_pool: WorkPool = WorkPool()
    schedules: tuple[dict[str, Any], ...] = ()
    concurrency_limit: int | None = None

    @property
    def is_runbook(self) -> bool:
        """Whether it is a runbook."""
        return bool(self.runbook)

    @property
    def runbook(self) -> str:
        """The runbook's name, such as `shop.database_connections`; empty for anything else.

        An operator's own list may leave the tag out for what lies in `flows.<system>`.
        """
        tagged = next((tag.removeprefix(OF_RUNBOOK) for tag in self.tags if tag.startswith(OF_RUNBOOK)), "")
        parts = self.entrypoint.split(".")
        return tagged or (".".join(parts[1:-1]) if parts[0] == "flows" else "")

    @cached_property
    def flow(self) -> Any:
        """The flow itself; imports Prefect and the runbook."""
        module, _, name = self.entrypoint.rpartition(".")
        return getattr(import_module(module), name)

    @property
    def declaration(self) -> Any:
        """The runbook's declaration, which stands beside its flow."""
        return import_module(self.entrypoint.rpartition(".")[0]).RUNBOOK


def listed(file: Path | None = None) -> tuple[Listed, ...]:
    """The runbooks of the installed systems, or of a file. Raises as `everything` does."""
    return tuple(one for one in everything(file) if one.is_runbook)


def unscheduled() -> tuple[Listed, ...]:
    """Everything without its schedules, for rehearsals, where nothing starts by the clock."""
    return tuple(one.model_copy(update={"schedules": ()}) for one in everything())


def everything(file: Path | None = None) -> tuple[Listed, ...]:
    """All deployments: what is built in and what the installed systems bring, or those of a file.

    Raises Usage for a file that cannot be used, and names the place.
    """
    if file is None:
        from deployments.built_in import BUILT_IN  # both list by `Listed`; importing them above would be a circle
        from deployments.systems import entries

        return (*BUILT_IN, *entries())
    try:
        content: object = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Usage(f"{file} cannot be read ({error.strerror}); name another by --deployments.") from None
    except yaml.YAMLError as error:
        raise Usage(f"{file} is not YAML ({' '.join(str(error).split())}).") from None
    entries = cast("dict[str, Any]", content).get("deployments") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise Usage(f"{file} lists no deployments; it needs `deployments:` with an entry for each runbook.")
    return tuple(_entry(file, number, entry) for number, entry in enumerate(cast("list[Any]", entries), 1))


def find(name: str, among: Sequence[Listed]) -> Listed:
    """The runbook of that name, or of that last part of its name. Raises Usage, with what was perhaps meant."""
    found = [one for one in among if name in {one.runbook, one.runbook.rpartition(".")[2]}]
    if len(found) == 1:
        return found[0]
    if found:
        raise Usage(f"{name!r} is the name of several runbooks: {_names(found)}. Give the whole name.")
    near = perhaps(name, [one.runbook for one in among])
    raise Usage(f"There is no runbook {name!r}.{near} There are: {_names(among)}.")


def specs(among: Iterable[Listed]) -> list[DeploymentSpec]:
    """The same for the stack, which registers them at Prefect."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule

    from deployments.stack_register import DeploymentSpec

    def schedule(given: dict[str, Any]) -> DeploymentScheduleCreate:
        rest = {key: value for key, value in given.items() if key in {"active", "slug", "parameters"}}
        kind = CronSchedule if "cron" in given else IntervalSchedule
        fields = {key: value for key, value in given.items() if key in kind.model_fields}
        return DeploymentScheduleCreate(schedule=kind.model_validate(fields), **rest)

    return [
        DeploymentSpec(
            name=one.name,
            entrypoint=one.entrypoint,
            parameters=one.parameters,
            tags=one.tags,
            description=one.description,
            work_pool=one.work_pool.name,
            schedules=tuple(schedule(given) for given in one.schedules),
            concurrency=one.concurrency_limit,
        )
        for one in among
    ]


def _entry(file: Path, number: int, entry: object) -> Listed:
    try:
        return Listed.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in ("deployments", number, *first["loc"]))
        raise Usage(f"{file}: {place}: {first['msg']}; correct it, or name another file by --deployments.") from None


def _names(among: Iterable[Listed]) -> str:
    return ", ".join(sorted(one.runbook for one in among))
