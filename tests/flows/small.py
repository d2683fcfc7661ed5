"""The pipeline on a small world of numbers that live by virtual time: what the engine does, in milliseconds.

Each cause of the world has a strength (0 to 100). The symptom is what all of them do together, in percent of requests;
each has a probe, a sentence and a mitigation of its own. A test changes strengths at once, or at a time to come.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from blocks.environment import Environment
from blocks.notifier import Notifier
from flows.follow import follow
from journal import approvals, clock, waits
from journal.facts.closed import Closed
from journal.facts.words import Act, Answer, Channel, Effect, Stake
from journal.store import Journal
from runbook import (
    Approval,
    Context,
    Escalation,
    Evidence,
    Facts,
    Form,
    Guardrail,
    HandOff,
    Hypothesis,
    Irreversible,
    Level,
    Mitigation,
    NotNeeded,
    Outcome,
    Permanent,
    Plan,
    Result,
    Reversible,
    Runbook,
    Severity,
    Step,
    Strength,
    Target,
    Temporary,
    Wait,
    Warrant,
    WayBack,
    changes,
    look,
    probe,
)
from sandbox.rehearsal import variables
from sandbox.within.clock import PracticeClock
from sandbox.within.engine import ProcessEngine
from sandbox.within.record import opened_for_practice
from tasks.engine import Run, carried_by

READS = ("test:read",)


@dataclass(kw_only=True)
class World:
    """Strengths by cause, what is to happen when, and who can look at what."""

    strengths: dict[str, float] = field(default_factory=dict[str, float])
    sources: dict[str, Callable[[], float]] = field(default_factory=dict[str, Callable[[], float]])
    """Causes whose strength lives by itself."""
    later: list[tuple[float, str, float]] = field(default_factory=list[tuple[float, str, float]])
    """At which second which cause gets which strength."""
    cures: dict[str, Callable[[World], None]] = field(default_factory=dict)
    """What applying a cause's mitigation does; without an entry, its strength becomes 0."""
    blind: dict[str, tuple[float, Exception]] = field(default_factory=dict)
    """Until which second a probe cannot look, and what it raises."""
    acts: list[str] = field(default_factory=list[str])
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a cause's plan says otherwise."""
    needless: set[str] = field(default_factory=set[str])
    """Causes at which nothing needs to be changed."""

    def strength(self, cause: str) -> float:
        for at, name, value in [due for due in self.later if due[0] <= clock.monotonic()]:
            self.strengths[name] = value
            self.later.remove((at, name, value))
        return self.sources[cause]() if cause in self.sources else self.strengths.get(cause, 0.0)

    def total(self) -> float:
        return min(100.0, sum(self.strength(cause) for cause in [*self.strengths, *self.sources]))

    def in_(self, seconds: float, cause: str, strength: float) -> None:
        self.later.append((clock.monotonic() + seconds, cause, strength))
        self.strengths.setdefault(cause, 0.0)

    def look(self, what: str) -> None:
        until, fault = self.blind.get(what, (0.0, None))
        if fault is not None and clock.monotonic() < until:
            raise fault


WORLD: list[World] = []
"""The one in use, as a connection would lead to it."""


class Small(Environment):
    """The small world's environment."""

    _block_type_name: ClassVar[str] = "Code Blue small"
    _block_type_slug: ClassVar[str] = "codeblue-small"


class Params(Form):
    environment: str = Field(default="small", description="Saved environment to work on.")


Here = Context[Small, Params]


class Share(Facts):
    """How many requests fail, in percent."""

    percent: float

    def __str__(self) -> str:
        return f"{self.percent:g}% of the requests fail"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"requests that fail": (self.percent, "%")}


class Strong(Facts):
    """How strong one cause is."""

    strength: float

    def __str__(self) -> str:
        return f"{self.strength:g} strong"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"strength": (self.strength, "points")}


@look(*READS, bound="one number")
def read_total() -> Share:
    WORLD[-1].look("failing")
    return Share(percent=WORLD[-1].total())


@look(*READS, bound="one number")
def read_cause(name: str) -> Strong:
    WORLD[-1].look(name)
    return Strong(strength=WORLD[-1].strength(name))


@probe(read_total, asks="How many requests fail?", source="devised")
def failing(_c: Here) -> Share:
    return read_total()


FAILING = failing.shows("more than 5% of the requests fail", lambda r: r.percent > 5, gauge="requests that fail")


class Knob(Target):
    cause: str


