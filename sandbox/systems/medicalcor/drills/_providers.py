"""What people do, or what ends by itself, in drills about one of those that MedicalCor calls."""

from __future__ import annotations

from sandbox.drills.drill import Person
from sandbox.systems.medicalcor.api.providers import recover
from sandbox.systems.medicalcor.world import World


def mended(*names: str) -> Person:
    """Each provider's own people have mended it, or somebody has given them what they ask for."""

    def mends(world: World) -> None:
        for name in names:
            recover(world.parts.api.providers[name])

    return mends


def deploy(world: World) -> None:
    """Somebody deploys the API once more: its processes begin anew."""
    world.parts.api.deploy()


def nothing(_world: World) -> None:
    """Somebody says that it is done, and it is not."""
