"""What every environment has: somebody to tell, and connections that are checked before anything else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pydantic import Field

from blocks.house import HouseBlock
from blocks.notifier import Notifier
from journal.facts import Check


class Environment(HouseBlock):
    """Base of environments: one system's connections and names, saved under a name such as `rung-prod`."""

    notifier: Notifier
    practice_pace: float = Field(
        default=1.0, gt=0, le=1, description="Factor on how long things must hold; below 1 only for practice."
    )

    def checks(self) -> Iterator[Check]:
        connections = [connection for _, connection in self if isinstance(connection, HouseBlock)]
        with ThreadPoolExecutor(max(1, len(connections)), thread_name_prefix="check") as threads:
            for answers in threads.map(_answers, connections):
                yield from answers


def _answers(connection: HouseBlock) -> tuple[Check, ...]:
    return tuple(connection.checks())
