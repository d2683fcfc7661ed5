"""What a runbook must declare so that it blames nobody wrongly. Each rule yields what it refuses, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from types import SimpleNamespace
from typing import Any

from runbook import Change, Evidence, HandOff, Hypothesis, Mitigation, Runbook, Strength
from sandbox.drills.drill import Drill

GOOD = Strength.GOOD.value


def not_told_apart(runbook: Runbook[Any, Any], drills: Iterable[Drill]) -> Iterator[str]:
    """Pairs of causes that neither a sentence nor a drill tells apart.

    Sentences do where each cause has one that speaks well for it alone, and one against it that is nothing to the
    other. A drill of either does: nobody but its own cause may be supported in it.
    """
    at_work = {drill.top for drill in drills if drill.runbook == runbook.name}
    for one, other in combinations(runbook.hypotheses, 2):
        said = all(
            _own(a, b) and set(_ids(a.refuted_by)) - set(_ids(b.refuted_by)) for a, b in ((one, other), (other, one))
        )
        if not said and not {one.name, other.name} & at_work:
            yield f"{runbook.name}: no sentence and no drill tells {one.name} from {other.name}"


def _ids(said: Iterable[Evidence[Any, Any]]) -> list[int]:
    return [id(one) for one in said]


def _own(one: Hypothesis[Any, Any], other: Hypothesis[Any, Any]) -> list[Evidence[Any, Any]]:
    """Sentences that speak well for the one and are nothing to the other, or speak against it."""
    theirs = _ids(other.supported_by)
    return [said for said in one.supported_by if one.weight_of(said) >= GOOD and id(said) not in theirs]


def without_a_sentence_of_its_own(runbook: Runbook[Any, Any]) -> Iterator[str]:
    """Causes that only hints, or sentences that support another cause as well, speak for: they are never supported."""
    for one in runbook.hypotheses:
        good = [said for said in one.supported_by if one.weight_of(said) >= GOOD]
        if not good or not all(_own(one, other) for other in runbook.hypotheses if other is not one):
            yield f"{runbook.name}: nothing of its own speaks well for {one.name}"


def validated_by_the_symptom_alone(runbook: Runbook[Any, Any]) -> Iterator[str]:
    """Mitigations that are validated by the symptom, or by what validates the treatment of another cause too.

    Each is validated by its own cause's sentence: one that refutes it, or of a probe that speaks for it. A step that is
    worthless without the next is validated by what it did itself, and the next by the cause.
    """
    steps = [step for step in runbook.steps() if isinstance(step, Mitigation)]
    for step, cause in ((one, cause) for one in steps for cause in one.causes):
        others = [other for other in steps if other.validated_by is step.validated_by]
        shared = any(all(one is not cause for one in other.causes) for other in others)
        asked = {said.probe.name for said in cause.supported_by}
        if step.then is not None or id(step.validated_by) in _ids(cause.refuted_by):
            continue
        if step.validated_by is runbook.symptom or shared or step.validated_by.probe.name not in asked:
            yield f"{runbook.name}.{step.name} is validated by {step.validated_by.sentence!r}, which is not its cause's"


def handed_over_unasked(runbook: Runbook[Any, Any]) -> Iterator[str]:
    """Causes that are handed over because the other runbook's symptom is there, whatever this one's trouble is made of.

    Both may be there at once and have nothing to do with each other. So something else than that symptom's probe must
    be able to rule the cause out, and nobody may be blamed while that is unknown. A runbook that treats nothing itself
    has no other trouble than those.
    """
    steps = list(runbook.steps())
    handed = [step for step in steps if isinstance(step, HandOff)]
    for step, cause in ((one, cause) for one in handed if len(handed) < len(steps) for cause in one.causes):
        theirs = step.to.symptom.probe.name
        decisive = [said for said in cause.refuted_by if cause.weight_of(said) >= Strength.DECISIVE.value]
        if all(said.probe.name == theirs for said in decisive):
            yield f"{runbook.name}: {cause.name} is handed over to {step.to.name} for its symptom alone"


def not_about_the_same(
    runbook: Runbook[Any, Any], made: Iterable[tuple[Mitigation[Any, Any], Change[Any]]], context: Any
) -> Iterator[str]:
    """Changes that may touch what their evidence was not about. `made` are the changes with that context."""
    for step, change, cause in ((one, change, cause) for one, change in made for cause in one.causes):
        asked = (said.probe for said in (*cause.supported_by, step.validated_by))
        seen = [probe.about(context) for probe in asked if probe.about is not None]
        if (meant := change.about) is None:
            yield f"{runbook.name}.{step.name} does not say what it is about"
        elif not any(one.covers(meant) for one in seen):
            about = "; ".join(map(str, dict.fromkeys(seen))) or "nothing"
            yield f"{runbook.name}.{step.name} is about {meant}, and its evidence about {about}"


def without_an_unnamed_cause(runbook: Runbook[Any, Any], drills: Iterable[Drill]) -> Iterator[str]:
    """Runbooks that are never rehearsed with a cause that they do not name."""
    if not any(drill.unnamed and drill.fault is not None for drill in drills if drill.runbook == runbook.name):
        yield f"{runbook.name} has no drill whose cause it does not name"


def anywhere() -> Any:
    """A context that stands for every environment: each name is itself, so that equal selections are equal."""
    return SimpleNamespace(env=Named("env"), params=Named("params"), alert=None)


class Named:
    """A value that knows only where it came from; two are equal when they came from the same place."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __getattr__(self, name: str) -> Named:
        if name.startswith("__"):
            raise AttributeError(name)
        return Named(f"{self.path}.{name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __str__(self) -> str:
        return self.path

    def __iter__(self) -> Iterator[Named]:
        return iter(())
