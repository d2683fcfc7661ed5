"""A user types a password that is not theirs any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class ForgottenPassword(LoginFault):
    """Ada has forgotten her password, until she may choose a new one."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Who has forgotten it."""
        return {"forgotten_password": people.ADA.sub}
