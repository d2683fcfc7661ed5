"""What faults of the API's memory have in common: they go on for longer, and users suffer while it is nearly full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sandbox.systems.medicalcor.api.faulty import ApiFault, pass_by
from sandbox.systems.medicalcor.api.process import AT_REST_MB, LIMIT_MB, Code
from sandbox.systems.medicalcor.parts import Parts

KEEPS: Final = 0.027
"""MB that a request leaves behind: in usual times memory is full within fifty minutes."""
FOR_LONG: Final = timedelta(minutes=28)
"""Besides the minutes until somebody is told."""
COLLECTS: Final = 0.8
"""From which share on a process spends so much on collecting garbage that users notice."""


@dataclass(kw_only=True)
class MemoryFault(ApiFault):
    def complaints(self, parts: Parts) -> Iterator[str]:
        process = parts.api.process()
        if process is not None and process.memory >= COLLECTS:
            yield "answers wait until garbage is collected"


def leak(parts: Parts, megabytes: float = KEEPS) -> None:
    """Let a request of each revision that there is leave so much."""
    for one in parts.api.service.revisions:
        parts.api.code_of(one.name).keeps = megabytes


def mended(parts: Parts) -> None:
    """What the owners of the code do: a revision that lets go what it took."""
    parts.api.deploy(Code())


def passes(time: timedelta = FOR_LONG) -> None:
    """Let it go on for so long."""
    pass_by(time)


def hold(parts: Parts) -> None:
    """Let requests take memory while they are worked on, as they always did: five times as many nearly fill it."""
    for one in parts.api.service.revisions:
        parts.api.code_of(one.name).holds = 17.5


NEARLY_ALL: Final = 0.93


def deploy_larger(parts: Parts, share: float) -> None:
    """Deploy a revision whose processes use such a share of their memory from the beginning."""
    parts.api.deploy(Code(rests=share * LIMIT_MB - AT_REST_MB))


def enlarge(parts: Parts) -> None:
    """Deploy what answers now with half as much memory again, as whoever pays for it does."""
    process = parts.api.process()
    assert process is not None
    parts.api.deploy(replace(process.code, limit=1.5 * LIMIT_MB))