@changes(Knob, name="small.mend", effect=Effect.REVERSIBLE, needs=READS, reads=READS, stake=Stake.SETTING)
@dataclass(frozen=True, kw_only=True)
class Mend(Reversible[Knob]):
    """Take a cause's strength away."""

    cause: str

    @property
    def lock(self) -> str:
        return f"{self.name}:{self.cause}"

    def plan(self) -> Plan[Knob] | NotNeeded:
        if self.cause in WORLD[-1].needless:
            return NotNeeded(why="It is so.")
        more = {"summary": f"Mend {self.cause}.", "out_of": 1, **WORLD[-1].plans.get(self.cause, {})}
        return Plan(
            change=self.name,
            targets=(Knob(name=self.cause, before="broken", after="whole", cause=self.cause),),
            **more,
        )

    def apply(self, plan: Plan[Knob], warrant: Warrant) -> Outcome:
        world = WORLD[-1]
        world.acts.append(f"{warrant.act} {self.cause}")
        world.cures.get(self.cause, lambda w: w.strengths.update({self.cause: 0.0}))(world)
        return Outcome(ok=True, note="Mended.", results=(Result(name=self.cause, done=True),))

    def landed(self, plan: Plan[Knob]) -> tuple[Answer, str]:
        return Answer.UNKNOWN, "The small world keeps nothing."

    def undo(self, plan: Plan[Knob], warrant: Warrant) -> Outcome:
        WORLD[-1].acts.append(f"{warrant.act} {self.cause}")
        WORLD[-1].cures.get(f"undo {self.cause}", lambda _w: None)(WORLD[-1])
        return Outcome(ok=True, note="As before.", results=(Result(name=self.cause, done=True),))

    def undone(self, plan: Plan[Knob]) -> tuple[Answer, str]:
        return Answer.UNKNOWN, "The small world keeps nothing."


def cause(name: str, **more: Any) -> tuple[Hypothesis[Small, Params], Evidence[Small, Params]]:
    """A cause, and the sentence that it is gone."""

    def read(_c: Here) -> Strong:
        return read_cause(name)

    read.__name__ = name
    asks: Any = probe(read_cause, asks=f"How strong is {name}?", source="devised")
    of: Any = asks(read)
    strong = of.shows(f"{name} is strong", lambda r: r.strength >= 1)
    weak = of.shows(f"{name} is weak", lambda r: r.strength < 1, gauge="strength")
    said = {"supported_by": (strong,), "refuted_by": (weak,), "strength": ((strong, Strength.DECISIVE),), **more}
    return Hypothesis(name=name, claim=f"It is {name}.", source="devised", **said), weak


def mend(name: str, **more: Any) -> Mitigation[Small, Params]:
    """A mitigation of a cause of that name, validated by its own sentence."""
    of, gone = cause(name)
    said: dict[str, Any] = {
        "name": f"mend_{name}",
        "title": f"Mend {name}",
        "treats": of,
        "change": lambda _c: Mend(cause=name),
        "approval": Approval(by="anybody", risk="None that is known."),
        "guardrail": Guardrail(at_most=5, cooldown=timedelta(0)),
        "undo": WayBack("It is put back."),
        "validated_by": gone,
        "source": "devised",
        "within": timedelta(minutes=10),
    }
    return Mitigation(**{**said, **more})


NO_WAY_BACK = Irreversible("It cannot be put back, and that is known.")


def hand(name: str, to: Runbook[Any, Any], **more: Any) -> HandOff[Small, Params]:
    """A hand-off of a cause of that name."""
    said: dict[str, Any] = {
        "name": f"hand_{name}",
        "title": f"Hand {name} over",
        "treats": cause(name)[0],
        "to": to,
        "params": lambda c: {"environment": c.params.environment},
        "source": "devised",
    }
    return HandOff(**{**said, **more})


def wait(name: str, **more: Any) -> Wait[Small, Params]:
    """A wait for a cause of that name, until its own sentence says that it is gone."""
    of, gone = cause(name)
    said: dict[str, Any] = {
        "name": f"wait_{name}",
        "title": f"Wait for {name}",
        "treats": of,
        "until": gone,
        "within": timedelta(minutes=30),
        "says": "It ends by itself.",
        "source": "devised",
    }
    return Wait(**{**said, **more})


