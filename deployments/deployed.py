"""What `prefect.yaml` deploys, for everything that registers deployments without Prefect's own command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from deployments.stack_register import DeploymentSpec

FILE = Path(__file__).resolve().parents[1] / "prefect.yaml"


def specs(file: Path = FILE) -> tuple[DeploymentSpec, ...]:
    """The deployments of a `prefect.yaml`."""
    given: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return tuple(
        DeploymentSpec(
            name=one["name"],
            entrypoint=one["entrypoint"],
            description=one.get("description"),
            tags=one.get("tags", ()),
            parameters=one.get("parameters", {}),
        )
        for one in given["deployments"]
    )
