"""From readings to ranked verdicts. Pure: the same readings and the same past always give the same ranking.

Each cause has a weight: the odds of its prior, times the odds of each sentence that holds, for or against. A sentence
answered *no* adds nothing, since many causes show only some of their signs; one answered *unknown* adds nothing either
and is shown. *Something that this page does not name* is a candidate as well, with the odds of its own prior alone.

The symptom is there, so something is at work: one cause, several together, or something else. With weights w and k =
`TOGETHER`, a set of n causes has the share k^(n-1) * w1 * ... * wn, something else has its own w, and all shares are
divided by their sum. The score of a cause is the share of all the sets that it is in. Without coincidences (k = 0) the
scores would add up to 1; with them, two causes that both show can both be sure. These shares decide which causes are
supported; of one that is, the score says as well that it has stood (`runbook.sureness.as_told`), and the scores of all
others are what that leaves them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from journal.facts.seen import OTHER, Finding, History, Past, Verdict
from journal.facts.words import Answer, Standing
from runbook.evidence import Readings
from runbook.hypothesis import Hypothesis, Strength
from runbook.learning import learned
from runbook.probe import Form
from runbook.sureness import CLEAR, STOOD, SUPPORTED_AT, as_told

E = TypeVar("E")
P = TypeVar("P", bound=Form)

NOTHING = Past()
"""Nobody has confirmed anything yet."""

TOGETHER: Final = 0.1
"""Two causes at once are this much rarer than they were if each came and went without the other."""

SOMETHING_ELSE: Final = "Something that this page does not name."


@dataclass(frozen=True, kw_only=True)
class _Weighed:
    """A candidate before the others are known."""

    name: str
    claim: str
    prior: float
    history: History | None
    speaks_for: tuple[Finding, ...] = ()
    speaks_against: tuple[Finding, ...] = ()

    @property
    def weight(self) -> float:
        log_odds = _sum(self.speaks_for) - _sum(self.speaks_against)
        return self.prior / (1 - self.prior) * math.exp(log_odds)


def rank(
    hypotheses: Iterable[Hypothesis[E, P]], readings: Readings, past: Past = NOTHING, *, unnamed: float = 0.1
) -> tuple[Verdict, ...]:
    """All candidates, most likely first; equal scores keep the order of the runbook, and something else comes last.

    `past` is what people confirmed in earlier incidents of the runbook (`journal.confirming`); none leaves the declared
    priors as they are. `unnamed` is the prior of something else, which `Runbook.unnamed` declares.
    """
    causes = [_weigh(hypothesis, readings, past) for hypothesis in hypotheses]
    prior, history = _begin(OTHER, unnamed, past)
    other = _Weighed(name=OTHER, claim=SOMETHING_ELSE, prior=prior, history=history)
    found, left = shares([cause.weight for cause in causes], other.weight)
    standing = [_standing(cause, share, left) for cause, share in zip(causes, found, strict=True)]
    stood = [STOOD if one is Standing.SUPPORTED else 0.0 for one in standing]
    weights = [cause.weight * math.exp(more) for cause, more in zip(causes, stood, strict=True)]
    beside, left_beside = shares(weights, other.weight)
    verdicts = [
        _as(cause, one, share, told, tuple(_lacks(cause, share, left, told, left_beside)))
        for cause, one, share, told in zip(causes, standing, found, beside, strict=True)
    ]
    verdicts.append(_as(other, Standing.POSSIBLE, left, left_beside, ()))
    return tuple(sorted(verdicts, key=lambda verdict: -verdict.score))


def shares(weights: list[float], other: float, together: float = TOGETHER) -> tuple[list[float], float]:
    """The share of each cause, being that of all sets it is in, and the share of something else."""
    factors = [1 + together * weight for weight in weights]
    every = math.prod(factors)
    total = (every - 1) / together + other
    return [weight * every / factor / total for weight, factor in zip(weights, factors, strict=True)], other / total


def _weigh(hypothesis: Hypothesis[E, P], readings: Readings, past: Past) -> _Weighed:
    prior, history = _begin(hypothesis.name, hypothesis.prior, past)
    return _Weighed(
        name=hypothesis.name,
        claim=hypothesis.claim,
        prior=prior,
        history=history,
        speaks_for=tuple(one.find(readings, hypothesis.weight_of(one)) for one in hypothesis.supported_by),
        speaks_against=tuple(one.find(readings, hypothesis.weight_of(one)) for one in hypothesis.refuted_by),
    )


def _begin(name: str, declared: float, past: Past) -> tuple[float, History | None]:
    """The prior to judge with, and what moved it."""
    if not past.of:
        return declared, None
    history = History(declared=declared, confirmed=past.confirmed.get(name, 0), of=past.of)
    return learned(history), history


def _sum(findings: tuple[Finding, ...]) -> float:
    return sum(finding.weight for finding in findings if finding.answer is Answer.YES)


def _holds(findings: tuple[Finding, ...]) -> bool:
    return any(finding.answer is Answer.YES for finding in findings)


def _standing(cause: _Weighed, share: float, other: float) -> Standing:
    match _holds(cause.speaks_for), _holds(cause.speaks_against):
        case True, True:
            return Standing.CONTESTED
        case False, True:
            return Standing.REFUTED
        case False, False:
            return Standing.UNDECIDED
        case _:
            return Standing.POSSIBLE if any(_lacks(cause, share, other, share, other)) else Standing.SUPPORTED


def _lacks(cause: _Weighed, share: float, other: float, told: float, other_told: float) -> Iterator[str]:
    """What keeps a cause that something speaks for from being acted on, in words that say where to look.

    Shares decide; people read what they are told of the causes.
    """
    good = [finding for finding in cause.speaks_for if finding.weight >= Strength.GOOD.value]
    if not _holds(tuple(good)):
        yield f"only a hint speaks for it; look whether {' or '.join(finding.sentence for finding in good)}"
    for finding in cause.speaks_against:
        if finding.answer is Answer.UNKNOWN and finding.weight >= Strength.DECISIVE.value:
            yield f"nobody could see whether {finding.sentence}, which would rule it out"
    if share < SUPPORTED_AT:
        yield f"it is not likelier than all others together ({told:.0%}); look at what speaks for these"
    if share < CLEAR * other:
        yield f"something that this page does not name is {other_told:.0%} likely, too much to be ruled out"


def _as(cause: _Weighed, standing: Standing, share: float, told: float, short_of: tuple[str, ...]) -> Verdict:
    return Verdict(
        hypothesis=cause.name,
        claim=cause.claim,
        standing=standing,
        score=as_told(round(share, 4)) if standing is Standing.SUPPORTED else round(told, 4),
        prior=cause.prior,
        speaks_for=cause.speaks_for,
        speaks_against=cause.speaks_against,
        history=cause.history,
        short_of=short_of if standing is Standing.POSSIBLE else (),
    )
