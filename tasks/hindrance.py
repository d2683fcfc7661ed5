"""What forbids an act after its approval: asked before the intent, and once more in the moment of the intent.

A stop switch, a freeze, an old yes, a target in other hands, a symptom that is gone: each says who stopped it, and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from journal import approvals, leases
from journal.facts.words import Answer
from runbook import Facts, Mitigation, Plan, Probe
from runbook.mitigation import Changing
from tasks.case import Case, E, P
from tasks.deed import Deed
from tasks.gather import gather
from tasks.guardrail import halted, refusal
from tasks.hypothesize import ask_symptom
from tasks.plan import unlike

ELSEWHERE = "environment"
"""What an act is passed over for that would be another than the one that was approved, or somewhere else."""


def hindrance(deed: Deed[E, P]) -> tuple[str, str] | None:
    """What forbids applying right now, asked after the approval and before the intent."""
    case = deed.case
    if (halt := halted(case)) is not None:
        return halt
    phase = f"before:{case.named(deed.mitigation.name)}"
    gather(case, {probe.name: probe for probe in _compared(case, deed.mitigation)}.values(), phase)
    before = ask_symptom(case, phase)
    if case.runbook.procedure is not None:
        return None  # it is done whole, however quiet it looks
    if before.answer is Answer.NO:
        return "recovery", "The symptom is gone, so nothing needs to be changed."
    if before.answer is Answer.UNKNOWN:
        return "blindness", f"The symptom cannot be seen any more ({before.observed})."
    return None


def last_hindrance(deed: Deed[E, P], drawn: Plan[Any]) -> tuple[str, str] | None:
    """What forbids it in the moment of the intent. Looking once more took time, or the machine slept meanwhile."""
    case, planned = deed.case, deed.planned
    if (other := unlike(case, planned)) is not None:
        return ELSEWHERE, other
    if (halt := halted(case)) is not None:
        return halt
    if approvals.outdated(case.journal.entries(case.incident), planned.digest, case.journal.clock()):
        return "time", "The yes is too old: longer ago than the question would have waited."
    if (why := refusal(case, deed.mitigation, drawn, digest=planned.digest)) is not None:
        return "guardrail", why
    if not leases.acquire(case.journal, deed.lock, case.incident, deed.holds):
        other = leases.holder_of(case.journal, deed.lock)
        return "lock", f"{other} is changing the same thing; let it finish first."
    return None


def _compared(case: Case[E, P], mitigation: Changing[E, P]) -> Iterator[Probe[E, P, Facts]]:
    """What is looked at right before a change, to tell afterwards whether it became worse."""
    yield case.runbook.symptom.probe
    if isinstance(mitigation, Mitigation) and mitigation.validated_by.gauge is not None:
        yield mitigation.validated_by.probe
