"""Containers of every revision end: what each of them reads when it starts has changed."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.process import Dies
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ContainersEnd(ApiFault):
    def begins(self, parts: Parts) -> None:
        end_with(parts, "exit")


def end_with(parts: Parts, why: Dies | None) -> None:
    """Let the containers of every revision that there is end so, or not any more."""
    for one in parts.api.service.revisions:
        parts.api.code_of(one.name).dies = why
