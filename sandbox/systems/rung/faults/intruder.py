"""Somebody else knows a user's password and signs in with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class Intruder(LoginFault):
    """Somebody signs in as Ada, again and again, from where she has never been."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Whose password is known."""
        return {"intruder": people.ADA.sub}
