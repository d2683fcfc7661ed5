"""Steps that must all be done, in their declared order: to contain a breach, to rotate a credential, to restore.

It is no diagnosis: no cause is judged, and a step treats none. Each has its own plan, approval, guardrail and
validation, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from runbook.mitigation import Manual, Mitigation, WayBack
from runbook.probe import E_contra, P_contra

ProcedureStep = Mitigation[E_contra, P_contra] | Manual[E_contra, P_contra]
"""What a procedure may be made of."""


@dataclass(frozen=True, kw_only=True)
class Procedure(Generic[E_contra, P_contra]):
    """What a runbook does in place of treatments, once its symptom is there.

    A step that is rejected, refused or not validated stops it: nothing later is done, and the incident ends Unresolved.
    Steps before that stay, but those in `undone_if_stopped`, which are undone, the last one first. When all are done it
    ends Contained. That the symptom goes away, or cannot be seen any more, does not stop it.
    """

    steps: tuple[ProcedureStep[E_contra, P_contra], ...]
    undone_if_stopped: tuple[Mitigation[E_contra, P_contra], ...] = ()

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("A procedure has no steps; name what is to be done.")
        for step in self.steps:
            if step.causes:
                raise ValueError(f"Step {step.name} of a procedure treats a cause; nobody judges any: `treats=()`.")
            if isinstance(step, Mitigation) and step.then is not None:
                raise ValueError(f"Step {step.name} of a procedure has a second one; make that a step of its own.")
        for one in self.undone_if_stopped:
            if not isinstance(one.undo, WayBack) or not any(one is step for step in self.steps[:-1]):
                raise ValueError(f"{one.name} is no step before the last that has a way back, and is to be undone.")

    def is_undone(self, step: ProcedureStep[E_contra, P_contra]) -> bool:
        """Whether a step is undone where a later one is not done."""
        return any(one is step for one in self.undone_if_stopped)
