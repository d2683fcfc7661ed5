"""A procedure on real parts: two people, a task, and the state that Prefect shows in the end."""

from __future__ import annotations

import uuid

from prefect.client.schemas.objects import State

from journal import switches
from journal.approvals import Standing
from journal.facts.decided import TaskGiven
from journal.facts.words import Ending
from journal.procedure import course
from sandbox.rehearsal import Rehearsal, wait


def begun(rehearsal: Rehearsal) -> tuple[str, str]:
    return rehearsal.practise("staged", runbook="procedure")


def answer(rehearsal: Rehearsal, case: str, standing: Standing, *, yes: bool = True, mend: bool = True) -> None:
    if isinstance(standing.request, TaskGiven) and mend:
        rehearsal.self_test.fix(case)
    rehearsal.answer(standing, yes=yes, by="drill" if not standing.by else "another drill")


def through(
    rehearsal: Rehearsal, case: str, incident: str, *, rejects: str = "", mend: bool = True
) -> tuple[Ending, str, list[str]]:
    """Carry it to its end; how that is, and what was asked."""
    asked: list[str] = []
    while (standing := rehearsal.asked(incident)) is not None:
        asked.append(standing.request.mitigation)
        answer(rehearsal, case, standing, yes=standing.request.mitigation != rejects, mend=mend)
    closed = rehearsal.closed(incident)
    return closed.ending, closed.text, asked


def test_all_steps_done_it_ends_contained_although_the_symptom_was_gone_before_the_last(rehearsal: Rehearsal) -> None:
    case, incident = begun(rehearsal)
    ending, text, asked = through(rehearsal, case, incident)
    assert (ending, asked) == (Ending.CONTAINED, ["isolate", "isolate", "mend", "cut"])
    assert rehearsal.self_test.effects(case) == ["apply", "apply"]
    for words in (
        "approved by drill at",
        "approved by another drill at",
        "“Mend it by hand”, said to be done by drill",
    ):
        assert words in text, words
    run = next(entry.flow_run for entry in rehearsal.journal.entries(incident) if entry.kind == "closed")
    with rehearsal.stack.client() as client:

        def final() -> State | None:
            state = client.read_flow_run(uuid.UUID(run)).state
            return state if state is not None and state.is_final() else None

        state = wait(final, within=60, what="the end")
    assert (state.name, state.is_completed()) == ("Contained", True)
    document = rehearsal.stack.home.path / "timelines" / f"{incident}.md"
    assert "## The procedure" in document.read_text(encoding="utf-8")


def test_the_third_rejected_the_first_two_stay_and_are_listed(rehearsal: Rehearsal) -> None:
    case, incident = begun(rehearsal)
    ending, text, _ = through(rehearsal, case, incident, rejects="cut")
    assert ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]
    assert [one.done for one in course(rehearsal.journal.entries(incident))] == [True, True, False]
    done, _, not_done = text.partition("Not done:")
    assert "Step 1, “Close the first stage”" in done
    assert "Step 2, “Mend it by hand”" in done
    assert "Step 3, “Close the last stage”, rejected by drill" in not_done


def test_the_second_not_seen_to_be_done_the_third_is_not_asked(rehearsal: Rehearsal) -> None:
    case, incident = begun(rehearsal)
    ending, text, asked = through(rehearsal, case, incident, mend=False)
    assert (ending, asked) == (Ending.UNRESOLVED, ["isolate", "isolate", "mend"])
    assert rehearsal.self_test.effects(case) == ["apply"]
    assert "not seen to hold (the case is fixed: no)" in text
    assert "Step 3, “Close the last stage”, not begun." in text


def test_the_stop_switch_between_two_steps(rehearsal: Rehearsal) -> None:
    case, incident = begun(rehearsal)
    while (standing := rehearsal.asked(incident)) is not None and not isinstance(standing.request, TaskGiven):
        answer(rehearsal, case, standing)
    assert standing is not None
    switches.stop(rehearsal.journal, by="drill", why="rehearsed")
    try:
        answer(rehearsal, case, standing)
        closed = rehearsal.closed(incident)
    finally:
        switches.go(rehearsal.journal, by="drill", why="rehearsed")
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]
    assert "The procedure stopped at step 3 of 3." in closed.text
