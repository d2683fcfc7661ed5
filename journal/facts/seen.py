"""What was seen, and what it says about the causes: checks, readings, findings and verdicts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import Field, FiniteFloat, JsonValue, SerializerFunctionWrapHandler, model_serializer

from journal.facts.words import Answer, Said, Standing

GATHER: Final = "gather"
AGAIN: Final = "gather:again"
"""Phases in which everything is looked at before judging: at first, and anew where the symptom showed only later."""

GATHERED: Final = (GATHER, AGAIN)


class Check(Said):
    """One answer to "can we see at all?": identity, account, region, reachability.

    `of_time`: it is about the clock by which everybody looks back. Where that is off, nobody has seen what is now.
    """

    name: str
    answer: Answer
    text: str
    of_time: bool = False


class Checked(Said):
    kind: Literal["checked"] = "checked"
    checks: tuple[Check, ...]


class Figure(Said):
    """One number of a reading, to be charted: what is counted, how much, and in which unit (`%`, `sessions`, `s`)."""

    name: str
    value: FiniteFloat
    unit: str


class Read(Said):
    """A probe answered, or could not look. Exactly one of `value` and `unreadable` is set.

    `text` is the reading in one line. `took` is measured at the probe. `phase` is `gather` or the name of the
    validation that asked again. `figures` are the numbers in it that a chart can show. `by` is the person whose word it
    is, where nobody looked; an entry of a look does not have it.
    """

    kind: Literal["read"] = "read"
    phase: str
    probe: str
    asks: str
    source: str
    at: datetime
    took: timedelta
    text: str
    value: dict[str, JsonValue] | None = None
    unreadable: str | None = None
    figures: tuple[Figure, ...] = ()
    by: str | None = None

    @model_serializer(mode="wrap")
    def _without_nobody(self, rest: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        said: dict[str, JsonValue] = rest(self)
        if self.by is None:
            said.pop("by", None)
        return said


class Finding(Said):
    """A sentence of evidence, the answer to it, and what was observed (or why nothing could be) by which probe."""

    sentence: str
    answer: Answer
    observed: str
    weight: float
    probe: str = ""


class SymptomAsked(Said):
    kind: Literal["symptom_asked"] = "symptom_asked"
    phase: str
    finding: Finding


class History(Said):
    """What earlier incidents of the runbook say about a cause, and the prior that its author declared.

    People confirmed the cause of `of` incidents; in `confirmed` of them it was this one.
    """

    declared: float
    confirmed: int
    of: int


class Past(Said):
    """Causes that people confirmed in a runbook's earlier incidents: how often each, of how many incidents."""

    of: int = 0
    confirmed: dict[str, int] = Field(default_factory=dict)


OTHER: Final = "other"
"""The name of the cause that no page names: a candidate of every ranking, and what people confirm."""


SUREST: Final = 0.99
"""People are told of nothing that it is more likely than this, or less likely than what this leaves."""


class Verdict(Said):
    """One hypothesis as judged. `score` is how sure people are told it is (0..1), by prior and evidence.

    `prior` is the one that was used; `history` tells what moved it away from the declared one, if anything did.
    `short_of` says what a possible cause lacks, and so what to look at next. The hypothesis `other` stands for
    something that the runbook does not name.
    """

    hypothesis: str
    claim: str
    standing: Standing
    score: float
    prior: float
    speaks_for: tuple[Finding, ...]
    speaks_against: tuple[Finding, ...]
    history: History | None = None
    short_of: tuple[str, ...] = ()

    @property
    def likely(self) -> str:
        """How likely it is, as people read it: what rests on some sentences is certain in neither way."""
        return f"{min(max(self.score, 1 - SUREST), SUREST):.0%}"


class Judged(Said):
    """All hypotheses, most likely first. A round begins with it: `after` says how many are over."""

    kind: Literal["judged"] = "judged"
    ranking: tuple[Verdict, ...]
    after: int = 0
