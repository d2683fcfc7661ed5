"""The clock of a user's phone is wrong, so its codes are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class ClockOfPhoneWrong(LoginFault):
    """Ada's codes are those of another minute."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Whose clock is wrong."""
        return {"clock_of_phone_wrong": people.ADA.sub}
