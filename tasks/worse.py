"""Did a change make it worse? Clearly, and for longer than a blip: then nobody waits for the deadline.

`tasks.validate` asks at each of its looks, about the sentence that validates and about the symptom. What is compared is
the figure that a sentence names as its gauge, with what it was before the change. A figure is known only while its
sentence can be answered (of too few requests there is no answer), and one that is not known, now or then, is not worse.
It must be a share or have a unit: a mere count of what happened grows with the time that is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from journal import clock
from journal.facts.done import Worsened
from journal.facts.seen import Figure, Read
from runbook import Answer, Effect, Evidence, Examination, Manual, Mitigation, Step
from tasks.case import Case, E, P
from tasks.gather import revive

TIMES: Final = 2.0
"""So many times as much is clearly worse; for a share, so many times the odds, so that 80% can become worse as well."""

POINTS: Final = 10.0
"""By so many points of a hundred a share must have grown as well: of few requests, one more is a large part."""

MILD, ROUGH = timedelta(seconds=90), timedelta(minutes=3)
"""For how long it must be so. Metrics come by the minute, so more than one value has said it; and what a change stops
while it is made, such as a restart, looks bad until that is over."""


def key(treatment: str) -> str:
    """Under which the journal has what became worse after a treatment, as it is called in keys."""
    return f"worsened:{treatment}"


def worsened(case: Case[E, P], treatment: Step[E, P]) -> bool:
    """Whether the incident says that it became clearly worse after the treatment."""
    return case.said(key(case.named(treatment.name)), Worsened) is not None


def clearly(before: Figure, now: Figure) -> bool:
    """Whether a figure has grown by so much that chance does not explain it."""
    if not now.unit or before.unit != now.unit or before.value <= 0:
        return False
    if now.unit == "%":
        return now.value - before.value >= POINTS and _odds(now.value) >= TIMES * _odds(before.value)
    return now.value >= TIMES * before.value


def _odds(percent: float) -> float:
    return percent / (100 - percent) if percent < 100 else float("inf")  # noqa: PLR2004 # a hundred of a hundred


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One figure to be held against what it was."""

    evidence: Evidence[Any, Any]
    before: Figure

    def now(self, looks: Iterable[Read]) -> Figure | None:
        """The same figure as it was seen just now; nothing where it is not known."""
        return next((figure for look in looks if (figure := figure_of(self.evidence, look)) is not None), None)


def figure_of(said: Evidence[Any, Any], look: Read) -> Figure | None:
    """The figure that a sentence names as its gauge; nothing where this look cannot answer the sentence."""
    named = next((one for one in look.figures if one.name == said.gauge), None)
    if named is None or look.probe != said.probe.name:
        return None
    answer = said.find({look.probe: revive(said.probe, look)}).answer
    return None if answer is Answer.UNKNOWN else named


@dataclass(kw_only=True)
class Worsening:
    """Follows the gauges of a treatment from look to look."""

    treatment: str
    lasts: float
    gauges: tuple[Gauge, ...]
    _since: dict[str, float] = field(default_factory=dict[str, float])

    def seen(self, *looks: Read) -> Worsened | None:
        """What is clearly worse by now, and has been in every look for long enough."""
        at = clock.monotonic()
        for gauge in self.gauges:
            figure = gauge.now(looks)
            if figure is None or not clearly(gauge.before, figure):
                self._since.pop(gauge.evidence.sentence, None)
                continue
            lasted = at - self._since.setdefault(gauge.evidence.sentence, at)
            if lasted >= self.lasts:
                return Worsened(
                    mitigation=self.treatment,
                    sentence=gauge.evidence.sentence,
                    before=gauge.before,
                    now=figure,
                    lasted=timedelta(seconds=round(lasted, 3)),
                )
        return None


def worsening(case: Case[E, P], treatment: Step[E, P], *sentences: Evidence[E, P]) -> Worsening:
    """Follow these sentences' gauges, from what was recorded of each before the treatment."""
    tried = case.named(treatment.name)
    phases = {f"validate:{tried}", f"after:{tried}"}
    reads = [entry.fact for entry in case.journal.entries(case.incident) if isinstance(entry.fact, Read)]
    earlier = [read for read in reversed(reads) if read.phase not in phases]
    return Worsening(
        treatment=treatment.name,
        lasts=case.paced(_lasts(case, treatment)).total_seconds(),
        gauges=tuple(gauge for said in sentences if (gauge := _gauge(said, earlier)) is not None),
    )


def _gauge(said: Evidence[Any, Any], earlier: Iterable[Read]) -> Gauge | None:
    """The newest value of its figure; none where it names none, or nobody saw one."""
    before = next((figure for look in earlier if (figure := figure_of(said, look)) is not None), None)
    return None if before is None else Gauge(evidence=said, before=before)


def _lasts(case: Case[E, P], treatment: Step[E, P]) -> timedelta:
    if isinstance(treatment, Mitigation | Examination):
        return MILD if treatment.change(case.context).effect is Effect.REVERSIBLE else ROUGH
    return ROUGH if isinstance(treatment, Manual) else MILD
