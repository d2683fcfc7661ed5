"""What is asked of a status page and what it answers, whatever its kind: `pages` and `clouds` have the kinds.

Only what decides is read of a page, in the words of those who publish it. Whatever has another form than its kind
announces is refused, and a word that is not known is another form: what is not understood is not health.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Level = Literal["well", "maintenance", "impaired", "down"]
LEVELS: tuple[Level, ...] = ("well", "maintenance", "impaired", "down")
"""From good to bad."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What we use of a provider: `parts` (components, products, services) and `places` (regions); none is all."""

    parts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def part(self, *names: str) -> bool:
        """Whether one of these is used; what names none may be about any."""
        named = {name.casefold() for name in names}
        return not self.parts or not names or bool(named & {one.casefold() for one in self.parts})

    def place(self, *names: str) -> bool:
        """Whether something is the matter where we are; what names no place, or all, is everywhere."""
        return not self.places or not set(names) - {"", "global"} or bool(set(names) & set(self.places))


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that a page tells of: how bad, of what, since when. Of nothing named: nobody knows whether of ours."""

    level: Level
    of: tuple[str, ...] = ()
    since: datetime | None = None


class Form(Protocol):
    """A page of one kind."""

    def troubles(self, wanted: Wanted) -> Iterator[Trouble]:
        """What is the matter with what we use. Raises `LookupError` where the page does not tell of that."""
        ...
