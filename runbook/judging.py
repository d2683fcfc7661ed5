"""From readings to ranked verdicts. Pure: the same readings and the same past always give the same ranking.

The score is a probability: the prior's odds, times the odds of each sentence that holds, for or against (log-odds are
added). A sentence answered *no* adds nothing, since many causes show only some of their signs; one answered *unknown*
adds nothing either and is shown, so that a person sees what the ranking does not know.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeVar

from journal.facts.seen import Finding, History, Past, Verdict
from journal.facts.words import Answer, Standing
from runbook.evidence import Readings
from runbook.hypothesis import Hypothesis
from runbook.learning import learned
from runbook.probe import Form

E = TypeVar("E")
P = TypeVar("P", bound=Form)

NOTHING = Past()
"""Nobody has confirmed anything yet."""


def judge(hypothesis: Hypothesis[E, P], readings: Readings, past: Past = NOTHING) -> Verdict:
    """One hypothesis against what was read, beginning with its prior as earlier incidents have moved it."""
    speaks_for = tuple(one.find(readings, hypothesis.weight_of(one)) for one in hypothesis.supported_by)
    speaks_against = tuple(one.find(readings, hypothesis.weight_of(one)) for one in hypothesis.refuted_by)
    history = _history(hypothesis, past)
    prior = hypothesis.prior if history is None else learned(history)
    log_odds = math.log(prior / (1 - prior)) + _sum(speaks_for) - _sum(speaks_against)
    return Verdict(
        hypothesis=hypothesis.name,
        claim=hypothesis.claim,
        standing=_standing(_holds(speaks_for), _holds(speaks_against)),
        score=round(1 / (1 + math.exp(-log_odds)), 4),
        prior=prior,
        speaks_for=speaks_for,
        speaks_against=speaks_against,
        history=history,
    )


def rank(hypotheses: Iterable[Hypothesis[E, P]], readings: Readings, past: Past = NOTHING) -> tuple[Verdict, ...]:
    """All hypotheses, most likely first; equal scores keep the order of the runbook.

    `past` is what people confirmed in earlier incidents of the runbook (`journal.confirming`); none leaves the declared
    priors as they are.
    """
    verdicts = (judge(hypothesis, readings, past) for hypothesis in hypotheses)
    return tuple(sorted(verdicts, key=lambda verdict: -verdict.score))


def _history(hypothesis: Hypothesis[E, P], past: Past) -> History | None:
    if not past.of:
        return None
    confirmed = past.confirmed.get(hypothesis.name, 0)
    return History(declared=hypothesis.prior, confirmed=confirmed, of=past.of)


def _holds(findings: tuple[Finding, ...]) -> bool:
    return any(finding.answer is Answer.YES for finding in findings)


def _sum(findings: tuple[Finding, ...]) -> float:
    return sum(finding.weight for finding in findings if finding.answer is Answer.YES)


def _standing(speaks_for: bool, speaks_against: bool) -> Standing:
    match speaks_for, speaks_against:
        case True, False:
            return Standing.SUPPORTED
        case True, True:
            return Standing.CONTESTED
        case False, True:
            return Standing.REFUTED
        case _:
            return Standing.UNDECIDED
