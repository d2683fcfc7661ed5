"""What the faults of signing in have in common: whom they hurt, how that is seen, and how all is put back."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import AwsFault, Scene
from sandbox.systems.rung.login import Login

TOO_MANY = 0.25
"""Share of sign-ins that fail from which everybody complains."""


@dataclass(kw_only=True)
class LoginFault(AwsFault, ABC):
    """A fault that hurts Ada, who complains when `tries` sign-ins in a row have failed."""

    tries: int = 3

    def login(self, scene: Scene) -> Login:
        """An administrator."""
        return Login(scene.aws.facts)

    def heal(self, scene: Scene) -> None:
        """Take the conditions away and put pool and account back."""
        super().heal(scene)
        self.login(scene).restore()

    def shows(self, scene: Scene) -> bool:
        """Whether Ada is kept out, or somebody else is in."""
        return self.login(scene).keeps_out(tries=self.tries)


@dataclass(kw_only=True)
class PoolFault(LoginFault, ABC):
    """A fault that hurts everybody."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None: the pool's settings say it."""
        return {}

    def shows(self, scene: Scene) -> bool:
        """Whether too many sign-ins fail."""
        return self.login(scene).failing() >= TOO_MANY
