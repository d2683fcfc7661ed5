"""The vocabulary of drills, and what is expected of each, whatever world it is carried out on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from journal.facts.closed import Closed
from journal.facts.decided import Requested, TaskGiven
from journal.facts.done import Carried
from journal.facts.seen import Judged, Verdict
from journal.facts.words import Act, Ending, Standing
from journal.rounds import examinations
from journal.store import Journal
from sandbox.drills.calibration import Blamed
from sandbox.eyes import EYES, SEEING, saved_as

Person = Callable[[Any], None]
"""What a person does in the world, which may be a system's own, when they are given a manual task."""


@dataclass(frozen=True, kw_only=True)
class Drill:
    """One rehearsed incident.

    `fault` is broken into the world first (nothing for a false alarm) with `bounds`. When it `ripens`, its sessions are
    given time to grow as old as they are when somebody is paged. Then `alert` is posted with `labels`, requests are
    answered with `approve`, and tasks are done by `person`; `meanwhile` is what happens by itself while it is waited
    for that. Afterwards the incident must have ended as `ending`, with `top` as the most likely cause (where it was
    examined first, after that), exactly the mitigations `applied` carried out, those of them undone that are named in
    `undone`, and nobody suffering or somebody as `healthy` says. A `decoy` shows the symptom of one cause while another
    is at work. Besides `top`, nobody may be supported, at first or later, but the causes that are `also` at work; what
    is `unnamed` has a cause that the page does not name.

    In its `own_time` a runbook keeps its windows, holds and expiries, for which only a rehearsal within one process can
    wait: the fault is `there_for` a while before the alert, people answer after another, and a third one after the end
    the run makes one more pass. By then nothing else must have been undone either.
    """

    name: str
    runbook: str
    alert: str
    ending: Ending
    top: str | None
    applied: tuple[str, ...]
    healthy: bool
    there: tuple[str, ...] = ()
    """What is carried out by the incident that it is handed to and comes back from."""
    stopped: tuple[str, ...] = ()
    """What is carried out and stops itself, since it does harm or no good."""
    fault: str | None = None
    bounds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    environment: str = SEEING
    ripens: bool = False
    approve: bool = True
    person: Person | None = None
    meanwhile: Person | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    decoy: bool = False
    also: tuple[str, ...] = ()
    unnamed: bool = False
    own_time: bool = False
    there_for: timedelta = timedelta(0)
    answered_after: timedelta = timedelta(0)
    looked_at_after: timedelta = timedelta(0)
    undone: tuple[str, ...] = ()

    @property
    def system(self) -> str:
        """The system whose runbook it is."""
        return self.runbook.partition(".")[0]

    def meant_by(self, names: list[str]) -> bool:
        """Whether it is meant by a system (`shop`), runbook (`shop.x`) or drill (`shop.x.slow_disk`); none: all."""
        return not names or any(f"{self.runbook}.{self.name}.".startswith(f"{name}.") for name in names)

    def __post_init__(self) -> None:
        if self.environment in EYES:  # a word that means another environment for each system
            object.__setattr__(self, "environment", saved_as(self.system, self.environment))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a drill showed. `faults` are the expectations not met, in words; `blamed`, whoever was supported."""

    drill: Drill
    incident: str
    ending: Ending | None
    top: Verdict | None
    applied: tuple[str, ...]
    healthy: bool
    faults: tuple[str, ...]
    blamed: tuple[Blamed, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the right cause came first (top-1); for a drill without one, whether none did."""
        return (self.top.hypothesis if self.top else None) == self.drill.top


def judged(
    drill: Drill,
    journal: Journal,
    incident: str,
    closed: Closed,
    *,
    suffering: tuple[str, ...],
    further: Mapping[str, bool] = MappingProxyType({}),
) -> Outcome:
    """What the journal and the world show of a drill; `further` expectations by the words for those not met."""
    entries = journal.entries(incident)
    facts = [entry.fact for entry in entries]
    rankings = [fact.ranking for fact in facts if isinstance(fact, Judged)]
    done = tuple(fact.mitigation for fact in facts if isinstance(fact, Carried) and fact.ok and fact.act is Act.APPLY)
    undone = tuple(fact.mitigation for fact in facts if isinstance(fact, Carried) and fact.ok and fact.act is Act.UNDO)
    ended = (fact for fact in facts if isinstance(fact, Carried) and not fact.ok and fact.act is Act.APPLY)
    stopped = tuple(fact.mitigation for fact in ended)
    supported = [one for found in rankings for one in found if one.standing is Standing.SUPPORTED]
    acts = (fact.digest for fact in facts if isinstance(fact, Carried))
    looked = next(acts, "") in examinations(entries)  # then the causes were told only by what that let be seen
    first = next(iter(rankings[1:] if looked else rankings), ())
    top = next((verdict for verdict in first if verdict.standing is Standing.SUPPORTED), None)
    guilty = {drill.top, *drill.also}
    blamed = {one.hypothesis for one in supported} - guilty
    expectations: dict[str, bool] = {
        f"ended {closed.ending}, not {drill.ending} ({closed.text})": closed.ending is drill.ending,
        f"top cause {top.hypothesis if top else None}, not {drill.top}": (top.hypothesis if top else None) == drill.top,
        f"blamed, and not at work: {', '.join(sorted(blamed))}": not blamed,
        f"applied {done}, not {drill.applied} ({closed.text})": done == drill.applied,
        f"stopped {stopped}, not {drill.stopped}": not drill.stopped or stopped == drill.stopped,
        f"undone {undone}, not {drill.undone}": not (drill.own_time or drill.undone) or undone == drill.undone,
        f"users suffer: {', '.join(suffering) or 'nobody'}": (not suffering) is drill.healthy,
        "a task was given although nobody was to do one": drill.person is not None
        or not any(isinstance(fact, TaskGiven) for fact in facts),
        "an approval was asked for although nothing was to be changed": bool(drill.applied or drill.stopped)
        or not drill.approve
        or not any(isinstance(fact, Requested) for fact in facts),
        **further,
    }
    return Outcome(
        drill=drill,
        incident=incident,
        ending=closed.ending,
        top=top,
        applied=done,
        healthy=not suffering,
        blamed=tuple(Blamed(score=one.score, right=one.hypothesis in guilty) for one in supported),
        faults=tuple(words for words, met in expectations.items() if not met),
    )
