"""From readings to ranked verdicts. Pure: the same readings always give the same ranking.

The score is a probability: the prior's odds, times the odds of each sentence that holds, for or against (log-odds are
added). A sentence answered *no* adds nothing, since many causes show only some of their signs; one answered *unknown*
adds nothing either and is shown, so that a person sees what the ranking does not know.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeVar

from journal.facts import Answer, Finding, Standing, Verdict
from runbook.evidence import Readings
from runbook.hypothesis import Hypothesis
from runbook.probe import Form

E = TypeVar("E")
P = TypeVar("P", bound=Form)


def judge(hypothesis: Hypothesis[E, P], readings: Readings) -> Verdict:
    """One hypothesis against what was read."""
    speaks_for = tuple(one.find(readings, hypothesis.weight_of(one)) for one in hypothesis.supported_by)
    speaks_against = tuple(one.find(readings, hypothesis.weight_of(one)) for one in hypothesis.refuted_by)
    log_odds = math.log(hypothesis.prior / (1 - hypothesis.prior)) + _sum(speaks_for) - _sum(speaks_against)
    return Verdict(
        hypothesis=hypothesis.name,
        claim=hypothesis.claim,
        standing=_standing(_holds(speaks_for), _holds(speaks_against)),
        score=round(1 / (1 + math.exp(-log_odds)), 4),
        prior=hypothesis.prior,
        speaks_for=speaks_for,
        speaks_against=speaks_against,
    )


def rank(hypotheses: Iterable[Hypothesis[E, P]], readings: Readings) -> tuple[Verdict, ...]:
    """All hypotheses, most likely first; equal scores keep the order of the runbook."""
    return tuple(sorted((judge(hypothesis, readings) for hypothesis in hypotheses), key=lambda verdict: -verdict.score))


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
