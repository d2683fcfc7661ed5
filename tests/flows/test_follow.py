"""The pipeline, word by word, on real parts: what must happen. What must not is in `test_follow_refusals`."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import contextmanager

from prefect.client.schemas.objects import State

from journal import shadow
from journal.confirming import confirm
from journal.facts.closed import HandedOff, Noted
from journal.facts.decided import Decided, Passed
from journal.facts.done import Intended, Settled, Validated
from journal.facts.opened import TakenUp
from journal.facts.seen import Judged, SymptomAsked
from journal.facts.shadow import Shadowed
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Channel, Ending
from runbook.learning import learned
from sandbox.rehearsal import Rehearsal, wait
from tests.flows.cases import PATIENCE, facts, resume_by_form, through


def test_an_approved_change_is_applied_once_validated_and_written_up(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "plain")
    assert closed.ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]
    assert facts(rehearsal, incident, Validated)[0].held
    run = next(entry.flow_run for entry in rehearsal.journal.entries(incident) if entry.kind == "closed")
    with rehearsal.stack.client() as client:

        def final() -> State | None:
            state = client.read_flow_run(uuid.UUID(run)).state
            return state if state is not None and state.is_final() else None

        state = wait(final, within=60, what="the end")
    assert state.name == "Resolved"
    assert (rehearsal.stack.home.path / "timelines" / f"{incident}.md").exists()


def test_a_yes_in_the_prefect_ui_is_recorded_with_its_channel_and_without_a_proven_identity(
    rehearsal: Rehearsal,
) -> None:
    case, incident = rehearsal.practise("plain")
    resume_by_form(rehearsal, incident)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    decided = facts(rehearsal, incident, Decided)[0]
    assert (decided.by, decided.channel, decided.identity_proven) == ("Grace", Channel.PREFECT, False)
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_what_people_confirmed_moves_the_prior_of_the_next_incident_and_is_shown(rehearsal: Rehearsal) -> None:
    _, incident, _ = through(rehearsal, "plain")
    (first,) = facts(rehearsal, incident, Judged)
    confirm(rehearsal.journal, incident, "plain", by="Grace")
    _, second, _ = through(rehearsal, "plain")
    (judged,) = facts(rehearsal, second, Judged)
    verdict = next(one for one in judged.ranking if one.hypothesis == "plain")
    before = next(one for one in first.ranking if one.hypothesis == "plain")
    assert verdict.history is not None
    assert (verdict.history.confirmed, verdict.history.declared) == (1, before.prior)
    assert verdict.prior == learned(verdict.history) > before.prior


def test_a_change_that_needs_no_approval_asks_nobody(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "trusted")
    assert closed.ending is Ending.RESOLVED
    assert facts(rehearsal, incident, Decided) == []
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_a_change_that_does_not_help_is_undone(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "useless")
    assert closed.ending is Ending.UNRESOLVED
    assert not facts(rehearsal, incident, Validated)[0].held
    assert rehearsal.self_test.effects(case) == ["apply", "undo"]


def test_a_failed_undo_is_said_loudly(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "stuck")
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]
    assert any("COULD NOT BE UNDONE" in noted.text for noted in facts(rehearsal, incident, Noted))


def test_a_temporary_failure_is_tried_again_only_because_the_target_says_nothing_happened(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "flaky")
    assert closed.ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]
    assert [intended.attempt for intended in facts(rehearsal, incident, Intended)] == [1, 2]


def test_an_act_whose_answer_was_lost_is_found_at_the_target_and_not_repeated(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "lost")
    assert closed.ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]
    assert [settled.landed for settled in facts(rehearsal, incident, Settled)] == ["yes"]


def test_when_nobody_can_tell_a_person_decides(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("murky")
    approval = rehearsal.asked(incident)
    assert approval is not None
    rehearsal.answer(approval, yes=True)
    question = rehearsal.asked(incident)
    assert question is not None
    assert question.request.kind == "task_given"
    rehearsal.answer(question, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_a_second_step_has_its_own_approval_and_refusing_it_undoes_the_first(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("chained")
    first = rehearsal.asked(incident)
    assert first is not None
    rehearsal.answer(first, yes=True)
    second = rehearsal.asked(incident)
    assert second is not None
    assert second.digest != first.digest
    rehearsal.answer(second, yes=False)
    assert rehearsal.closed(incident).ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == ["apply", "undo"]


def test_a_manual_task_is_believed_only_when_the_evidence_agrees(rehearsal: Rehearsal) -> None:
    _, incident = rehearsal.practise("manual")
    task = rehearsal.asked(incident)
    assert task is not None
    assert task.request.steps == ("Take the tool.", "The case says manual.")
    rehearsal.answer(task, yes=True)
    assert rehearsal.closed(incident).ending is Ending.UNRESOLVED

    case, incident = rehearsal.practise("manual")
    task = rehearsal.asked(incident)
    assert task is not None
    rehearsal.self_test.fix(case)
    rehearsal.answer(task, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED


def test_a_hand_off_starts_the_other_runbook(rehearsal: Rehearsal) -> None:
    _, incident, closed = through(rehearsal, "handed")
    assert closed.ending is Ending.HANDED_OFF
    handed = facts(rehearsal, incident, HandedOff)[0]
    other = wait(lambda: rehearsal.journal.incident_of(handed.flow_run), within=90, what="the other incident")
    assert rehearsal.closed(other).ending is Ending.NOT_REPRODUCED


def test_a_temporary_change_is_undone_when_its_time_is_up(rehearsal: Rehearsal) -> None:
    case, _, closed = through(rehearsal, "temporary")
    assert closed.ending is Ending.RESOLVED
    wait(lambda: rehearsal.self_test.effects(case) == ["apply", "undo"] or None, within=PATIENCE, what="the undo")


def test_a_cooldown_refuses_the_same_change_of_the_next_incident(rehearsal: Rehearsal) -> None:
    through(rehearsal, "plain")
    case, incident, closed = through(rehearsal, "cooling")
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == []
    assert "may be made again 10 h after" in facts(rehearsal, incident, Passed)[0].why


def test_what_is_fixed_by_itself_is_waited_for_without_a_process_and_without_anybody(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("passing")
    looked: list[str] = []

    def meanwhile(_begun: WaitBegun) -> None:
        """The run is suspended, looks again and suspends itself again, until the case is fixed."""
        run = uuid.UUID(str(next(e.flow_run for e in rehearsal.journal.entries(incident) if e.kind == "wait_begun")))
        with rehearsal.stack.client() as client:

            def again() -> bool | None:
                flow_run = client.read_flow_run(run)
                suspended = flow_run.state is not None and flow_run.state.is_paused()
                many = len(flow_run.empirical_policy.pause_keys or ())
                return (suspended and many > 2) or None  # at first, and after two looks

            wait(again, within=90, what="two looks")
        looked.append(case)
        rehearsal.self_test.fix(case)

    assert rehearsal.asked(incident, meanwhile=meanwhile) is None, "nobody is asked"
    assert rehearsal.closed(incident).ending is Ending.RECOVERED
    assert looked
    assert [over.by for over in facts(rehearsal, incident, WaitOver)] == ["evidence"]
    assert len(facts(rehearsal, incident, TakenUp)) == 1, "a look that tells nothing new leaves no entry"
    assert rehearsal.self_test.effects(case) == []


def test_in_shadow_the_watch_has_it_looked_and_no_process_waits(rehearsal: Rehearsal) -> None:
    with in_shadow(rehearsal):
        case, incident = rehearsal.practise("plain")
        assert rehearsal.closed(incident).ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == []
    phases = [one.phase for one in facts(rehearsal, incident, SymptomAsked) if one.phase.startswith("shadow:")]
    assert phases == [f"shadow:1:{number}" for number in range(1, 6)]
    assert len(facts(rehearsal, incident, TakenUp)) == 1, "a pass that only looks is not recorded"


def test_where_the_shadow_is_lifted_the_watch_has_it_go_on(rehearsal: Rehearsal) -> None:
    with in_shadow(rehearsal):
        case, incident = rehearsal.practise("plain")
        wait(lambda: facts(rehearsal, incident, Shadowed), within=120, what="the shadow")
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.answer(standing, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]


@contextmanager
def in_shadow(rehearsal: Rehearsal) -> Generator[None]:
    shadow.turn(rehearsal.journal, "practice", on=True, by="ana lima", why="a trial")
    try:
        yield
    finally:
        shadow.turn(rehearsal.journal, "practice", on=False, by="ana lima", why="over")


def test_when_the_time_of_a_wait_is_up_the_next_treatment_comes(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "stubborn")
    assert closed.ending is Ending.RESOLVED
    assert [over.by for over in facts(rehearsal, incident, WaitOver)] == ["time"]
    assert [judged.after for judged in facts(rehearsal, incident, Judged)] == [0, 1]
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_what_was_handed_over_is_come_back_from_without_a_process_meanwhile(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "returning")
    (handed,) = facts(rehearsal, incident, HandedOff)
    other = rehearsal.journal.incident_of(handed.flow_run)
    assert other is not None
    assert rehearsal.closed(other).ending is Ending.RESOLVED
    assert closed.ending is Ending.RESOLVED
    assert f"{other} ended Resolved" in closed.text
    assert [over.by for over in facts(rehearsal, incident, WaitOver)] == ["end"]
    assert len(facts(rehearsal, incident, TakenUp)) == 1, "a look that tells nothing new leaves no entry"
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_where_the_other_runbook_does_not_help_the_next_treatment_comes(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "unhelped")
    (over,) = facts(rehearsal, incident, WaitOver)
    assert (over.by, over.ending, closed.ending) == ("end", Ending.UNRESOLVED, Ending.RESOLVED)
    assert [judged.after for judged in facts(rehearsal, incident, Judged)] == [0, 1]
    assert rehearsal.self_test.effects(case) == ["apply"]
