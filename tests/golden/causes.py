"""The causes that the told incidents weigh, as judged: each with the evidence that its standing takes.

They are told and not worked out: replaying an incident must give the same.
"""

from __future__ import annotations

from journal.facts.seen import OTHER, History, Verdict
from journal.facts.words import Answer, Standing
from runbook.judging import SOMETHING_ELSE
from runbook.learning import learned
from tests.golden.runbook import Sessions
from tests.golden.teller import found


def leak(standing: Standing, score: float, seen: Sessions, history: History | None = None) -> Verdict:
    yes = standing in (Standing.SUPPORTED, Standing.CONTESTED)
    no = standing in (Standing.REFUTED, Standing.CONTESTED)
    observed = str(seen)
    holds = found(
        "long-idle sessions hold at least a third of the slots", Answer.YES if yes else Answer.NO, observed, "sessions"
    )
    few = found("fewer than one slot in ten is long idle", Answer.YES if no else Answer.NO, observed, "sessions")
    return Verdict(
        hypothesis="idle_leak",
        claim="A client opens sessions and never gives them back.",
        standing=standing,
        score=score,
        prior=learned(history) if history else 0.4,
        speaks_for=(holds,),
        speaks_against=(few,),
        history=history,
    )


def load(standing: Standing, score: float, seen: Sessions, history: History | None = None) -> Verdict:
    yes = standing in (Standing.SUPPORTED, Standing.CONTESTED)
    no = standing in (Standing.REFUTED, Standing.CONTESTED)
    work, observed = "one session in five began or ended something just now", str(seen)
    return Verdict(
        hypothesis="honest_load",
        claim="Legitimate load exceeds max_connections.",
        standing=standing,
        score=score,
        prior=learned(history) if history else 0.2,
        speaks_for=(found(work, Answer.YES if yes else Answer.NO, observed, "sessions"),),
        speaks_against=(
            found(
                "idle or slow sessions hold a third of the slots", Answer.YES if no else Answer.NO, observed, "sessions"
            ),
        ),
        history=history,
    )


def something_else(score: float, history: History | None = None) -> Verdict:
    return Verdict(
        hypothesis=OTHER,
        claim=SOMETHING_ELSE,
        standing=Standing.POSSIBLE,
        score=score,
        prior=learned(history) if history else 0.2,
        speaks_for=(),
        speaks_against=(),
        history=history,
    )


BLIND = "ECS does not answer (timed out after 2 s); try again"

POOLS = Verdict(
    hypothesis="oversized_pools",
    claim="The clients' pools are together larger than the server.",
    standing=Standing.UNDECIDED,
    score=0.041,
    prior=0.2,
    speaks_for=(found("the pools may open more connections than there are", Answer.UNKNOWN, BLIND, "pools"),),
    speaks_against=(found("the pools together fit into the server", Answer.UNKNOWN, BLIND, "pools"),),
)
