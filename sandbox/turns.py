"""How long a turn of the world is: how far apart the simulators live, and what that means to whoever looks at them."""

from __future__ import annotations

from typing import Final

PACE: Final = 0.02
"""In practice a second of holding stands for 50."""

SHORT: Final = 0.5
"""Seconds: where an incident is seconds old, since nobody waits for it."""

LONG: Final = 5.0
"""Seconds: where an incident is as old as in real life, in a time that costs nothing."""

RARE: Final = 30.0
"""Seconds: where nothing happens."""

_SECONDS = [SHORT]


def turn_seconds() -> float:
    """Seconds between two turns."""
    return _SECONDS[0]


def take(seconds: float) -> None:
    """Let turns be so far apart from now on, in this process."""
    _SECONDS[0] = seconds
