"""A new version of the function that Cognito calls before every sign-in fails."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import PoolFault


@dataclass(kw_only=True)
class LoginFunctionFails(PoolFault):
    """The pool calls a version that fails, so nobody gets in."""

    def start(self, scene: Scene) -> None:
        """Deploy the bad version."""
        self.login(scene).use_version(people.BAD_VERSION)
