"""What evidence and change are both about: the same database, role, application, alias, bucket or alarm.

A probe that is declared with `about` is given its selection; the change takes the same one. So what a change may touch
is what was looked at, by construction. The contract test holds each change against the evidence for its cause and
against its validation.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Base of all selections: frozen dataclasses, equal when they mean the same things."""

    def covers(self, other: Selection) -> bool:
        """Whether all that the other means was looked at here; by default only the very same."""
        return self == other

    def __str__(self) -> str:
        named = ((one.name.replace("_", " "), getattr(self, one.name)) for one in fields(self))
        return ", ".join(f"{name} {value}" for name, value in named if value is not None)
