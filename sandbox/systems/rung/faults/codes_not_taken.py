"""Somebody has switched authenticator codes off in the pool, and everybody who has one is kept out."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_login import PoolFault


@dataclass(kw_only=True)
class CodesNotTaken(PoolFault):
    """The pool asks for a second factor and takes no codes."""

    def start(self, scene: Scene) -> None:
        """Switch them off."""
        self.login(scene).take_codes(yes=False)
