"""Only the right person's answer to exactly this plan, in time, by an allowed channel, counts, and counts once."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from journal import approvals, switches
from journal.approvals import Standing, State
from journal.errors import (
    AlreadyDecided,
    AnswerRefused,
    ChannelRefused,
    Halted,
    IdentityNotProven,
    IncidentClosed,
    NoSuchRequest,
    OddName,
    OtherPlan,
    RequesterExcluded,
    RequestExpired,
    SamePersonTwice,
    UnknownIncident,
    Unsigned,
)
from journal.facts.closed import Closed, Noted
from journal.facts.decided import Decided
from journal.facts.opened import Joined
from journal.facts.seen import Finding, SymptomAsked
from journal.facts.words import Answer, Channel, Ending
from journal.store import Journal
from tests.journal.samples import DIGEST, TASK, Ticking, opened, requested, task


@pytest.fixture
def incident(journal: Journal) -> str:
    return journal.open_incident(opened(requested_by="Ana@example.com"))[0].id


def answer(journal: Journal, incident: str, digest: str = DIGEST, **other: object) -> Standing:
    said: dict[str, object] = {
        "approve": True,
        "by": "mara",
        "channel": Channel.CLI,
        "identity_proven": True,
        "why": "seen it",
    }
    return approvals.decide(journal, incident, digest, **(said | other))  # type: ignore[arg-type] # each test says its own


def refused(error: type[AnswerRefused | IncidentClosed], journal: Journal, incident: str, **other: object) -> str:
    before = len(journal.entries(incident))
    with pytest.raises(error) as caught:
        answer(journal, incident, **other)
    # Nothing is recorded, but that the time is over: once said, it stays so.
    assert {entry.kind for entry in journal.entries(incident)[before:]} <= {"lapsed"}
    back = pickle.loads(pickle.dumps(caught.value))
    assert str(back) == str(caught.value)
    return str(caught.value)


def test_an_answer_to_nothing_is_refused(journal: Journal, incident: str) -> None:
    assert "Nothing waits" in refused(NoSuchRequest, journal, incident)
    with pytest.raises(UnknownIncident):
        answer(journal, "INC-0")


def test_an_answer_for_another_plan_is_refused(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested())
    assert "now waits on plan 6f1a9c0de5b7…" in refused(OtherPlan, journal, incident, digest="a" * 64)


def test_a_second_approval_is_refused(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested())
    answer(journal, incident)
    assert "already approved by mara" in refused(AlreadyDecided, journal, incident, by="nina")
    assert "already approved by mara" in refused(AlreadyDecided, journal, incident, by="nina", approve=False)


def test_an_answer_after_the_time_is_refused_and_nothing_was_applied(
    journal: Journal, incident: str, clock: Ticking
) -> None:
    journal.append(incident, "r", requested())
    clock.wait(minutes=30)
    assert "expired at 2026-01-02 03:34:05 UTC" in refused(RequestExpired, journal, incident)


def test_an_answer_after_the_lapse_is_refused(journal: Journal, incident: str, clock: Ticking) -> None:
    journal.append(incident, "r", requested())
    clock.wait(minutes=31)
    assert approvals.lapse(journal, incident, DIGEST).state is State.EXPIRED
    assert approvals.lapse(journal, incident, DIGEST).state is State.EXPIRED
    assert [entry.kind for entry in journal.entries(incident)] == ["opened", "requested", "lapsed"]
    refused(RequestExpired, journal, incident)


def test_who_asked_may_not_approve_but_may_reject(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested(requester_excluded=True))
    assert "ask a second person" in refused(RequesterExcluded, journal, incident, by=" ana@EXAMPLE.com ")
    assert answer(journal, incident, by="ana@example.com", approve=False).state is State.REJECTED


def test_a_channel_that_may_not_answer_is_refused(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested())
    assert "answer by cli or web" in refused(ChannelRefused, journal, incident, channel=Channel.PREFECT)


def test_a_closed_incident_takes_no_answers(journal: Journal, incident: str, clock: Ticking) -> None:
    journal.append(incident, "r", requested())
    journal.append(incident, "closed", Closed(ending=Ending.RECOVERED, text="by itself"))
    assert "already closed (Recovered)" in refused(IncidentClosed, journal, incident)
    assert approvals.waiting(journal.entries(incident), clock.now) == ()


def test_the_same_person_cannot_make_a_quorum_in_any_spelling(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested(quorum=2))
    assert answer(journal, incident, by="Mara").state is State.WAITING
    assert "1 more yes must come from somebody else" in refused(SamePersonTwice, journal, incident, by=" mara ")
    standing = answer(journal, incident, by="nina")
    assert (standing.state, standing.by, standing.missing) == (State.APPROVED, ("Mara", "nina"), 0)


@pytest.mark.parametrize("empty", [{"by": " "}, {"why": ""}])
def test_an_answer_without_name_or_reason_is_refused(journal: Journal, incident: str, empty: dict[str, str]) -> None:
    journal.append(incident, "r", requested())
    assert "none was given" in refused(Unsigned, journal, incident, **empty)


def test_one_no_is_enough_even_from_who_said_yes(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested(quorum=2))
    answer(journal, incident)
    assert answer(journal, incident, approve=False, why="wrong host").state is State.REJECTED


def test_two_channels_at_once_record_one_answer(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested())

    def answered(by: str) -> bool:
        try:
            answer(journal, incident, by=by)
        except AlreadyDecided:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(answered, "abcdefgh")) == 1
    assert [entry.kind for entry in journal.entries(incident)] == ["opened", "requested", "decided"]


def test_a_lapse_comes_too_late_for_an_answer_in_time(journal: Journal, incident: str, clock: Ticking) -> None:
    journal.append(incident, "r", requested())
    answer(journal, incident)
    clock.wait(hours=1)
    assert approvals.lapse(journal, incident, DIGEST).state is State.APPROVED
    with pytest.raises(NoSuchRequest):
        approvals.lapse(journal, incident, "other")


def test_the_name_of_who_decided_is_kept_but_a_secret_in_the_reason_is_not(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested())
    answer(journal, incident, by="mara@example.com", why="password=hunter2 works, ask bob@example.com")
    said = journal.entries(incident)[-1].fact.model_dump()
    assert said["by"] == "mara@example.com"
    assert said["why"] == "password=[redacted: password] works, ask [redacted: e-mail]"


def test_the_same_plan_asked_for_again_waits_anew(journal: Journal, incident: str, clock: Ticking) -> None:
    journal.append(incident, "r1", requested())
    clock.wait(hours=1)
    approvals.lapse(journal, incident, DIGEST)
    journal.append(incident, "r2", requested(expires_at=clock.now.replace(hour=5)))
    assert answer(journal, incident).state is State.APPROVED


def test_what_waits_lists_approvals_and_manual_tasks(journal: Journal, incident: str, clock: Ticking) -> None:
    journal.append(incident, "r", requested())
    journal.append(incident, "t", task())
    entries = journal.entries(incident)
    assert [found.digest for found in approvals.waiting(entries, clock.now)] == [DIGEST, TASK]
    clock.wait(hours=1)
    assert [found.digest for found in approvals.waiting(entries, clock.now)] == [TASK]
    assert approvals.standing(entries, "none", clock.now) is None


def test_a_manual_task_is_reported_once(journal: Journal, incident: str) -> None:
    journal.append(incident, "t", task())
    refused(NoSuchRequest, journal, incident, digest=TASK)  # an approval is no report
    said = approvals.done(journal, incident, TASK, done=True, by="ana", channel=Channel.WEB, why="deployed")
    assert (said.state, said.by) == (State.DONE, ("ana",))
    with pytest.raises(AlreadyDecided, match="already done by ana"):
        approvals.done(journal, incident, TASK, done=False, by="bo", channel=Channel.WEB, why="no")


def test_a_manual_task_that_cannot_be_done_says_so(journal: Journal, incident: str, clock: Ticking) -> None:
    journal.append(incident, "t1", task())
    journal.append(incident, "t2", task(digest="b" * 64))
    said = approvals.done(journal, incident, TASK, done=False, by="ana", channel=Channel.WEB, why="no access")
    assert said.state is State.NOT_DONE
    with pytest.raises(Unsigned):
        approvals.done(journal, incident, "b" * 64, done=True, by="", channel=Channel.WEB, why="x")
    clock.wait(hours=5)
    with pytest.raises(RequestExpired):
        approvals.done(journal, incident, "b" * 64, done=True, by="ana", channel=Channel.WEB, why="late")
    assert approvals.lapse(journal, incident, "b" * 64).state is State.EXPIRED


def test_a_request_whose_problem_ended_is_withdrawn_once_and_takes_no_answer(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested())
    for _ in range(2):
        assert approvals.withdraw(journal, incident, DIGEST, "gone").state is State.WITHDRAWN
    assert [entry.kind for entry in journal.entries(incident)].count("withdrawn") == 1
    assert "already withdrawn by Code Blue" in refused(AlreadyDecided, journal, incident)


def test_an_answered_request_is_not_withdrawn(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested())
    answer(journal, incident)
    assert approvals.withdraw(journal, incident, DIGEST, "gone").state is State.APPROVED
    with pytest.raises(NoSuchRequest):
        approvals.withdraw(journal, incident, "a" * 64, "gone")


def test_a_monitors_end_is_unheard_until_the_symptom_was_asked_after_it(journal: Journal, incident: str) -> None:
    def says(status: str) -> int:
        return journal.append(incident, f"j{status}", Joined(alert={"status": status})).number

    assert approvals.monitors_end(journal.entries(incident)) is None
    number = says("resolved")
    assert approvals.monitors_end(journal.entries(incident)) == number
    assert approvals.unheard_end(journal.entries(incident))
    finding = Finding(sentence="it is broken", answer=Answer.YES, observed="yes", weight=1.0)
    phase = approvals.ended_phase(number)
    journal.append(incident, f"symptom:{phase}", SymptomAsked(phase=phase, finding=finding))
    assert not approvals.unheard_end(journal.entries(incident))
    assert approvals.monitors_end(journal.entries(incident)) == number
    says("firing")
    assert approvals.monitors_end(journal.entries(incident)) is None


@pytest.mark.parametrize("careful", [{"quorum": 2}, {"requester_excluded": True}])
def test_where_it_matters_who_it_was_a_yes_without_proof_is_refused_and_a_no_counts(
    journal: Journal, incident: str, careful: dict[str, object]
) -> None:
    journal.append(incident, "r", requested(channels=tuple(Channel), **careful))
    said = refused(IdentityNotProven, journal, incident, by="mallory2", channel=Channel.PREFECT, identity_proven=False)
    assert "nothing proves that mallory2 answered by prefect-ui" in said
    assert "answer with `codeblue approve" in said
    assert answer(journal, incident, by="x", approve=False, identity_proven=False).state is State.REJECTED


def test_one_person_under_two_names_is_no_quorum(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested(quorum=2))
    assert answer(journal, incident, by="mallory").state is State.WAITING
    refused(IdentityNotProven, journal, incident, by="mallory2", identity_proven=False)
    assert answer(journal, incident, by="nina").state is State.APPROVED


def test_a_yes_without_proof_that_an_earlier_version_recorded_makes_no_quorum(journal: Journal, incident: str) -> None:
    journal.append(incident, "r", requested(quorum=2))
    for by in ("mallory", "mallory2"):
        fact = Decided(digest=DIGEST, approve=True, by=by, channel=Channel.CLI, identity_proven=False, why="x")
        journal.append(incident, f"decided:{by}", fact)
    found = approvals.standing(journal.entries(incident), DIGEST, journal.clock())
    assert found is not None
    assert (found.state, found.missing) == (State.WAITING, 2)


@pytest.mark.parametrize("same_person", ["\uff4d\uff41\uff52\uff41", "MARA", "mar\u00e1", "mara\u0301"])
def test_another_spelling_makes_no_quorum(journal: Journal, incident: str, same_person: str) -> None:
    journal.append(incident, "r", requested(quorum=2))
    answer(journal, incident, by="mara")
    refused(SamePersonTwice, journal, incident, by=same_person)


@pytest.mark.parametrize("who_asked", ["\uff41\uff4e\uff41@example.com", "ANA@EXAMPLE.COM", "an\u00e1@example.com"])
def test_who_asked_is_excluded_in_any_spelling(journal: Journal, incident: str, who_asked: str) -> None:
    journal.append(incident, "r", requested(requester_excluded=True))
    refused(RequesterExcluded, journal, incident, by=who_asked)


@pytest.mark.parametrize("name", ["ma\u200bra", "m\u0430ra", "mara\u202e"])
def test_a_name_that_shows_as_anothers_answers_nothing(journal: Journal, incident: str, name: str) -> None:
    journal.append(incident, "r", requested())
    journal.append(incident, "t", task())
    refused(OddName, journal, incident, by=name)
    with pytest.raises(OddName):
        approvals.done(journal, incident, TASK, done=True, by=name, channel=Channel.WEB, why="x")


def test_a_clock_set_back_does_not_revive_what_somebody_was_told_is_over(
    journal: Journal, incident: str, clock: Ticking
) -> None:
    journal.append(incident, "r", requested())
    clock.wait(minutes=31)
    refused(RequestExpired, journal, incident)
    clock.wait(minutes=-25)
    refused(RequestExpired, journal, incident)
    assert approvals.waiting(journal.entries(incident), clock.now) == ()


def test_a_clock_set_back_does_not_revive_a_task_that_somebody_was_told_is_over(
    journal: Journal, incident: str, clock: Ticking
) -> None:
    journal.append(incident, "t", task())
    clock.wait(hours=5)
    for _ in range(2):
        with pytest.raises(RequestExpired):
            approvals.done(journal, incident, TASK, done=True, by="ana", channel=Channel.WEB, why="late")
        clock.wait(hours=-4)


def test_a_clock_set_back_does_not_revive_what_expired_before_a_later_entry(
    journal: Journal, incident: str, clock: Ticking
) -> None:
    journal.append(incident, "r", requested())
    clock.wait(minutes=31)
    journal.append(incident, "n", Noted(by="codeblue", text="later"))
    clock.wait(minutes=-25)
    refused(RequestExpired, journal, incident)


def test_a_clock_that_leapt_and_was_put_right_before_the_question_does_not_end_it(
    journal: Journal, incident: str, clock: Ticking
) -> None:
    clock.wait(days=365)
    journal.append(incident, "n", Noted(by="codeblue", text="in the far future"))
    clock.wait(days=-365)
    journal.append(incident, "r", requested())
    assert answer(journal, incident).state is State.APPROVED


def test_a_yes_keeps_for_as_long_as_the_question_waited_at_most(
    journal: Journal, incident: str, clock: Ticking
) -> None:
    journal.append(incident, "r", requested())
    answer(journal, incident)
    entries = journal.entries(incident)
    assert not approvals.outdated(entries, DIGEST, clock.now)
    clock.wait(minutes=30)
    assert not approvals.outdated(entries, DIGEST, clock.now)
    clock.wait(seconds=1)
    assert approvals.outdated(entries, DIGEST, clock.now)
    assert not approvals.outdated(entries, "never asked", clock.now)


def test_a_clock_set_back_does_not_revive_a_yes_that_was_too_old_when_something_else_happened(
    journal: Journal, incident: str, clock: Ticking
) -> None:
    journal.append(incident, "r", requested())
    answer(journal, incident)
    clock.wait(minutes=31)
    journal.append(incident, "n", Noted(by="codeblue", text="its run begins again"))
    clock.wait(minutes=-25)
    assert approvals.outdated(journal.entries(incident), DIGEST, clock.now)


@pytest.mark.parametrize("over", ["rung", switches.EVERYWHERE, "the switch"])
def test_a_yes_that_would_change_nothing_does_not_count_and_a_no_does(
    journal: Journal, incident: str, over: str
) -> None:
    journal.append(incident, "a", requested())
    if over == "the switch":
        switches.stop(journal, "bo", "wrong targets")
    else:
        now = journal.clock()
        window = {"starts": now - timedelta(minutes=1), "ends": now + timedelta(hours=1)}
        switches.freeze(journal, over, by="bo", why="wrong targets", **window)
    said = refused(Halted, journal, incident)
    assert "wrong targets, bo" in said
    assert f"{incident} still waits for one" in said
    assert answer(journal, incident, approve=False).state is State.REJECTED


def test_a_yes_counts_once_the_freeze_is_lifted_and_whatever_else_is_frozen(journal: Journal, incident: str) -> None:
    journal.append(incident, "a", requested())
    now = journal.clock()
    window = {"starts": now - timedelta(minutes=1), "ends": now + timedelta(hours=1)}
    for system in ("rung", "shop"):
        switches.freeze(journal, system, by="bo", why="release", **window)
    refused(Halted, journal, incident)
    switches.thaw(journal, "rung", "bo", "released")
    assert answer(journal, incident).state is State.APPROVED
