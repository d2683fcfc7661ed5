"""The pipeline, word by word, on real parts. Refusals first: what must not happen is counted in the world."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.schemas.objects import State

from deployments import bell
from journal import approvals, switches
from journal.confirming import confirm
from journal.errors import AlreadyDecided, DoorRefused, OtherPlan, RequestExpired, SamePersonTwice
from journal.facts.closed import Closed, HandedOff, Noted
from journal.facts.decided import Decided, Passed, Withdrawn
from journal.facts.done import Carried, Intended, Settled, Validated
from journal.facts.opened import Joined
from journal.facts.seen import Judged
from journal.facts.words import Door, Ending
from runbook.learning import learned
from sandbox.rehearsal import Rehearsal, wait

PATIENCE = 60


def facts(rehearsal: Rehearsal, incident: str, kind: type) -> list:
    return [entry.fact for entry in rehearsal.journal.entries(incident) if isinstance(entry.fact, kind)]


def through(rehearsal: Rehearsal, cause: str, *, yes: bool = True) -> tuple[str, str, Closed]:
    """Run a case to its end, answering whatever is asked."""
    case, incident = rehearsal.practise(cause)
    while (standing := rehearsal.asked(incident)) is not None:
        rehearsal.answer(standing, yes=yes)
    return case, incident, rehearsal.closed(incident)


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_a_rejected_plan_is_not_applied(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "plain", yes=False)
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.ground.effects(case) == []
    assert [passed.by for passed in facts(rehearsal, incident, Passed)] == ["person"]


def test_an_unanswered_plan_expires_closed_without_anybody_touching_it(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("expiring")
    assert rehearsal.closed(incident, within=PATIENCE).ending is Ending.UNRESOLVED
    assert rehearsal.ground.effects(case) == []
    assert [passed.by for passed in facts(rehearsal, incident, Passed)] == ["time"]


def test_an_answer_after_expiry_is_refused(rehearsal: Rehearsal) -> None:
    _, incident = rehearsal.practise("expiring")
    standing = rehearsal.asked(incident)
    assert standing is not None
    wait(lambda: datetime.now(UTC) > standing.request.expires_at or None, within=10, what="the approval to expire")
    with pytest.raises(RequestExpired):
        rehearsal.answer(standing, yes=True)


def test_a_yes_to_another_plan_is_refused_and_the_right_one_still_waits(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    with pytest.raises(OtherPlan):
        approvals.decide(
            rehearsal.journal, incident, "0" * 16, approve=True, by="ann", door=Door.CLI, identity_proven=False, why="x"
        )
    assert rehearsal.ground.effects(case) == []
    rehearsal.answer(standing, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.ground.effects(case) == ["apply"]


def test_a_second_yes_is_refused_and_changes_nothing(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.answer(standing, yes=True)
    with pytest.raises(AlreadyDecided):
        rehearsal.answer(standing, yes=True, by="somebody else")
    rehearsal.closed(incident)
    assert rehearsal.ground.effects(case) == ["apply"]


def test_a_door_that_may_not_answer_is_refused(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("closed_doors")
    standing = rehearsal.asked(incident)
    assert standing is not None
    with pytest.raises(DoorRefused):
        rehearsal.answer(standing, yes=True)
    assert rehearsal.ground.effects(case) == []


def test_one_person_is_not_two(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("careful")
    standing = rehearsal.asked(incident)
    assert standing is not None
    decide = {"door": Door.CLI, "identity_proven": False, "why": "x", "approve": True}
    first = approvals.decide(rehearsal.journal, incident, standing.digest, by="Ann", **decide)
    assert first.missing == 1
    with pytest.raises(SamePersonTwice):
        approvals.decide(rehearsal.journal, incident, standing.digest, by="ann ", **decide)
    assert rehearsal.ground.effects(case) == []
    rehearsal.go_on(approvals.decide(rehearsal.journal, incident, standing.digest, by="Ben", **decide))
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.ground.effects(case) == ["apply"]


def test_a_drifted_target_is_left_alone(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "drifting")
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.ground.effects(case) == []
    assert "no longer what was approved" in facts(rehearsal, incident, Carried)[0].note


def test_a_belt_refuses_before_anybody_is_asked(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "greedy")
    assert closed.ending is Ending.UNRESOLVED
    assert [passed.by for passed in facts(rehearsal, incident, Passed)] == ["belt"]
    assert rehearsal.ground.effects(case) == []


def test_a_change_that_is_not_needed_says_why(rehearsal: Rehearsal) -> None:
    _, incident, _ = through(rehearsal, "unneeded")
    assert [passed.why for passed in facts(rehearsal, incident, Passed)] == ["Nothing is to be done here."]


def test_the_stop_switch_stops_an_approved_change(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    switches.stop(rehearsal.journal, "ann", "we look first")
    try:
        rehearsal.answer(standing, yes=True)
        assert rehearsal.closed(incident).ending is Ending.UNRESOLVED
    finally:
        switches.go(rehearsal.journal, "ann", "looked")
    assert rehearsal.ground.effects(case) == []
    assert facts(rehearsal, incident, Intended) == []


def test_a_freeze_window_stops_planning(rehearsal: Rehearsal) -> None:
    now = datetime.now(UTC)
    switches.freeze(
        rehearsal.journal, "practice", starts=now, ends=now + timedelta(minutes=5), by="ann", why="quarter end"
    )
    try:
        case, incident, _ = through(rehearsal, "plain")
    finally:
        switches.thaw(rehearsal.journal, "practice", "ann", "over")
    assert rehearsal.ground.effects(case) == []
    assert "frozen" in facts(rehearsal, incident, Passed)[0].why


def test_a_recovered_system_is_not_changed_although_the_plan_was_approved(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.ground.mend(case)
    rehearsal.answer(standing, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RECOVERED
    assert rehearsal.ground.effects(case) == []


def say_it_ended(rehearsal: Rehearsal, incident: str) -> None:
    alert = {"format": "alertmanager", "name": "Practice", "fingerprint": "f", "status": "resolved"}
    rehearsal.journal.append(incident, f"joined:{uuid.uuid4()}", Joined(alert=alert))


def test_a_question_is_withdrawn_when_the_alert_ended_and_the_symptom_is_gone(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.ground.mend(case)
    say_it_ended(rehearsal, incident)
    assert rehearsal.closed(incident, within=PATIENCE).ending is Ending.RECOVERED
    assert rehearsal.ground.effects(case) == []
    assert [passed.by for passed in facts(rehearsal, incident, Passed)] == ["recovery"]
    assert len(facts(rehearsal, incident, Withdrawn)) == 1


def test_a_question_stands_when_the_alert_ended_and_the_symptom_is_still_there(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    say_it_ended(rehearsal, incident)

    def asked_again() -> bool | None:
        keys = [entry.key for entry in rehearsal.journal.entries(incident)]
        return any(key.startswith("symptom:ended:") for key in keys) or None

    wait(asked_again, within=PATIENCE, what="the symptom to be asked again")
    assert facts(rehearsal, incident, Withdrawn) == []
    rehearsal.answer(standing, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.ground.effects(case) == ["apply"]


def test_an_environment_that_is_not_saved_is_said_in_one_sentence(rehearsal: Rehearsal) -> None:
    with rehearsal.stack.client() as client:
        deployment = client.read_deployment_by_name("practice.incident/incident")
        params = {"params": {"case": uuid.uuid4().hex, "environment": "nowhere"}}
        run = client.create_flow_run_from_deployment(deployment.id, parameters=params)
        incident = wait(lambda: rehearsal.journal.incident_of(str(run.id)), within=30, what="the incident")
    closed = rehearsal.closed(incident)
    assert closed.ending is Ending.UNRESOLVED
    assert "There is no saved environment 'nowhere'" in closed.text


def resume_by_form(rehearsal: Rehearsal, incident: str, **given: str) -> str:
    """What Prefect says when its UI submits the form of a suspended run."""
    standing = rehearsal.asked(incident)
    assert standing is not None
    run = uuid.UUID(standing.asked.flow_run)
    form = {"decision": "approve", "name": "Grace", "why": "known", "plan": standing.digest, **given}
    with rehearsal.stack.client() as client:

        def suspended() -> bool | None:
            state = client.read_flow_run(run).state
            return (state is not None and state.is_paused()) or None

        wait(suspended, within=20, what="the run to suspend itself")
        answer = wait(
            lambda: (
                None
                if (a := client.resume_flow_run(run, run_input=form)).status == "REJECT"
                and "not found" in a.details.reason  # Prefect stores the form a moment after the state
                else a
            ),
            within=10,
            what="Prefect to know the form",
        )
    bell.ring(rehearsal.stack.home, run)
    return answer.status


def test_a_form_that_was_opened_for_another_plan_is_refused_and_the_run_stays_suspended(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    assert resume_by_form(rehearsal, incident, plan="0" * 16) == "REJECT"
    assert rehearsal.ground.effects(case) == []
    assert facts(rehearsal, incident, Decided) == []
    assert resume_by_form(rehearsal, incident) == "ACCEPT"
    assert rehearsal.closed(incident).ending is Ending.RESOLVED


def test_a_no_in_the_prefect_ui_is_a_no(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    resume_by_form(rehearsal, incident, decision="reject")
    assert rehearsal.closed(incident).ending is Ending.UNRESOLVED
    assert rehearsal.ground.effects(case) == []


# -- what must happen -------------------------------------------------------------------------------------------------


def test_an_approved_change_is_applied_once_validated_and_written_up(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "plain")
    assert closed.ending is Ending.RESOLVED
    assert rehearsal.ground.effects(case) == ["apply"]
    assert facts(rehearsal, incident, Validated)[0].held
    run = next(entry.flow_run for entry in rehearsal.journal.entries(incident) if entry.kind == "closed")
    with rehearsal.stack.client() as client:

        def final() -> State | None:
            state = client.read_flow_run(uuid.UUID(run)).state
            return state if state is not None and state.is_final() else None

        state = wait(final, within=20, what="the end")
    assert state.name == "Resolved"
    assert (rehearsal.stack.home.path / "timelines" / f"{incident}.md").exists()


def test_a_yes_in_the_prefect_ui_is_recorded_with_its_door_and_without_a_proven_identity(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    resume_by_form(rehearsal, incident)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    decided = facts(rehearsal, incident, Decided)[0]
    assert (decided.by, decided.door, decided.identity_proven) == ("Grace", Door.PREFECT, False)
    assert rehearsal.ground.effects(case) == ["apply"]


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
    assert rehearsal.ground.effects(case) == ["apply"]


def test_a_change_that_does_not_help_is_undone(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "useless")
    assert closed.ending is Ending.UNRESOLVED
    assert not facts(rehearsal, incident, Validated)[0].held
    assert rehearsal.ground.effects(case) == ["apply", "undo"]


def test_a_failed_undo_is_said_loudly(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "stuck")
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.ground.effects(case) == ["apply"]
    assert any("COULD NOT BE UNDONE" in noted.text for noted in facts(rehearsal, incident, Noted))


def test_a_temporary_failure_is_tried_again_only_because_the_target_says_nothing_happened(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "flaky")
    assert closed.ending is Ending.RESOLVED
    assert rehearsal.ground.effects(case) == ["apply"]
    assert [intended.attempt for intended in facts(rehearsal, incident, Intended)] == [1, 2]


def test_an_act_whose_answer_was_lost_is_found_at_the_target_and_not_repeated(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "lost")
    assert closed.ending is Ending.RESOLVED
    assert rehearsal.ground.effects(case) == ["apply"]
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
    assert rehearsal.ground.effects(case) == ["apply"]


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
    assert rehearsal.ground.effects(case) == ["apply", "undo"]


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
    rehearsal.ground.mend(case)
    rehearsal.answer(task, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED


def test_a_hand_off_starts_the_other_runbook(rehearsal: Rehearsal) -> None:
    _, incident, closed = through(rehearsal, "handed")
    assert closed.ending is Ending.HANDED_OFF
    handed = facts(rehearsal, incident, HandedOff)[0]
    other = wait(lambda: rehearsal.journal.incident_of(handed.flow_run), within=30, what="the other incident")
    assert rehearsal.closed(other).ending is Ending.NOT_REPRODUCED


def test_a_temporary_change_is_undone_when_its_time_is_up(rehearsal: Rehearsal) -> None:
    case, _, closed = through(rehearsal, "temporary")
    assert closed.ending is Ending.RESOLVED
    wait(lambda: rehearsal.ground.effects(case) == ["apply", "undo"] or None, within=PATIENCE, what="the undo")


def test_a_cooldown_refuses_the_same_change_of_the_next_incident(rehearsal: Rehearsal) -> None:
    through(rehearsal, "plain")
    case, incident, closed = through(rehearsal, "cooling")
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.ground.effects(case) == []
    assert "may be made again 10 h after" in facts(rehearsal, incident, Passed)[0].why
