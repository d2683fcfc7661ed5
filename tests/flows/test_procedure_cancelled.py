"""A procedure that somebody cancels: what was to be undone when it stops is named."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from deployments.interrupted import end
from journal import approvals, clock
from journal.facts.closed import Closed
from tests.flows.small import small
from tests.flows.test_procedure import AS_IT_IS, CUT, Contained, change, procedure


@pytest.mark.parametrize("undone", [True, False])
def test_what_stays_against_the_declaration_is_named(tmp_path: Path, undone: bool) -> None:
    first = change("isolate")
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here, procedure(first, CUT, undone=(first,) if undone else ()))
        assert one.go() is None
        for asked in approvals.waiting(one.entries, clock.now()):
            one.answer(asked, yes=True)
        assert one.go() is None
        end(here.journal, one.entries, uuid.uuid4())
        (closed,) = here.facts(one.id, Closed)
    assert here.world.acts == ["apply isolate"]
    assert ("what was to be undone then is still in place: Do isolate." in closed.text) is undone
