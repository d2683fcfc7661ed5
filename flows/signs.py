"""Other runbooks' symptoms, asked from within one: whether a cause is theirs, and whether they would see it too.

Used by the triage of a system, and by a runbook whose cause may be another runbook's incident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from journal import clock
from runbook import (
    Answer,
    CodeBlueError,
    Context,
    Evidence,
    Facts,
    Form,
    Permanent,
    Probe,
    Reading,
    Runbook,
    SlowDown,
    Unreadable,
)
from runbook.probe import E, P
from tasks.engine import engine


@dataclass(frozen=True, kw_only=True)
class Area:
    """One runbook to hand to: its form, and which of the asker's parameters it takes.

    `prior` is for the hypothesis that it is this one, and `deeper` names other areas that would explain its symptom.
    """

    runbook: Runbook[Any, Any]
    form: type[Form]
    takes: tuple[str, ...] = ("window", "period")
    prior: float = 0.2
    deeper: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.runbook.name.partition(".")[2]

    def params(self, c: Context[Any, Form]) -> dict[str, Any]:
        """What its runbook is started with."""
        return {name: getattr(c.params, name) for name in ("environment", *self.takes)}


def area(module: Any, **more: Any) -> Area:
    """Of a module that declares a runbook."""
    return Area(runbook=module.RUNBOOK, form=module.Params, **more)


class Sign(Facts):
    """What a runbook's symptom says, and what was seen."""

    answer: Answer
    observed: str


class Overview(Facts):
    """Every runbook's symptom, by the runbook's name.

    `besides` is what is wrong and no runbook's symptom; `unseen`, why that could not be seen.
    """

    areas: dict[str, Sign]
    besides: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    def shows(self, name: str) -> bool:
        """Whether that symptom is there. Raises `LookupError` when nobody could see."""
        sign = self.areas[name]
        if sign.answer is Answer.UNKNOWN:
            raise LookupError(sign.observed)
        return sign.answer is Answer.YES

    def anything(self) -> bool:
        """Whether anything is wrong. Raises `LookupError` when nothing is, and not all could be seen."""
        if self.besides or any(sign.answer is Answer.YES for sign in self.areas.values()):
            return True
        if unseen := [*(name for name, sign in self.areas.items() if sign.answer is Answer.UNKNOWN), *self.unseen]:
            raise LookupError(f"{', '.join(unseen)} could not be seen")
        return False

    def __str__(self) -> str:
        there = [f"{name}: {sign.observed}" for name, sign in self.areas.items() if sign.answer is Answer.YES]
        unseen = [name for name, sign in self.areas.items() if sign.answer is Answer.UNKNOWN]
        words = "; ".join((*there, *self.besides)) or f"{len(self.areas) - len(unseen)} symptoms are not there"
        unseen += self.unseen
        return words + (f"; not seen: {', '.join(unseen)}" if unseen else "")


def look_at(here: Area, c: Context[Any, Form], slowed: list[SlowDown]) -> Sign:
    """Ask one runbook's own symptom. What it cannot see is unknown, and no reason to leave out the others.

    Who turns us away for asking too often is added to `slowed`.
    """
    symptom, began = here.runbook.symptom, clock.now()
    name = symptom.probe.name
    seen: Reading[Facts] | Unreadable
    try:
        value = symptom.probe.read(Context(env=c.env, params=_form(here, c)))
        seen = Reading(probe=name, at=began, took=clock.now() - began, value=value)
    except CodeBlueError as blind:
        if isinstance(blind, SlowDown):
            slowed.append(blind)
        seen = Unreadable(probe=name, at=began, took=clock.now() - began, why=str(blind))
    found = symptom.find({name: seen})
    return Sign(answer=found.answer, observed=found.observed)


def _form(here: Area, c: Context[Any, Form]) -> Form:
    """Filled in with the asker's parameters. Raises `Permanent` where the form is stricter than the asker's own."""
    try:
        return here.form.model_validate(here.params(c))
    except ValidationError as wrong:
        names = ", ".join(str(one["loc"][0]) for one in wrong.errors() if one["loc"])
        raise Permanent(f"The runbook {here.runbook.title} does not take these parameters: {names}.") from None


def look_at_all(
    areas: tuple[Area, ...],
    c: Context[Any, Form],
    besides: Mapping[str, Callable[[], Iterable[str]]] = MappingProxyType({}),
) -> Overview:
    """Ask the symptoms of several runbooks at once, and what else is wrong `besides`.

    Raises `SlowDown`, with what was seen so far, where anybody turned us away for asking too often.
    """
    slowed = list[SlowDown]()
    with engine().threads(len(areas), "signs") as threads:
        asked = {here.name: threads.submit(look_at, here, c, slowed) for here in areas}
        wrong, unseen = _besides(besides, slowed)
        seen = Overview(
            areas={name: look.result() for name, look in asked.items()}, besides=tuple(wrong), unseen=tuple(unseen)
        )
    if slowed:
        raise SlowDown(slowed[0].message, slowed[0].after, so_far=seen)
    return seen


def _besides(looks: Mapping[str, Callable[[], Iterable[str]]], slowed: list[SlowDown]) -> tuple[list[str], list[str]]:
    """What is wrong besides, and why not all could be seen."""
    wrong, unseen = list[str](), list[str]()
    for name, look in looks.items():
        try:
            wrong += look()
        except CodeBlueError as blind:
            unseen.append(f"{name} ({blind})")
            if isinstance(blind, SlowDown):
                slowed.append(blind)
    return wrong, unseen


def there(overview: Probe[E, P, Overview], here: Area) -> Evidence[E, P]:
    """That one runbook's symptom is there, in its own words."""
    return overview.shows(here.runbook.symptom.sentence, lambda r: r.shows(here.name))


def not_there(overview: Probe[E, P, Overview], here: Area) -> Evidence[E, P]:
    return overview.shows(f"the symptom of {here.runbook.title.lower()} is not there", lambda r: not r.shows(here.name))


def looks(areas: tuple[Area, ...]) -> tuple[Any, ...]:
    """What a probe that asks all of these uses, each once."""
    return tuple(dict.fromkeys(used for here in areas for used in here.runbook.symptom.probe.uses))
