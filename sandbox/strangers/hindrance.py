"""What stands between a runbook and the world: blind eyes, late metrics, a clock that is off, too few people.

None of it is a cause, and none of it excuses blaming somebody: what cannot be seen is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from runbook import Context, Permanent, Probe, Reading
from sandbox.eyes import BLIND, SEEING
from sandbox.world import World
from tasks import gather

FIVE_MINUTES: Final = 300.0
TWO_MINUTES: Final = 120.0


@dataclass(frozen=True, kw_only=True)
class Hindrance:
    """`environment`: whose eyes look. `probe`: the one that cannot look.

    `conditions`: what the world is told once the faults show.
    """

    name: str
    environment: str = SEEING
    probe: str = ""
    conditions: tuple[tuple[str, float], ...] = ()

    @property
    def in_the_past(self) -> bool:
        """Whether a look sees what was, and not what is."""
        return any(name == "clock_ahead_seconds" and value < 0 for name, value in self.conditions)

    def __str__(self) -> str:
        """Its name, and the probe's."""
        return f"{self.name} {self.probe}".strip()


NOTHING: Final = Hindrance(name="")
BLINDED: Final = Hindrance(name="blind", environment=BLIND)

OF_THE_WORLD: Final = (
    Hindrance(name="metrics late by five minutes", conditions=(("metrics_late_seconds", FIVE_MINUTES),)),
    Hindrance(name="our clock two minutes ahead", conditions=(("clock_ahead_seconds", TWO_MINUTES),)),
    Hindrance(name="our clock two minutes behind", conditions=(("clock_ahead_seconds", -TWO_MINUTES),)),
    Hindrance(name="a sample of one", conditions=(("few", 1.0),)),
    Hindrance(name="a sample of two", conditions=(("few", 2.0),)),
)


def without(probe: str) -> Hindrance:
    """One probe cannot look."""
    return Hindrance(name="without", probe=probe)


@contextmanager
def hindered(world: World, hindrance: Hindrance) -> Generator[None]:
    """Let it stand in the way while the block runs."""
    told: Mapping[str, float] = dict(hindrance.conditions)
    usual = gather.read
    if told:
        world.set_conditions(**told)
    if hindrance.probe:
        gather.read = _but_for(hindrance.probe, usual)
    try:
        yield
    finally:
        gather.read = usual
        if told:
            world.set_conditions(**dict.fromkeys(told))


def _but_for(name: str, usual: Callable[..., Reading[Any]]) -> Callable[..., Reading[Any]]:
    def read(context: Context[Any, Any], probe: Probe[Any, Any, Any]) -> Reading[Any]:
        if probe.name == name:
            raise Permanent(f"{name} may not look today; look by hand.")
        return usual(context, probe)

    return read
