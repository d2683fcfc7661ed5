"""What a person says was so, and nobody looked at: when data were lost, since when somebody else was let in.

It is shown as that person's word. It may fill the steps of a task or be a symptom; it speaks neither for nor against a
cause, validates nothing and ends no wait (`Hypothesis`, `Mitigation`, `Manual` and `Wait` refuse it).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from pydantic import AwareDatetime, BaseModel

from runbook.errors import Permanent
from runbook.probe import Facts

if TYPE_CHECKING:
    from runbook.evidence import Evidence


LONGEST = 2000
"""Characters that a person says, at most: it stands in every document and message of the incident."""


class Attested(Facts):
    """A person's word. Who it is, the pipeline keeps beside the reading, with the names of those who decide."""

    by: str
    what: str
    at: AwareDatetime | None = None
    """Of when they say it; none, where they do not know."""

    def __str__(self) -> str:
        when = f", of {self.at:%Y-%m-%d %H:%M %Z}" if self.at is not None else ""
        return f"a person says so, and nobody looked{when}: {self.what}"


def attested(*, by: str, what: str, at: datetime | None = None) -> Attested:
    """The answer of a probe that asks a form instead of the world.

    Raises `Permanent` where nobody has said so, or not so that others can read it.
    """
    if not by.strip() or not what.strip():
        raise Permanent("Nobody has said so: start it again with a name and with what they say.")
    if len(what) > LONGEST:
        raise Permanent(f"What {len(what):,} characters say nobody reads: start it again with {LONGEST:,} at most.")
    if at is not None and at.tzinfo is None:
        raise Permanent(f"Nobody knows where it was {at:%Y-%m-%d %H:%M}: start it again with a time zone.")
    return Attested(by=by, what=what.strip(), at=at)


def refuse_words(whose: str, said: Iterable[Evidence[Any, Any]]) -> None:
    """Raises `ValueError` where a person's word would count as evidence."""
    words = [one.sentence for one in said if issubclass(one.probe.reads, Attested)]
    if words:
        raise ValueError(f"{whose} rests on a person's word ({words[0]}); only what was looked at is evidence.")


def refuse_hidden(probe: str, reads: object) -> None:
    """Raises `TypeError` for a probe whose answer holds a person's word among what was looked at, or is of no one kind.

    Such a word would be shown as a look, and count as one.
    """
    if not isinstance(reads, type) or not issubclass(reads, Facts):
        raise TypeError(f"The probe {probe!r} answers with {reads}; say one kind of Facts.")
    if not issubclass(reads, Attested) and _holds_words(reads, {reads}):
        raise TypeError(f"The probe {probe!r} hides a person's word in {reads.__name__}; give it a probe of its own.")


def _holds_words(kind: type[BaseModel], known: set[type]) -> bool:
    parts = {part for field in kind.model_fields.values() for part in _types(field.annotation)} - known
    return any(
        issubclass(part, Attested) or (issubclass(part, BaseModel) and _holds_words(part, known | parts))
        for part in parts
    )


def _types(annotation: object) -> Iterator[type]:
    """All that a field may hold, in whatever it is held."""
    if isinstance(annotation, type):
        yield annotation
    for part in get_args(annotation):
        yield from _types(part)
