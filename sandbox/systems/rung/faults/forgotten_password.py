"""A user types a password that is not theirs any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class ForgottenPassword(LoginFault):
    """Ada has forgotten her password, until she may choose a new one. `elsewhere`: it is not she who tries."""

    elsewhere: bool = False

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Who has forgotten it, or is said to."""
        return {"forgotten_password": people.ADA.sub, "tried_elsewhere": people.ADA.sub if self.elsewhere else None}
