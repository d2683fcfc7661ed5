"""What a monitor sent, in one form whatever the vendor. Receivers make these; flows take them as a parameter."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from journal.short import short

_APART: Final = "\x1f"


class Severity(StrEnum):
    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Alert(BaseModel):
    """One alert, normalised. `fingerprint` names the problem: repeats carry the same one and join its incident."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str = Field(description="Which monitor's form it came in, e.g. `alertmanager`.")
    name: str = Field(min_length=1, max_length=300)
    fingerprint: str = Field(min_length=1, max_length=128)
    status: Literal["firing", "resolved"] = "firing"
    severity: Severity = Severity.ERROR
    summary: str = Field(default="", max_length=4000)
    labels: dict[str, str] = Field(default_factory=dict)
    starts_at: datetime | None = None
    link: str | None = None


def fingerprint_of(*parts: str, digits: int = 32) -> str:
    """A stable fingerprint from what identifies a problem, for formats that bring none.

    What separates the parts may be in one of them, since they come from outside: there it is written otherwise.
    """
    apart = (part.replace("\x1e", "\x1e0").replace(_APART, "\x1e1") for part in parts)
    return short(_APART.join(apart).encode(), digits=digits)
