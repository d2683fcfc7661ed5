"""What a person says was so, and nobody looked at: when data were lost, since when somebody else was let in.

It is shown as that person's word. It may fill the steps of a task or be a symptom; it speaks neither for nor against a
cause and validates nothing (`Hypothesis`, `Mitigation` and `Manual` refuse it): those believe what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime

from runbook.errors import Permanent
from runbook.probe import Facts

if TYPE_CHECKING:
    from runbook.evidence import Evidence


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
    """The answer of a probe that asks a form instead of the world. Raises `Permanent` where nobody has said so."""
    if not by.strip() or not what.strip():
        raise Permanent("Nobody has said so: start it again with a name and with what they say.")
    return Attested(by=by, what=what.strip(), at=at)


def refuse_words(whose: str, said: Iterable[Evidence[Any, Any]]) -> None:
    """Raises `ValueError` where a person's word would count as evidence."""
    words = [one.sentence for one in said if issubclass(one.probe.reads, Attested)]
    if words:
        raise ValueError(f"{whose} rests on a person's word ({words[0]}); only what was looked at is evidence.")
