"""What the pipeline must not do, on real parts: whatever happens is counted in the world."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from journal import approvals, switches
from journal.errors import AlreadyDecided, ChannelRefused, OtherPlan, RequestExpired, SamePersonTwice
from journal.facts.closed import Noted
from journal.facts.decided import Decided, Passed, Withdrawn
from journal.facts.done import Carried, Intended
from journal.facts.opened import Joined
from journal.facts.words import Channel, Ending
from sandbox.rehearsal import Rehearsal, wait
from tests.flows.cases import PATIENCE, facts, resume_by_form, through


def test_a_rejected_plan_is_not_applied(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "plain", yes=False)
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == []
    assert [passed.by for passed in facts(rehearsal, incident, Passed)] == ["person"]


def test_an_unanswered_plan_expires_closed_without_anybody_touching_it(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("expiring")
    assert rehearsal.closed(incident, within=PATIENCE).ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == []
    assert [passed.by for passed in facts(rehearsal, incident, Passed)] == ["time"]


def test_an_answer_after_expiry_is_refused(rehearsal: Rehearsal) -> None:
    _, incident = rehearsal.practise("expiring")
    standing = rehearsal.asked(incident)
    assert standing is not None
    wait(lambda: datetime.now(UTC) > standing.request.expires_at or None, within=60, what="the approval to expire")
    with pytest.raises(RequestExpired):
        rehearsal.answer(standing, yes=True)


def test_a_yes_to_another_plan_is_refused_and_the_right_one_still_waits(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    with pytest.raises(OtherPlan):
        approvals.decide(
            rehearsal.journal,
            incident,
            "0" * 16,
            approve=True,
            by="ann",
            channel=Channel.CLI,
            identity_proven=False,
            why="x",
        )
    assert rehearsal.self_test.effects(case) == []
    rehearsal.answer(standing, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_a_second_yes_is_refused_and_changes_nothing(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None

    def answer(by: str) -> approvals.Standing:
        return approvals.decide(
            rehearsal.journal, incident, standing.digest, approve=True, by=by, channel=Channel.CLI,
            identity_proven=False, why="known",
        )  # fmt: skip

    first = answer("ann")
    with pytest.raises(AlreadyDecided):
        answer("somebody else")
    rehearsal.resume(first)
    rehearsal.closed(incident)
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_a_channel_that_may_not_answer_is_refused(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("one_channel")
    standing = rehearsal.asked(incident)
    assert standing is not None
    with pytest.raises(ChannelRefused):
        rehearsal.answer(standing, yes=True)
    assert rehearsal.self_test.effects(case) == []


def test_one_person_is_not_two(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("careful")
    standing = rehearsal.asked(incident)
    assert standing is not None
    decide = {"channel": Channel.CLI, "identity_proven": True, "why": "x", "approve": True}
    first = approvals.decide(rehearsal.journal, incident, standing.digest, by="Ann", **decide)
    assert first.missing == 1
    with pytest.raises(SamePersonTwice):
        approvals.decide(rehearsal.journal, incident, standing.digest, by="ann ", **decide)
    assert rehearsal.self_test.effects(case) == []
    rehearsal.resume(approvals.decide(rehearsal.journal, incident, standing.digest, by="Ben", **decide))
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_a_drifted_target_is_left_alone(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "drifting")
    assert closed.ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == []
    assert "no longer what was approved" in facts(rehearsal, incident, Carried)[0].note


def test_a_plan_that_cannot_be_drawn_for_a_moment_is_drawn_again(rehearsal: Rehearsal) -> None:
    case, _, closed = through(rehearsal, "hazy")
    assert closed.ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_a_plan_that_can_never_be_drawn_is_passed_over_and_the_end_says_why(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "veiled")
    assert closed.ending is Ending.UNRESOLVED
    assert [passed.by for passed in facts(rehearsal, incident, Passed)] == ["plan"]
    assert "Not done: “Fix what is veiled”. No plan could be drawn, although it was tried again" in closed.text
    assert rehearsal.self_test.effects(case) == []


def test_a_guardrail_refuses_before_anybody_is_asked(rehearsal: Rehearsal) -> None:
    case, incident, closed = through(rehearsal, "greedy")
    assert closed.ending is Ending.UNRESOLVED
    assert [passed.by for passed in facts(rehearsal, incident, Passed)] == ["guardrail"]
    assert rehearsal.self_test.effects(case) == []


def test_a_change_that_is_not_needed_says_why(rehearsal: Rehearsal) -> None:
    _, incident, _ = through(rehearsal, "unneeded")
    assert [passed.why for passed in facts(rehearsal, incident, Passed)] == ["Nothing is to be done here."]


def test_the_stop_switch_stops_an_approved_change(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    said = {"by": "ann", "channel": Channel.CLI, "identity_proven": True, "why": "known"}
    decided = approvals.decide(rehearsal.journal, incident, standing.digest, approve=True, **said)
    switches.stop(rehearsal.journal, "ann", "we look first")
    try:
        rehearsal.resume(decided)
        assert rehearsal.closed(incident).ending is Ending.UNRESOLVED
    finally:
        switches.go(rehearsal.journal, "ann", "looked")
    assert rehearsal.self_test.effects(case) == []
    assert facts(rehearsal, incident, Intended) == []


def test_a_yes_of_the_form_while_frozen_does_not_count_then_or_later(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    assert rehearsal.asked(incident) is not None
    switches.stop(rehearsal.journal, "ann", "we look first")
    try:
        for _ in range(2):
            assert resume_by_form(rehearsal, incident) == "ACCEPT"
            wait(lambda: refusals(rehearsal, incident) or None, within=PATIENCE, what="the answer to be refused")
            switches.go(rehearsal.journal, "ann", "looked")
            assert rehearsal.asked(incident) is not None
            switches.stop(rehearsal.journal, "ann", "we look again")
        wait(lambda: len(refusals(rehearsal, incident)) == 2 or None, within=PATIENCE, what="the second refusal")
    finally:
        switches.go(rehearsal.journal, "ann", "looked")
    assert facts(rehearsal, incident, Decided) == []
    assert resume_by_form(rehearsal, incident) == "ACCEPT"
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert len(facts(rehearsal, incident, Decided)) == 1, "what did not count is not counted later"
    assert rehearsal.self_test.effects(case) == ["apply"]


def refusals(rehearsal: Rehearsal, incident: str) -> list[str]:
    return [one.text for one in facts(rehearsal, incident, Noted) if "would change nothing now" in one.text]


def test_a_freeze_window_stops_planning(rehearsal: Rehearsal) -> None:
    now = datetime.now(UTC)
    switches.freeze(
        rehearsal.journal, "practice", starts=now, ends=now + timedelta(minutes=5), by="ann", why="quarter end"
    )
    try:
        case, incident, _ = through(rehearsal, "plain")
    finally:
        switches.thaw(rehearsal.journal, "practice", "ann", "over")
    assert rehearsal.self_test.effects(case) == []
    assert "frozen" in facts(rehearsal, incident, Passed)[0].why


def test_a_recovered_system_is_not_changed_although_the_plan_was_approved(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.self_test.fix(case)
    rehearsal.answer(standing, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RECOVERED
    assert rehearsal.self_test.effects(case) == []


def say_it_ended(rehearsal: Rehearsal, incident: str) -> None:
    alert = {"format": "alertmanager", "name": "Practice", "fingerprint": "f", "status": "resolved"}
    rehearsal.journal.append(incident, f"joined:{uuid.uuid4()}", Joined(alert=alert))


def test_a_question_is_withdrawn_when_the_alert_ended_and_the_symptom_is_gone(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.self_test.fix(case)
    say_it_ended(rehearsal, incident)
    assert rehearsal.closed(incident, within=PATIENCE).ending is Ending.RECOVERED
    assert rehearsal.self_test.effects(case) == []
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
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_an_environment_that_is_not_saved_is_said_in_one_sentence(rehearsal: Rehearsal) -> None:
    with rehearsal.stack.client() as client:
        deployment = client.read_deployment_by_name("practice.incident/incident")
        params = {"params": {"case": uuid.uuid4().hex, "environment": "nowhere"}}
        run = client.create_flow_run_from_deployment(deployment.id, parameters=params)
        incident = wait(lambda: rehearsal.journal.incident_of(str(run.id)), within=90, what="the incident")
    closed = rehearsal.closed(incident)
    assert closed.ending is Ending.UNRESOLVED
    assert closed.text.startswith(
        "No environment 'nowhere' is saved as Code Blue practice; save it in Prefect under Blocks"
    )


def test_a_form_that_was_opened_for_another_plan_is_refused_and_the_run_stays_suspended(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    assert resume_by_form(rehearsal, incident, plan="0" * 16) == "REJECT"
    assert rehearsal.self_test.effects(case) == []
    assert facts(rehearsal, incident, Decided) == []
    assert resume_by_form(rehearsal, incident) == "ACCEPT"
    assert rehearsal.closed(incident).ending is Ending.RESOLVED


def test_a_no_in_the_prefect_ui_is_a_no(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    resume_by_form(rehearsal, incident, decision="reject")
    assert rehearsal.closed(incident).ending is Ending.UNRESOLVED
    assert rehearsal.self_test.effects(case) == []
