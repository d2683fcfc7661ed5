"""A recorded incident judged anew: what was read then, by a runbook as it is declared now. Pure: nothing is asked.

`replay` takes the entries of an incident. Each time that its symptom was asked or its causes were judged, the readings
of that moment are made typed again and judged by the declaration, with the past as it was then. What differs is what
it would have done otherwise. A reading that no longer fits its type, or that nobody took, is unknown.

`deployments.replaying` brings entries and declaration together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from journal.chain import Entry
from journal.facts.closed import Closed, HandedOff
from journal.facts.decided import Passed, Planned, TaskGiven
from journal.facts.opened import Opened
from journal.facts.seen import AGAIN, GATHER, GATHERED, Judged, Past, Read, SymptomAsked, Verdict
from journal.facts.waited import WaitBegun
from journal.facts.words import Answer
from journal.redaction import redact, redact_fact
from journal.wording import brief
from runbook import Context, Runbook, Unreadable
from runbook.evidence import Readings
from tasks.gather import revive
from tasks.hypothesize import KEY, judge_by
from tasks.offer import SURENESS, in_order
from tasks.replayed import NOTHING, Asked, Judgement, Replay
from tasks.rounds import left_out_after

_TRIED = Planned | Passed | TaskGiven | WaitBegun | HandedOff

AT_MOST = 300
"""Letters of an error of somebody's code that are repeated."""

AS_IF = (
    "The symptom would not have been seen at once. It would have been looked at for longer, which nobody recorded; the"
    " causes are judged as if it had shown then."
)


def replay(
    runbook: Runbook[Any, Any],
    context: Context[Any, Any],
    entries: Sequence[Entry],
    past: Past,
    in_vain: frozenset[str] = frozenset(),
) -> Replay:
    """What the declaration makes of an incident.

    `context` may stand for an environment that nobody can reach: only what changes declare is asked of it. `past` is
    what had been confirmed, for an incident that judged nothing then: one that did holds it in its verdicts. `in_vain`
    are the hand-offs that were not tried, since an incident before had done so.
    """
    opened = entries[0].fact
    assert isinstance(opened, Opened)
    recorded = _Recorded(runbook=runbook, context=context, entries=entries, in_vain=in_vain)
    asked = tuple(recorded.symptoms())
    judgements = tuple(recorded.anew(asked)) or tuple(recorded.at_last(asked, past))
    return Replay(
        incident=entries[0].incident,
        runbook=runbook.name,
        version_then=opened.runbook_version,
        version_now=runbook.version,
        symptoms=asked,
        judgements=judgements,
        unknown=tuple(recorded.gaps),
    )


def past_in(ranking: Sequence[Verdict]) -> Past:
    """What people had confirmed when this was judged, as its verdicts tell; nothing where learning was off."""
    told = {verdict.hypothesis: verdict.history for verdict in ranking if verdict.history is not None}
    confirmed = {name: history.confirmed for name, history in told.items() if history.confirmed}
    return Past(of=max((history.of for history in told.values()), default=0), confirmed=confirmed)


