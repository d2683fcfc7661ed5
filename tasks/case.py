"""One incident in hand: what every stage of the pipeline needs, and the only way it writes to the journal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic, Self, TypeVar, cast

from blocks.environment import Environment
from journal.chain import Entry
from journal.facts.every import Fact
from journal.facts.seen import Read
from journal.facts.words import Said
from journal.store import Journal
from runbook import Context, Form, Runbook
from tasks.engine import engine

E = TypeVar("E", bound=Environment)
P = TypeVar("P", bound=Form)
F = TypeVar("F")
G = TypeVar("G", bound=Said)

CLOSED = "closed"
"""The key of the fact that ends an incident."""


NTH = "@"
"""Between the name of a treatment and how often it is tried: the second try of `mend` is `mend@2` in keys."""


def named(name: str, nth: int) -> str:
    """What the nth try of a treatment is called in keys. The first one's are as they were before there were rounds."""
    return name if nth == 1 else f"{name}{NTH}{nth}"


def try_in(key: str) -> str:
    """The same, as a key has it (`carried:mend@2:apply:1`)."""
    return key.split(":")[1]


def nth_in(key: str) -> int:
    """For the how manieth time the treatment of a key was tried."""
    return int(try_in(key).partition(NTH)[2] or 1)


@dataclass(frozen=True, kw_only=True)
class Case(Generic[E, P]):
    """Made by `flows.follow` when a flow run takes an incident up.

    `holder` names this process, so that an intent shows whose it is. `nth` says for the how manieth time the treatment
    in hand is tried in this incident, which each of its keys tells (`named`).
    """

    runbook: Runbook[E, P]
    context: Context[E, P]
    journal: Journal
    incident: str
    requested_by: str
    flow_run: str
    holder: str
    nth: int = 1

    def named(self, name: str) -> str:
        """What a treatment is called in keys: by its name, and from the second time on with the number of times."""
        return named(name, self.nth)

    def again(self, nth: int) -> Self:
        """The same incident, for a treatment that is tried for the nth time."""
        return replace(self, nth=nth)

    def say(self, key: str, fact: Said) -> Entry:
        """Record a fact once. If the key is recorded already, that entry is returned and nothing is written."""
        return self.journal.append(
            self.incident,
            key,
            cast("Fact", fact),
            flow_run=self.flow_run,
            task_run=engine().task_run(),
        )

    def said(self, key: str, kind: type[F]) -> F | None:
        """The fact recorded under a key, or nothing."""
        entry = self.journal.recorded(self.incident, key)
        if entry is None:
            return None
        if not isinstance(entry.fact, kind):
            raise TypeError(f"The journal has {entry.kind!r} under {key!r}, where {kind.__name__} was expected.")
        return entry.fact

    def reads(self, phase: str) -> dict[str, Read]:
        """What is recorded of a phase, by probe: one question instead of one for each."""
        entries = self.journal.entries(self.incident)
        return {e.fact.probe: e.fact for e in entries if isinstance(e.fact, Read) and e.fact.phase == phase}

    def said_as(self, key: str, fact: G) -> G:
        """Record a fact once; what stands under the key afterwards, which may be what another process said first."""
        kept = self.say(key, fact).fact
        assert isinstance(kept, type(fact))
        return kept

    def paced(self, duration: timedelta) -> timedelta:
        """How long something must hold, shortened in practice environments."""
        return duration * self.context.env.practice_pace
