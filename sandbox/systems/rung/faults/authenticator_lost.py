"""A user has lost the phone with the authenticator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class AuthenticatorLost(LoginFault):
    """Ada is asked for a code and has none to give. `elsewhere`: it is not she who has her password."""

    elsewhere: bool = False

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Who has lost it, or is said to."""
        return {"authenticator_lost": people.ADA.sub, "tried_elsewhere": people.ADA.sub if self.elsewhere else None}
