"""Configuration in SSM, as whoever it is for reads it."""

from __future__ import annotations

from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends

from sandbox.overlay.registry import seeds
from sandbox.overlay.stage import Stage


@seeds
def parameters(stage: Stage) -> None:
    """What the system keeps there."""
    for name, value in stage.cloud.parameters.items():
        backend_of(stage).put_parameter(
            name=name,
            description="Configuration",
            value=value,
            parameter_type="String",
            allowed_pattern="",
            keyid="",
            overwrite=False,
            tags=[],
            data_type="text",
            tier=None,
            policies=None,
        )


def parameter(stage: Stage, name: str) -> str:
    """A parameter as it is now."""
    found = backend_of(stage).get_parameter(name)
    return str(found.value) if found is not None else ""


def backend_of(stage: Stage) -> SimpleSystemManagerBackend:
    """SSM in this account and region."""
    return ssm_backends[stage.account][stage.region]
