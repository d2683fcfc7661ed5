"""Users of MedicalCor's database whose answers are slow, as the base of the faults that make them so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString

from sandbox.systems.medicalcor.parts import Parts
from sandbox.turning import locks, questions

TABLES: Final = ("leads", "messages", "appointments", "domain_events")
REFRESHED: LiteralString = "VACUUM (ANALYZE) leads, messages, appointments, domain_events"
"""Statistics as they are in good times, whatever earlier faults have left behind."""


class _Ours:
    @property
    def visitor(self) -> str:
        """Whoever opens a page."""
        return "medicalcor-web"

    @property
    def tables(self) -> tuple[str, ...]:
        """All of them."""
        return TABLES


@dataclass(kw_only=True)
class SlowQuestion(_Ours, questions.SlowQuestion[Parts]):
    pass


@dataclass(kw_only=True)
class Locked(_Ours, locks.Locked[Parts]):
    pass
