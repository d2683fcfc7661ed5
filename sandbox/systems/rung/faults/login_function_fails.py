"""A new version of the function that Cognito calls before every sign-in fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung import people
from sandbox.systems.rung.api_faults import release, show_before
from sandbox.systems.rung.faulty_login import PoolFault


@dataclass(kw_only=True)
class LoginFunctionFails(PoolFault):
    """The pool calls a version that fails, so nobody gets in. `named`: it names the version, and no alias."""

    named: bool = False
    version: str = field(default="", init=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Which version fails."""
        return {"bad_trigger_version": self.version}

    def start(self, scene: Scene) -> None:
        """Deploy the bad version, after production has shown how it was before."""
        show_before()
        self.version = release(scene, "this morning", people.TRIGGER, people.TRIGGER_ALIAS)
        if self.named:
            self.login(scene).call_trigger(self.version)
        super().start(scene)
