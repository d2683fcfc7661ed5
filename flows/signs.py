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
    Standing,
    Unreadable,
)
from runbook.judging import rank
from runbook.probe import E, P
from tasks.engine import engine


@dataclass(frozen=True, kw_only=True)
class Area:
    """One runbook to hand to: its form, and which of the asker's parameters it takes.

    `prior` is for the hypothesis that it is this one, and `deeper` names other areas that would explain its symptom.
    `told_at_once`: what its symptom reads tells that runbook's causes as well, so that it is asked whether it would
    treat one of them. An alarm that goes off again and again may be right.
    """

    runbook: Runbook[Any, Any]
    form: type[Form]
    takes: tuple[str, ...] = ("window", "period")
    prior: float = 0.2
    deeper: tuple[str, ...] = ()
    told_at_once: bool = False

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
    """What a runbook's symptom says, and what was seen; and whether that is something which it treats."""

    answer: Answer
    observed: str
    treated: Answer = Answer.YES


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

    def treats(self, name: str) -> bool:
        """Whether that runbook treats what was seen. Raises `LookupError` when nobody could see."""
        sign = self.areas[name]
        if sign.treated is Answer.UNKNOWN:
            raise LookupError(sign.observed)
        return sign.treated is Answer.YES

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
    return sign_of(here, seen)


def sign_of(here: Area, seen: Reading[Facts] | Unreadable) -> Sign:
    """What a runbook's symptom says of what was seen by its probe."""
    found = here.runbook.symptom.find({seen.probe: seen})
    return Sign(answer=found.answer, observed=found.observed, treated=_treated(here, seen))


def _treated(here: Area, seen: Reading[Facts] | Unreadable) -> Answer:
    """Whether everybody whom that runbook would blame for what was seen is somebody whom it treats."""
    if not here.told_at_once:
        return Answer.YES
    if isinstance(seen, Unreadable):
        return Answer.UNKNOWN
    treated = {cause.name for step in here.runbook.steps() for cause in step.causes}
    ranking = rank(here.runbook.hypotheses, {seen.probe: seen}, unnamed=here.runbook.unnamed)
    blamed = {verdict.hypothesis for verdict in ranking if verdict.standing is Standing.SUPPORTED}
    return Answer.YES if blamed and blamed <= treated else Answer.NO


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


def anything(overview: Probe[E, P, Overview], besides: str) -> Evidence[E, P]:
    """That something is wrong: a symptom is there, or what is said in `besides`."""
    return overview.shows(f"the symptom of at least one runbook is there, {besides}", lambda r: r.anything())


def there(overview: Probe[E, P, Overview], here: Area) -> Evidence[E, P]:
    """That one runbook's symptom is there, in its own words."""
    return overview.shows(here.runbook.symptom.sentence, lambda r: r.shows(here.name))


def not_there(overview: Probe[E, P, Overview], here: Area) -> Evidence[E, P]:
    return overview.shows(f"the symptom of {here.runbook.title.lower()} is not there", lambda r: not r.shows(here.name))


def untreated(overview: Probe[E, P, Overview], here: Area) -> Evidence[E, P]:
    """That handing over to it would say of what was seen more than its own runbook says."""
    title = here.runbook.title.lower()
    return overview.shows(
        f"what was seen speaks for no cause that the runbook {title} treats", lambda r: not r.treats(here.name)
    )


def looks(areas: tuple[Area, ...]) -> tuple[Any, ...]:
    """What a probe that asks all of these uses, each once."""
    return tuple(dict.fromkeys(used for here in areas for used in here.runbook.symptom.probe.uses))