@dataclass(frozen=True, kw_only=True)
class _Recorded:
    """An incident, and what is to judge it. `gaps` collects what could not be judged: in order, and each once."""

    runbook: Runbook[Any, Any]
    context: Context[Any, Any]
    entries: Sequence[Entry]
    in_vain: frozenset[str]
    gaps: dict[str, None] = field(default_factory=dict[str, None])

    def symptoms(self) -> Iterator[Asked]:
        """The symptom, each time it was asked."""
        symptom = self.runbook.symptom
        for entry in self.entries:
            if isinstance(entry.fact, SymptomAsked):
                phase = entry.fact.phase
                readings = self._readings(phase, before=entry)
                if symptom.probe.name not in readings:
                    self._not_asked(symptom.probe.name, phase)
                said = SymptomAsked(phase=phase, finding=symptom.find(readings))
                now = said if said == entry.fact else redact_fact(said)
                yield Asked(phase=phase, before=entry.fact.finding, now=now.finding)

    def anew(self, asked: Sequence[Asked]) -> Iterator[Judgement]:
        """Every ranking of the journal, and that of now from the same readings."""
        for entry in self.entries:
            if isinstance(entry.fact, Judged):
                if _hidden(asked):
                    self.gaps[AS_IF] = None
                earlier, later = self._before(entry), [one for one in self.entries if one.number > entry.number]
                phase = _phase(entry, earlier)
                ranking = self._judge(phase, past_in(entry.fact.ranking), before=entry)
                judged = Judged(ranking=ranking, after=entry.fact.after)
                now = judged.ranking if judged == entry.fact else redact_fact(judged).ranking
                tried = self.in_vain | left_out_after(self.runbook, earlier)
                yield Judgement(
                    phase=phase,
                    before=entry.fact.ranking,
                    now=now,
                    first_before=_first_tried(later),
                    first_now=self._first_offered(now, tried) if entry.fact.after < self.runbook.rounds else NOTHING,
                )

    def at_last(self, asked: Sequence[Asked], past: Past) -> Iterator[Judgement]:
        """What would have been judged of an incident that was put aside, where the symptom would show now."""
        if not any(isinstance(entry.fact, Closed) for entry in self.entries):
            return
        if self.runbook.procedure is not None or any(one.before.answer is Answer.YES for one in asked):
            return  # it ended before its causes were judged for some other reason
        shows = next((one.phase for one in asked if one.phase in GATHERED and one.now.answer is Answer.YES), None)
        if shows is None:
            return
        now = redact_fact(Judged(ranking=self._judge(shows, past))).ranking
        first = self._first_offered(now, self.in_vain)
        yield Judgement(phase=shows, before=(), now=now, first_before=NOTHING, first_now=first)

    def _judge(self, phase: str, past: Past, before: Entry | None = None) -> tuple[Verdict, ...]:
        readings = self._readings(phase, before)
        for cause in self.runbook.hypotheses:
            for evidence in (*cause.supported_by, *cause.refuted_by):
                if evidence.probe.name not in readings:
                    self._not_asked(evidence.probe.name, phase)
        return judge_by(self.runbook, readings, past)

    def _readings(self, phase: str, before: Entry | None = None) -> Readings:
        """The typed readings of a phase, by the probes of now; `before` leaves out what was said later."""
        said = (entry.fact for entry in (self.entries if before is None else self._before(before)))
        reads = {fact.probe: fact for fact in said if isinstance(fact, Read) and fact.phase == phase}
        probes = self.runbook.probes()
        readings = {name: revive(probe, reads[name]) for name, probe in probes.items() if name in reads}
        for name, reading in readings.items():
            if isinstance(reading, Unreadable) and reads[name].value is not None:
                self.gaps[f"What {name} saw ({phase}) cannot be judged: {reading.why}."] = None
        return readings

    def _before(self, entry: Entry) -> list[Entry]:
        return [one for one in self.entries if one.number < entry.number]

    def _not_asked(self, probe: str, phase: str) -> None:
        self.gaps[f"Nobody asked {probe} then ({phase})."] = None

    def _first_offered(self, ranking: tuple[Verdict, ...], tried: frozenset[str]) -> str | None:
        try:
            offered = [step.name for step, _ in in_order(self.runbook, self.context, ranking)]
        except Exception as fault:  # noqa: BLE001 # a change may be made of what only its environment has
            told = brief(str(redact(str(fault))), AT_MOST)
            why = f"Nobody can tell here what would be planned first ({type(fault).__name__}: {told})."
            self.gaps[why] = None
            return None
        return next((name for name in offered if name not in tried), NOTHING)


def _phase(judged: Entry, earlier: Sequence[Entry]) -> str:
    """In which phase the readings were taken that were judged."""
    _, colon, phase = judged.key.partition(f"{KEY}:")
    if colon:
        return phase
    again = any(isinstance(entry.fact, SymptomAsked) and entry.fact.phase == AGAIN for entry in earlier)
    return AGAIN if again else GATHER


def _hidden(asked: Sequence[Asked]) -> bool:
    """Whether the symptom showed when the causes were judged, and would not now."""
    looked = [one for one in asked if one.phase in GATHERED]
    return bool(looked) and looked[-1].before.answer is Answer.YES and looked[-1].now.answer is not Answer.YES


def _tried(entries: Sequence[Entry]) -> Iterator[_TRIED]:
    """What was begun of treatments: planned or passed over, given to a person, waited for, handed over."""
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, _TRIED) and not (isinstance(fact, Passed) and fact.by == SURENESS):
            yield fact


def _first_tried(later: Sequence[Entry]) -> str | None:
    """The first treatment after a ranking; `None` while it is open whether there will be one."""
    first = next(_tried(later), None)
    if first is not None:
        return first.mitigation
    return NOTHING if any(isinstance(entry.fact, Closed) for entry in later) else None
