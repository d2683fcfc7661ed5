"""A sentence about a reading, beside the predicate that decides it: yes, no or unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from journal.facts.seen import Finding
from journal.facts.words import Answer
from runbook.probe import E_contra, Facts, P_contra, Probe, Reading, Unreadable

Readings = Mapping[str, Reading[Facts] | Unreadable]
"""What was gathered, by probe name."""


@dataclass(frozen=True, kw_only=True)
class Evidence(Generic[E_contra, P_contra]):
    """Made by `Probe.shows`. The sentence is what people read; the predicate is what runs.

    `gauge` names the figure of the reading (`Facts.figures`) that grows as things get worse, where there is one: after
    a change it is held against what it was before (`tasks.worse`).
    """

    sentence: str
    probe: Probe[E_contra, P_contra, Facts]
    holds: Callable[[Facts], bool]
    gauge: str | None = None

    def find(self, readings: Readings, weight: float = 0.0) -> Finding:
        """Decide the sentence. A missing or unreadable reading is unknown, and so is a predicate that fails."""
        reading = readings.get(self.probe.name)
        match reading:
            case None:
                answer, observed = Answer.UNKNOWN, "not asked"
            case Unreadable(why=why):
                answer, observed = Answer.UNKNOWN, why
            case Reading(value=value):
                answer, observed = self._decide(value)
        return Finding(sentence=self.sentence, answer=answer, observed=observed, weight=weight, probe=self.probe.name)

    def _decide(self, value: Facts) -> tuple[Answer, str]:
        # A fault in one predicate must not cost the person on call all the others: it is shown as unknown, with its
        # own words. The recorded readings of each sentence are there to find it before that night.
        try:
            return (Answer.YES if self.holds(value) else Answer.NO), str(value)
        except Exception as fault:  # noqa: BLE001 # a misspelt name is as likely as a missing value
            return Answer.UNKNOWN, f"the predicate could not decide ({type(fault).__name__}: {fault}); seen: {value}"


@dataclass(frozen=True, kw_only=True)
class Told(Generic[E_contra, P_contra]):
    """Sentences made from a reading, made by `Probe.tells`; for steps that need the numbers of the moment."""

    probe: Probe[E_contra, P_contra, Facts]
    words: Callable[[Facts], Sequence[str]]

    def tell(self, readings: Readings) -> tuple[str, ...]:
        reading = readings.get(self.probe.name)
        if isinstance(reading, Reading):
            return tuple(self.words(reading.value))
        return (f"{self.probe.asks} Unknown: look by hand first.",)
