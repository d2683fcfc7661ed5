"""A guardrail tried on a real plan: as drawn it may pass; with too many targets, or too soon after another, not."""

from __future__ import annotations

import uuid
from typing import Any

from blocks.rung import Rung
from journal.facts.done import Carried
from journal.facts.words import Act
from journal.store import Journal
from runbook import Context, Form, Mitigation, Plan, Runbook
from tasks.case import Case
from tasks.guardrail import refusal
from tests.journal.samples import DIGEST, opened, planned


def try_guardrail(
    runbook: Runbook[Any, Any], mitigation: Mitigation[Any, Any], plan: Plan[Any], env: Rung, journal: Journal
) -> None:
    """Let one mitigation's guardrail judge the plan, in an environment of its own: nothing was changed there before."""
    name, guardrail = f"rung-{uuid.uuid4()}", mitigation.guardrail
    at_its_own_pace = env.model_copy(update={"practice_pace": 1.0})
    case = Case[Any, Any](
        runbook=runbook,
        context=Context(env=at_its_own_pace, params=Form(environment=name)),
        journal=journal,
        incident="INC-TEST",
        requested_by="test",
        flow_run="",
        holder="test",
    )
    assert refusal(case, mitigation, plan) is None
    wide = plan.model_copy(update={"targets": plan.targets[:1] * (guardrail.at_most + 1), "out_of": 0})
    assert f"the limit is {guardrail.at_most}." in (refusal(case, mitigation, wide) or "")
    if guardrail.at_most_share < 1:
        all_of_them = plan.model_copy(update={"out_of": len(plan.targets)})
        assert f"the limit is {guardrail.at_most_share:.0%}." in (refusal(case, mitigation, all_of_them) or "")
    carry_out(plan.change, name, journal)
    assert "The same change was made" in (refusal(case, mitigation, plan) or "")


def carry_out(change: str, environment: str, journal: Journal) -> None:
    """Record that another incident has just made the same change there."""
    incident, _ = journal.open_incident(opened(environment, environment=environment))
    journal.append(incident.id, "planned", planned().model_copy(update={"change": change}))
    done = Carried(mitigation="m", digest=DIGEST, act=Act.APPLY, attempt=1, ok=True, results=(), note="")
    journal.append(incident.id, "carried", done)
