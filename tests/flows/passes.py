"""An incident of the small world that is carried pass by pass, with whatever somebody does in between."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from flows.follow import follow
from journal import approvals, clock
from journal.facts.closed import Closed
from journal.facts.decided import Requested
from journal.facts.opened import Joined
from journal.facts.words import Channel
from runbook import Runbook
from tasks.engine import Run
from tests.flows.leaking import drain
from tests.flows.small import Params, Rehearsed, Small, runbook

TEN_MINUTES = 600.0
SOON = timedelta(minutes=1)
LEAKS_ON = {"every": 250.0, "at_most": 5}


class Incident:
    """One that is carried pass by pass, with whatever somebody does in between."""

    def __init__(self, here: Rehearsed, book: Runbook[Small, Params]) -> None:
        self.here, self.book, self.run = here, book, Run(id=str(uuid.uuid4()), starter="ada")

    def go(self) -> Closed | None:
        """One pass: until it waits for somebody, or ends."""
        self.here.engine.during(self.run, partial(follow, self.book, Small, Params()))
        return next(iter(self.here.facts(self.id, Closed)), None)

    @property
    def id(self) -> str:
        found = self.here.journal.incident_of(self.run.id)
        assert found is not None
        return found

    def asked(self) -> list[str]:
        return [one.digest for one in self.here.facts(self.id, Requested)]

    def say(self, digest: str, *, yes: bool = True, by: str = "grace", proven: bool = True) -> None:
        said: Any = {"approve": yes, "by": by, "channel": Channel.CLI, "identity_proven": proven, "why": "as planned"}
        approvals.decide(self.here.journal, self.id, digest, **said)

    def monitor(self, status: str) -> None:
        self.here.journal.append(self.id, f"joined:{uuid.uuid4()}", Joined(alert={"status": status}))

    def thinks(self, seconds: float = TEN_MINUTES) -> None:
        clock.sleep(seconds)


def two_rounds(here: Rehearsed, **more: Any) -> Incident:
    """An incident that waits for its second yes."""
    one = Incident(here, runbook(drain(within=SOON, **more)))
    assert one.go() is None
    one.thinks()
    (first,) = one.asked()
    one.say(first)
    assert one.go() is None
    assert len(one.asked()) == 2
    return one


def after(patch: pytest.MonkeyPatch, change: type[Any], happens: Callable[[], None]) -> None:
    """Something happens right after the first act."""
    apply, times = change.apply, iter((True,))

    def applying(self: Any, *args: Any) -> Any:
        done = apply(self, *args)
        if next(times, False):
            happens()
        return done

    patch.setattr(change, "apply", applying)
