"""A client runs queries that take many minutes, more and more of them."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.crowd import Crowd
from sandbox.faults.fault import CrowdFault, Scene

# Waiting instead of computing: the sessions are as busy as any, and the machine stays usable.
STATEMENTS = ["SELECT count(*), pg_sleep(1800) FROM clients"]


@dataclass(kw_only=True)
class LongQueries(CrowdFault):
    """Long-running queries until no slot is left; a client whose query is cancelled closes its session.

    `most`: sessions at most. `persistent`: goes on opening (twice a second) after the server has ended one; without
    it the clients take the hint.
    """

    most: int = 150
    persistent: bool = False

    @property
    def cause(self) -> str:
        """Its name."""
        return "long_queries"

    @property
    def application_name(self) -> str:
        """The client."""
        return "rung-analytics"

    def gather(self, scene: Scene, dsn: str) -> Crowd:
        """Start the leak."""
        return Crowd(
            "leaking",
            home=scene.home,
            name=self.cause,
            lives_for=self.lives_for,
            dsn=dsn,
            statements=STATEMENTS,
            waits=True,
            most=self.most,
            persistent=self.persistent,
        )
