"""The practice procedure: a change that two people must agree to, a task, and a change that can be undone.

The task mends the case, so its symptom is gone before the last step: that must be done all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect.client.schemas.objects import State

from blocks.postgres import Postgres
from flows.follow import follow
from flows.incident import runbook_flow
from journal.facts.words import Act, Answer, Effect
from runbook import (
    Alert,
    Evidence,
    Facts,
    Irreversible,
    Manual,
    Mitigation,
    NotNeeded,
    Plan,
    Procedure,
    Runbook,
    Severity,
    WayBack,
    changes,
    look,
    probe,
)
from sandbox.selftest.change import READS, CaseTarget, Fix
from sandbox.selftest.incident import BROKEN, FIXED, GUARDRAIL, RUNBOOK, SOON, Here, Params, Practice, yes
from sandbox.selftest.sabotage import sabotage


@changes(CaseTarget, name="practice.stage", effect=Effect.REVERSIBLE, needs=("postgres:connect",), reads=READS)
@dataclass(frozen=True, kw_only=True)
class Stage(Fix):
    """The nth act on a case. Acts come in their order and are undone in the other, so counting tells what is there."""

    part: int

    def plan(self) -> Plan[CaseTarget] | NotNeeded:
        if self.there() >= self.part:
            return NotNeeded(why="This stage is there.")
        name = f"case {self.case}, stage {self.part}"
        target = CaseTarget(name=name, before="open", after="closed", case=self.case, part=self.part)
        return Plan(change=self.name, summary=f"Close stage {self.part} of {self.case}.", targets=(target,), out_of=1)

    def landed(self, plan: Plan[CaseTarget]) -> tuple[Answer, str]:
        return self._is(there=self.there() >= self.part)

    def undone(self, plan: Plan[CaseTarget]) -> tuple[Answer, str]:
        return self._is(there=self.there() < self.part)

    def there(self) -> int:
        """How many stages are in place."""
        return self.done(Act.APPLY) - self.done(Act.UNDO)

    def _is(self, *, there: bool) -> tuple[Answer, str]:
        return (Answer.YES if there else Answer.NO), "The acts on the case were counted."


class Stages(Facts):
    """How many acts on a case are in place."""

    there: int


@look("postgres:connect", bound="one row")
def read_stages(database: Postgres, case: str) -> Stages:
    """The acts on a case, less those that were undone."""
    return Stages(there=Stage(database=database, case=case, manner="stage", part=1).there())


@probe(read_stages, asks="How many stages are in place?", source="devised")
def stages(c: Here) -> Stages:
    return read_stages(c.env.database, c.params.case)


FIRST = stages.shows("the first stage is in place", lambda r: r.there >= 1)
LAST = stages.shows("the last stage is in place", lambda r: r.there >= 2)  # noqa: PLR2004 # the second of two changes


RISK = "Whoever is cut off waits."


def stage(part: int, **more: Any) -> Mitigation[Practice, Params]:
    """A change of the case by one stage."""
    said: dict[str, Any] = {
        "approval": yes(risk=RISK),
        "guardrail": GUARDRAIL,
        "undo": WayBack("The stage is opened again."),
        "source": "devised",
        "holds_for": SOON,
        "within": SOON,
        **more,
    }
    manner = "useless" if part == 1 else "plain"  # the first leaves the case broken: that is for the person to mend
    return Mitigation(
        treats=(),
        change=lambda c: Stage(database=c.env.database, case=c.params.case, manner=manner, part=part),
        **said,
    )


def by_hand(name: str, until: Evidence[Practice, Params]) -> Manual[Practice, Params]:
    """A task for a person."""
    return Manual(
        name=name,
        title="Mend it by hand",
        treats=(),
        why_manual="somebody must.",
        steps=("Take the tool.",),
        validated_by=until,
        source="devised",
        within=SOON,
    )


STEPS = (
    stage(
        1,
        name="isolate",
        title="Close the first stage",
        approval=yes(risk=RISK, quorum=2, requester_excluded=True),
        undo=Irreversible("Whoever was cut off has noticed."),
        validated_by=FIRST,
    ),
    by_hand("mend", FIXED),
    stage(2, name="cut", title="Close the last stage", validated_by=LAST),
)

PROCEDURE = Runbook[Practice, Params](
    name="practice.procedure",
    title="Practice, step by step",
    about="A case is to be contained.",
    source="devised",
    version="1",
    severity=Severity.INFO,
    environment="practice",
    symptom=BROKEN,
    hypotheses=(),
    mitigations=(),
    procedure=Procedure(steps=STEPS),
    escalation=RUNBOOK.escalation,
)


@runbook_flow(PROCEDURE)
def practice_procedure(params: Params, alert: Alert | None = None) -> State[Any]:
    """Contain one case of the self-test."""
    with sabotage(params.sabotage, params.case):
        return follow(PROCEDURE, Practice, params, alert)