def runbook(*steps: Step[Small, Params], name: str = "small.incident", **more: Any) -> Runbook[Small, Params]:
    """A runbook with these steps."""
    said: dict[str, Any] = {
        "title": "Requests fail",
        "about": "Requests fail.",
        "source": "devised",
        "version": "1",
        "severity": Severity.ERROR,
        "environment": "small",
        "symptom": FAILING,
        "hypotheses": tuple({id(cause): cause for step in steps for cause in step.causes}.values()),
        "mitigations": steps,
        "escalation": Escalation(issue="Small", source="devised", levels=(Level(name="L1", after=timedelta(hours=9)),)),
    }
    return Runbook(name=name, **{**said, **more})


class Still(PracticeClock):
    """Time that passes at once: nobody here lives by the machine's."""

    def sleep(self, seconds: float) -> None:
        self._passed += max(seconds, 0.0)

    def set_back(self, seconds: float) -> None:
        """Let somebody set the clock back."""
        self._passed -= seconds


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A world, a journal, and the pipeline in this process."""

    world: World
    journal: Journal
    clock: Still
    engine: ProcessEngine

    def follow(
        self, *books: Runbook[Small, Params], yes: bool | Callable[[], bool] = True, thinks: Iterable[float] = ()
    ) -> tuple[str, Closed]:
        """Carry an incident of the first runbook to its end, answering as said; the others are those it may start.

        `yes` may be asked each time. `thinks` is how long each answer takes, in seconds; later ones take no time.
        """
        seconds = iter(thinks)
        by_name = {book.name: book for book in books}
        runs = [(books[0], Run(id=str(uuid.uuid4()), starter="ada"))]
        first = runs[0][1]
        while True:
            for book, run in runs:
                self.engine.during(run, partial(follow, book, Small, Params()))
            while self.engine.waiting:
                deployment, run, _params = self.engine.waiting.popleft()
                runs.append((by_name[deployment.partition("/")[0]], run))
            runs = [(book, run) for book, run in runs if self._closed(run) is None]
            if not runs:
                incident = self.journal.incident_of(first.id)
                assert incident is not None
                closed = self._closed(first)
                assert closed is not None
                return incident, closed
            for _book, run in runs:
                self.answer(run, yes=yes, thinks=seconds)
                self.let_wait(run)

    def _closed(self, run: Run) -> Closed | None:
        incident = self.journal.incident_of(run.id)
        if incident is None:
            return None
        return next((e.fact for e in self.journal.entries(incident) if isinstance(e.fact, Closed)), None)

    def answer(self, run: Run, *, yes: bool | Callable[[], bool], thinks: Iterator[float] | None = None) -> None:
        """Answer whatever a run waits for."""
        incident = self.journal.incident_of(run.id)
        if incident is None:
            return
        for standing in approvals.waiting(self.journal.entries(incident), clock.now()):
            clock.sleep(next(thinks or iter(()), 0.0))
            digest, by = standing.request.digest, "ada.lovelace"
            agreed = yes if isinstance(yes, bool) else yes()
            said: Any = {"by": by, "channel": Channel.CLI, "why": "as planned"}
            if standing.request.kind == "task_given":
                approvals.done(self.journal, incident, digest, done=agreed, **said)
            else:
                approvals.decide(self.journal, incident, digest, approve=agreed, identity_proven=True, **said)

    def let_wait(self, run: Run) -> None:
        """Let the time pass until the watch would have a run look again."""
        incident = self.journal.incident_of(run.id)
        if incident is not None and (found := waits.paused(self.journal.entries(incident))) is not None:
            clock.sleep(found.every.total_seconds())

    def facts(self, incident: str, kind: type) -> list[Any]:
        return [entry.fact for entry in self.journal.entries(incident) if isinstance(entry.fact, kind)]


@contextmanager
def small(folder: Path, **world: Any) -> Generator[Rehearsed]:
    """A fresh small world and the pipeline on it."""
    url = f"sqlite:///{folder / 'journal.db'}"
    practice = Still(live=lambda: None)
    WORLD.append(World(**world))
    with (
        variables({"CODEBLUE_HOME": str(folder), "CODEBLUE_JOURNAL": url}),
        clock.use(practice),
        opened_for_practice(url) as journal,
    ):
        engine = ProcessEngine({"small": Small(notifier=Notifier())}, journal)
        with carried_by(engine):
            yield Rehearsed(world=WORLD[-1], journal=journal, clock=practice, engine=engine)
    WORLD.pop()


__all__ = ["NO_WAY_BACK", "Act", "Permanent", "Temporary", "cause", "hand", "mend", "runbook", "small", "wait"]
