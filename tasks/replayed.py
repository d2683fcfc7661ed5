"""What a replay found: the symptom and the causes as they were judged, beside how they are judged now.

Two verdicts are the same when they have the same standing, score and answers. A sentence that only reads otherwise is
`reworded`: it would have changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, computed_field

from journal.facts.seen import Finding, Verdict
from journal.facts.words import Answer, Standing
from journal.report_rows import likely

NOTHING: Final = ""
"""In the place of a treatment: none was tried, or none would be offered."""


Answers = tuple[tuple[Answer, float], ...]
"""The answers to sentences, each with what it weighs."""


class Replayed(BaseModel):
    """Base of these."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(Replayed):
    """The symptom in one phase: as answered, and as answered now."""

    phase: str
    before: Finding
    now: Finding

    @property
    def differs(self) -> bool:
        """Whether the answer is another."""
        return self.before.answer is not self.now.answer


class Judgement(Replayed):
    """The causes, judged once: the ranking of the journal and that of now, empty where there is none.

    `first_before` is the treatment that was tried first after it, `first_now` the one that would be; `NOTHING` is none,
    `None` that nobody can tell.
    """

    phase: str
    before: tuple[Verdict, ...]
    now: tuple[Verdict, ...]
    first_before: str | None
    first_now: str | None

    @property
    def replanned(self) -> bool:
        """Whether another treatment would be first."""
        return None not in (self.first_before, self.first_now) and self.first_before != self.first_now

    @property
    def reordered(self) -> bool:
        """Whether those that are in both rankings stand in another order."""
        return _order(self.before, self.now) != _order(self.now, self.before)

    def changed(self) -> Iterator[tuple[str, Verdict | None, Verdict | None]]:
        """The causes that are judged otherwise, as they are ranked now: name, before, now."""
        before = {verdict.hypothesis: verdict for verdict in self.before}
        now = {verdict.hypothesis: verdict for verdict in self.now}
        for name in now | before:
            was, is_ = before.get(name), now.get(name)
            if was is None or is_ is None or essence(was) != essence(is_):
                yield name, was, is_

    @property
    def differs(self) -> bool:
        """Whether a verdict, the order, or the first treatment is another."""
        return self.replanned or self.reordered or next(self.changed(), None) is not None


class Replay(Replayed):
    """An incident, as it was judged and as it is judged now.

    `unknown` says what could not be judged, a sentence each. `same` is that nothing at all differs, to the letter.
    """

    incident: str
    runbook: str
    version_then: str
    version_now: str
    symptoms: tuple[Asked, ...]
    judgements: tuple[Judgement, ...]
    unknown: tuple[str, ...]

    @computed_field  # scripts ask for it
    @property
    def differs(self) -> bool:
        """Whether the incident would have gone otherwise, or been judged otherwise, in anything but words."""
        return any(one.differs for one in (*self.symptoms, *self.judgements))

    @computed_field
    @property
    def same(self) -> bool:
        """Whether every verdict and every answer is the same to the letter."""
        return not self.differs and all(one.before == one.now for one in (*self.symptoms, *self.judgements))

    def changes(self) -> Iterator[str]:
        """What differs, a line each: the symptom, the first treatment, and every cause that is judged otherwise."""
        for asked in self.symptoms:
            if asked.differs:
                yield f"symptom ({asked.phase}): {asked.before.answer} → {asked.now.answer}"
        for one in self.judgements:
            if one.replanned:
                yield f"planned first ({one.phase}): {_planned(one.first_before)} → {_planned(one.first_now)}"
            if one.reordered:
                yield f"likeliest first ({one.phase}): {', '.join(_names(one.before))} → {', '.join(_names(one.now))}"
            for name, before, now in one.changed():
                stays = before is not None and now is not None and before.standing is now.standing
                becomes = f"{now.score:.1%}" if stays and now is not None else _judged(now)
                yield f"{name} ({one.phase}): {_judged(before)} → {becomes}"

    @property
    def likely_before(self) -> str | None:
        """The most likely cause for which there was evidence, in the last ranking, as the report counts it."""
        return likely(self.judgements[-1].before) if self.judgements else None

    @property
    def likely_now(self) -> str | None:
        """The same, by the declaration of now."""
        return likely(self.judgements[-1].now) if self.judgements else None


def essence(
    verdict: Verdict,
) -> tuple[Standing, float, tuple[tuple[Answer, float], ...], tuple[tuple[Answer, float], ...]]:
    """What of a verdict has consequences: everything but its words."""
    return verdict.standing, verdict.score, _answers(verdict.speaks_for), _answers(verdict.speaks_against)


def _answers(findings: Sequence[Finding]) -> Answers:
    return tuple((finding.answer, finding.weight) for finding in findings)


def _planned(first: str | None) -> str:
    return first or "nothing"


def _judged(verdict: Verdict | None) -> str:
    return f"{verdict.standing} {verdict.score:.1%}" if verdict is not None else "not weighed"


def _names(ranking: Sequence[Verdict]) -> list[str]:
    return [verdict.hypothesis for verdict in ranking]


def _order(ranking: Sequence[Verdict], among: Sequence[Verdict]) -> list[str]:
    known = {verdict.hypothesis for verdict in among}
    return [verdict.hypothesis for verdict in ranking if verdict.hypothesis in known]
