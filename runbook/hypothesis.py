"""A possible cause, with what would speak for it and what would speak against it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic

from runbook.attested import refuse_words
from runbook.evidence import Evidence
from runbook.probe import E_contra, P_contra


class Strength(Enum):
    """How much a sentence that holds moves the odds: added (for) or subtracted (against) as log-odds.

    1.0 makes a cause about 2.7 times as likely, 2.0 about 7 times, 4.0 about 55 times.
    """

    HINT = 1.0
    GOOD = 2.0
    DECISIVE = 4.0


@dataclass(frozen=True, kw_only=True)
class Hypothesis(Generic[E_contra, P_contra]):
    """What may be wrong. Both kinds of evidence are required: a cause nothing can refute is a belief.

    `prior` is the probability before anything was read. `strength` is how much each sentence weighs (evidence not in it
    is `GOOD`). `name` is what `codeblue confirm --cause` and the drills call it.
    """

    name: str
    claim: str
    supported_by: tuple[Evidence[E_contra, P_contra], ...]
    refuted_by: tuple[Evidence[E_contra, P_contra], ...]
    source: str
    prior: float = 0.2
    strength: tuple[tuple[Evidence[E_contra, P_contra], Strength], ...] = ()

    def __post_init__(self) -> None:
        if not self.supported_by or not self.refuted_by:
            raise ValueError(
                f"Hypothesis {self.name!r} needs evidence for it and evidence against it; add what is missing."
            )
        refuse_words(f"Hypothesis {self.name!r}", (*self.supported_by, *self.refuted_by))
        if not 0.0 < self.prior < 1.0:
            raise ValueError(
                f"Hypothesis {self.name!r} has the prior {self.prior}; give a probability between 0 and 1."
            )

    def weight_of(self, evidence: Evidence[E_contra, P_contra]) -> float:
        for weighed, strength in self.strength:
            if weighed is evidence:
                return strength.value
        return Strength.GOOD.value
