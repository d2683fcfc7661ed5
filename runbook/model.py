"""The runbook itself: one inert declaration that `flows.follow` runs and `runbook.rendering` writes down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Generic

from journal.facts.seen import OTHER
from runbook.alert import Severity
from runbook.escalation import Escalation
from runbook.evidence import Evidence
from runbook.hypothesis import Hypothesis
from runbook.mitigation import Examination, HandOff, Manual, Mitigation, Refusal, Step, Wait
from runbook.probe import E_contra, Facts, P_contra, Probe
from runbook.procedure import Procedure

LONGEST_CHAIN = 3
"""How many incidents may wait one for the next, at most: the first hands over and comes back, and so does the second.

Whoever waits longest must still come back in time, and people must be able to follow it.
"""

NO_NAME = ":@"
"""What no treatment's name may hold: the journal's keys have them around it, to say what of which try it was."""


@dataclass(frozen=True, kw_only=True)
class Runbook(Generic[E_contra, P_contra]):
    """How to handle one kind of incident in one kind of environment.

    Write the type arguments (`Runbook[Shop, Params](...)`): they make a probe of another environment a type error.
    `name` is `system.incident`, the same as module, flow, deployment, drill and document. `version` changes when the
    advice does; approvals bind to it. `environment` is the saved environment that an alert means when it names none.
    """

    name: str
    title: str
    about: str
    source: str
    version: str
    severity: Severity
    environment: str
    symptom: Evidence[E_contra, P_contra]
    hypotheses: tuple[Hypothesis[E_contra, P_contra], ...]
    mitigations: tuple[Step[E_contra, P_contra], ...]
    escalation: Escalation
    procedure: Procedure[E_contra, P_contra] | None = None
    """In place of hypotheses and mitigations: what is done whole and in order once the symptom is there."""
    unnamed: float = 0.1
    """The prior of something else: that the symptom has a cause which none of the hypotheses names."""
    rounds: int = 3
    """How often all is looked at, judged and treated, at most: what was done may not be enough, or not the cause."""
    lingers: timedelta = timedelta(minutes=5)
    """How long the symptom may still show after its cause is gone: windows and periods end later than causes do."""
    starts_on: tuple[str, ...] = ()
    """Names of the alerts that start it; `*` and `?` stand for anything. None: only people and other runbooks do."""
    from_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Parameters that an alert may bring: parameter by the name of the label that has its value."""
    review_by: date | None = None
    """By when a person should read it again; a check says when that has passed. None: no date was given."""
    refuses: tuple[Refusal, ...] = ()
    """What the source advises and this runbook does not do."""
    also_asks: tuple[Probe[E_contra, P_contra, Facts], ...] = ()
    """Probes that no sentence needs, but a person wants to see."""

    def __post_init__(self) -> None:
        if not 0.0 < self.unnamed < 1.0:
            raise ValueError(f"Runbook {self.name} has {self.unnamed} for the unnamed; no page names every cause.")
        if type(self.rounds) is not int or self.rounds < 1:
            raise ValueError(f"Runbook {self.name} has {self.rounds!r} rounds; causes are judged once at least.")
        if self.rounds == 1 and any(isinstance(one, Wait | Examination) or _returns(one) for one in self.mitigations):
            raise ValueError(
                f"Runbook {self.name} waits or examines, and has one round; after that all is judged anew."
            )
        if any(hypothesis.name == OTHER for hypothesis in self.hypotheses):
            raise ValueError(f"Runbook {self.name} calls a cause {OTHER!r}, which means none of them; rename it.")
        self._check_treatments()
        self._check_examinations()
        self._check_chains()
        if odd := [step.name for step in self.steps() if not step.name or any(mark in step.name for mark in NO_NAME)]:
            raise ValueError(f"Runbook {self.name} has a treatment {odd[0]!r}; name it, without {NO_NAME}.")
        seen = [*(h.name for h in self.hypotheses)], [*(m.name for m in self.steps())]
        for names in seen:
            if len(names) != len(set(names)):
                raise ValueError(f"Runbook {self.name} uses a name twice in {names}; give each its own.")

    def _check_treatments(self) -> None:
        if self.procedure is not None and (self.hypotheses or self.mitigations):
            raise ValueError(f"Runbook {self.name} has a procedure and treatments; make two runbooks of it.")
        treated = {id(cause): m for m in self.mitigations for cause in m.causes}
        for m in self.steps():
            none = not m.causes and self.procedure is None
            if len({id(cause) for cause in m.causes}) != len(m.causes) or none:
                raise ValueError(f"Step {m.name} of {self.name} treats none, or one twice; name each cause once.")
        for hypothesis in self.hypotheses:
            treated.pop(id(hypothesis), None)
        if treated:
            names = ", ".join(dict.fromkeys(m.name for m in treated.values()))
            raise ValueError(
                f"Runbook {self.name} treats hypotheses it does not declare ({names}); add them to `hypotheses`."
            )

    def _check_examinations(self) -> None:
        """What only an examination lets be seen must be seen for as long as what is done about it takes."""
        for one in (step for step in self.mitigations if isinstance(step, Examination)):
            for step in self.steps():
                if not isinstance(step, Mitigation | Manual) or step.validated_by.probe not in one.then_asks:
                    continue
                if one.ends_after < one.asks_after + step.answered_within + step.within:
                    raise ValueError(
                        f"{one.name} ends after {one.ends_after}, before {step.name} can be seen to have helped; let it"
                        " end later, or validate that by what is seen without it."
                    )

    def _check_chains(self) -> None:
        for names in _chains(self):
            said = " → ".join(names)
            if self.name in names[1:]:
                raise ValueError(f"These hand over in a circle and wait for one another: {said}. Let one not return.")
            if len(names) > LONGEST_CHAIN:
                raise ValueError(f"More than {LONGEST_CHAIN} wait one for the next: {said}. Let one not return.")

    @property
    def system(self) -> str:
        return self.name.partition(".")[0]

    def steps(self) -> Iterator[Step[E_contra, P_contra]]:
        """All mitigations, each followed by its later steps; or the steps of the procedure."""
        if self.procedure is not None:
            yield from self.procedure.steps
        for mitigation in self.mitigations:
            yield mitigation
            step = mitigation
            while isinstance(step, Mitigation) and step.then is not None:
                step = step.then
                yield step

    def evidence(self) -> Iterator[Evidence[E_contra, P_contra]]:
        """Every sentence of the runbook, each once."""
        seen: set[int] = set()
        sentences = [self.symptom]
        for hypothesis in self.hypotheses:
            sentences += [*hypothesis.supported_by, *hypothesis.refuted_by]
        sentences += [said for step in self.steps() if (said := _asked_after(step)) is not None]
        for evidence in sentences:
            if id(evidence) not in seen:
                seen.add(id(evidence))
                yield evidence

    def probes(self) -> dict[str, Probe[E_contra, P_contra, Facts]]:
        """Every probe of the runbook by name, in order of first use."""
        found: dict[str, Probe[E_contra, P_contra, Facts]] = {}
        for probe in [*(evidence.probe for evidence in self.evidence()), *self.also_asks]:
            if found.setdefault(probe.name, probe) is not probe:
                raise ValueError(f"Runbook {self.name} has two probes named {probe.name!r}; rename one.")
        return found


def _returns(step: Step[E_contra, P_contra]) -> bool:
    return isinstance(step, HandOff) and step.returns


def _chains(runbook: Runbook[Any, Any]) -> Iterator[tuple[str, ...]]:
    """The names of those that would wait one for the next, from this runbook on."""
    yield (runbook.name,)
    for step in runbook.mitigations:
        if isinstance(step, HandOff) and step.returns:
            yield from ((runbook.name, *names) for names in _chains(step.to))


def _asked_after(step: Step[E_contra, P_contra]) -> Evidence[E_contra, P_contra] | None:
    """What tells whether a step has helped; only the other runbook knows that of a hand-off.

    An examination is not to help.
    """
    match step:
        case HandOff() | Examination():
            return None
        case Wait():
            return step.until
        case _:
            return step.validated_by
