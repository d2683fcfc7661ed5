"""Changes to n8n's workflows."""

from __future__ import annotations

from dataclasses import dataclass

from blocks.n8n import N8n
from journal.facts.words import Answer, Effect
from journal.redaction import redact
from runbook import (
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Result,
    Reversible,
    Target,
    Temporary,
    Warrant,
    changes,
)
from tasks.n8n.read import Workflow, read_workflow, read_workflows, told
from tasks.selections import WebhooksOf


class WorkflowTarget(Target):
    """One workflow in the version that was looked at; somebody who edits it in the meantime makes another."""

    id: str
    version: str


@changes(
    WorkflowTarget,
    name="n8n.activate_workflows",
    effect=Effect.REVERSIBLE,
    needs=("n8n:workflow:activate", "n8n:workflow:deactivate"),
    reads=("n8n:workflow:list", "n8n:workflow:read"),
)
@dataclass(frozen=True, kw_only=True)
class ActivateWorkflows(Reversible[WorkflowTarget]):
    """Activate the workflows whose webhooks are called (`rung.h237`), by n8n's public API in place of its pages."""

    n8n: N8n
    paths: tuple[str, ...]

    @property
    def about(self) -> WebhooksOf:
        return WebhooksOf(paths=self.paths)

    def plan(self) -> Plan[WorkflowTarget] | NotNeeded:
        if not self.n8n.may_change:
            raise Permanent("The environment has no n8n_changing_key, so a person must activate the workflows.")
        read = read_workflows(self.n8n, self.paths)
        if not read.inactive:
            return NotNeeded(why="Each webhook that has a workflow has an active one.")
        for path in self.paths:
            if len(claiming := [one.name for one in read.inactive if path in one.paths]) > 1:
                raise NotSafe(
                    f"{' and '.join(claiming)} are inactive and both have the webhook {path}; only its owner knows"
                    " which is the right one."
                )
        return Plan(
            change=self.name,
            summary=f"Activate {', '.join(one.name for one in read.inactive)} in n8n.",
            targets=tuple(_target(one) for one in read.inactive),
            out_of=len(read.workflows),
            warnings=(
                "Somebody may have switched it off on purpose; events that were turned away are not sent again.",
            ),
        )

    def apply(self, plan: Plan[WorkflowTarget], warrant: Warrant) -> Outcome:
        results: list[Result] = []
        for target in plan.targets:
            now = read_workflow(self.n8n, target.id)
            if now.active:
                results.append(Result(name=target.name, done=True, note="active already"))
            elif now.version != target.version:
                results.append(Result(name=target.name, done=False, note="edited since this was planned; left alone"))
            else:
                results.append(self._set(target, "activate", warrant))
        if not any(one.done for one in results):
            raise Drifted("Every workflow was edited since this was planned; nothing was activated. Plan again.")
        done = sum(one.done for one in results)
        return Outcome(ok=done == len(results), note=f"{done} of {len(results)} are active.", results=tuple(results))

    def landed(self, plan: Plan[WorkflowTarget]) -> tuple[Answer, str]:
        return self._all(plan, active=True)

    def undo(self, plan: Plan[WorkflowTarget], warrant: Warrant) -> Outcome:
        results = tuple(
            self._set(target, "deactivate", warrant)
            if read_workflow(self.n8n, target.id).active
            else Result(name=target.name, done=True, note="inactive already")
            for target in plan.targets
        )
        return Outcome(ok=all(one.done for one in results), note="The workflows are inactive again.", results=results)

    def undone(self, plan: Plan[WorkflowTarget]) -> tuple[Answer, str]:
        return self._all(plan, active=False)

    def _all(self, plan: Plan[WorkflowTarget], *, active: bool) -> tuple[Answer, str]:
        try:
            are = [read_workflow(self.n8n, target.id).active for target in plan.targets]
        except Temporary as blind:
            return Answer.UNKNOWN, str(blind)
        return (Answer.YES if all(one is active for one in are) else Answer.NO), f"{sum(are)} of {len(are)} are active."

    def _set(self, target: WorkflowTarget, verb: str, warrant: Warrant) -> Result:
        told(self.n8n, f"/api/v1/workflows/{target.id}/{verb}", self.n8n.changing(warrant), method="POST")
        return Result(name=target.name, done=True)


def _target(one: Workflow) -> WorkflowTarget:
    # People name workflows as they like; which one it is, id and version say.
    return WorkflowTarget(name=str(redact(one.name)), before="inactive", after="active", id=one.id, version=one.version)
