"""Applying or undoing one plan: what `flows.follow` has in hand while it acts, and how its keys are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic

from journal import clock
from journal.facts.decided import Planned
from journal.facts.done import Carried, Intended, TargetResult
from journal.facts.words import Act, Answer
from journal.wording import brief
from runbook import Change, CodeBlueError, Long, Outcome, Plan, Reversible, Temporary
from runbook.mitigation import Changing
from tasks.case import Case, E, P

ATTEMPTS = 3
"""How often a change may be tried when the target says that the try before did not happen."""

TARGET_LEASE = timedelta(minutes=30)
"""How long a target stays ours if we vanish while changing it."""

SAID = 300
"""Letters of an error that are kept at most."""

UNWATCHED = timedelta(days=1)
"""How much longer than an act may take its target stays ours, where nobody looks at it any more.

The lease is taken for as long as the act may take, and is renewed by each look: were it only renewed, it would lapse
with a watch that is down for half an hour, while the act goes on.
"""


@dataclass(frozen=True, kw_only=True)
class Deed(Generic[E, P]):
    """Applying or undoing one plan."""

    case: Case[E, P]
    mitigation: Changing[E, P]
    planned: Planned
    change: Change[Any]
    way: Act

    @property
    def lock(self) -> str:
        return f"target:{self.case.context.params.environment}:{self.change.lock}"

    @property
    def holds(self) -> timedelta:
        """How long the target is to stay ours from now on."""
        return self.change.within + UNWATCHED if isinstance(self.change, Long) else TARGET_LEASE

    def key(self, attempt: int) -> str:
        return f"{self.case.named(self.mitigation.name)}:{self.way}:{attempt}"

    def drawn(self, attempt: int) -> Plan[Any]:
        """The plan that is carried out: as approved, or as it was read again at the act under a yes to the rule.

        What is undone is what was applied last.
        """
        tried = self.case.named(self.mitigation.name)
        numbers = (attempt,) if self.way is Act.APPLY else range(ATTEMPTS, 0, -1)
        intents = (self.case.said(f"intended:{tried}:{Act.APPLY}:{number}", Intended) for number in numbers)
        read_again = next((one.plan for one in intents if one is not None and one.plan is not None), None)
        return self.change.revive(dict(self.planned.plan if read_again is None else read_again))

    def landed(self, attempt: int) -> tuple[Answer, str]:
        """What the target says about an interrupted act. Read-only. One that is long is looked at again."""
        plan = self.drawn(attempt)
        try:
            if self.way is Act.APPLY:
                return self.change.landed(plan)
            assert isinstance(self.change, Reversible)
            return self.change.undone(plan)
        except Exception as blind:  # whatever it raises, a person can still be asked
            if isinstance(blind, Temporary) and not isinstance(self.change, Long):
                raise
            return Answer.UNKNOWN, why_blind(blind)

    def carried(self, attempt: int, outcome: Outcome, *, again: bool = False, settled: bool = False) -> Carried:
        lasts = self.mitigation.expires_after if self.way is Act.APPLY and outcome.ok else None
        return Carried(
            mitigation=self.mitigation.name,
            digest=self.planned.digest,
            act=self.way,
            attempt=attempt,
            ok=outcome.ok,
            again=again,
            settled=settled,
            note=outcome.note,
            results=tuple(TargetResult(name=r.name, done=r.done, note=r.note) for r in outcome.results),
            expires_at=clock.now() + lasts if lasts else None,
        )


def why_blind(fault: Exception) -> str:
    """Why a target could not tell, in a line. What is not an error of ours may be an odd answer of a vendor."""
    return brief(str(fault) if isinstance(fault, CodeBlueError) else f"{type(fault).__name__}: {fault}", SAID)


def deed_of(case: Case[E, P], mitigation: Changing[E, P], planned: Planned, way: Act) -> Deed[E, P]:
    """The deed of one plan, with the change bound to what the environment is now."""
    change = mitigation.change(case.context)
    return Deed(case=case, mitigation=mitigation, planned=planned, change=change, way=way)
