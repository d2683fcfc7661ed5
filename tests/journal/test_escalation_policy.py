"""Who is paged, and when: told from entries alone. Refusals first: nobody is paged for what is over or taken."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from journal import policy
from journal.errors import IncidentClosed, Unsigned
from journal.facts.closed import Closed
from journal.facts.decided import Decided, Requested
from journal.facts.opened import TakenUp
from journal.facts.policy import Escalated, EscalationPolicy, Hours, PolicyLevel
from journal.facts.seen import Finding
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Answer, Channel, Ending
from journal.store import Journal
from tests.journal.samples import Ticking, opened

MINUTE = timedelta(minutes=1)
API = (
    PolicyLevel(name="L1", after=5 * MINUTE, contacts=("Ann",)),
    PolicyLevel(name="L2", after=15 * MINUTE, if_unresolved=True, contacts=("Ben",)),
    PolicyLevel(name="L3", after=30 * MINUTE, contacts=("Cleo",)),
)
DIGEST = "d" * 16


def begun(journal: Journal, levels: tuple[PolicyLevel, ...] = API) -> str:
    incident = journal.open_incident(opened())[0].id
    own = EscalationPolicy(issue="API errors", source="rung.t561", block="codeblue-rung/rung-prod", levels=levels)
    journal.append(incident, policy.KEY, own)
    return incident


def asked(journal: Journal, incident: str, clock: Ticking, digest: str = DIGEST) -> None:
    request = Requested(
        mitigation="end_idle",
        digest=digest,
        role="dba",
        quorum=1,
        requester_excluded=False,
        channels=(Channel.CLI,),
        expires_at=clock() + timedelta(hours=2),
        text="?",
    )
    journal.append(incident, f"ask:{digest}", request)


def answered(journal: Journal, incident: str, *, yes: bool, digest: str = DIGEST) -> None:
    fact = Decided(digest=digest, approve=yes, by="Mara", channel=Channel.CLI, identity_proven=False, why="x")
    journal.append(incident, f"decided:{digest}", fact)


def closed(journal: Journal, incident: str, ending: Ending) -> None:
    journal.append(incident, "closed", Closed(ending=ending, text="x"))


def names(journal: Journal, incident: str, clock: Ticking) -> list[str]:
    return [page.name for page in policy.due(journal.entries(incident), clock.now)]


def told(journal: Journal, incident: str, clock: Ticking, *, to: tuple[str, ...] = ("x",)) -> None:
    for page in policy.due(journal.entries(incident), clock.now):
        journal.append(incident, page.key, Escalated(level=page.level, told=to, why=page.why))


def test_nobody_is_paged_before_the_time_of_the_first_level(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    clock.wait(seconds=290)
    assert names(journal, incident, clock) == []


@pytest.mark.parametrize("ending", [e for e in Ending if e is not Ending.UNRESOLVED])
def test_nobody_is_paged_for_what_is_over(journal: Journal, clock: Ticking, ending: Ending) -> None:
    incident = begun(journal)
    closed(journal, incident, ending)
    clock.wait(seconds=7200)
    assert names(journal, incident, clock) == []
    assert policy.walked(journal.entries(incident))


def test_nobody_is_paged_once_somebody_took_it_over(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    with pytest.raises(Unsigned):
        policy.acknowledge(journal, incident, by=" ", channel=Channel.CLI, why="I have it")
    policy.acknowledge(journal, incident, by="Mara", channel=Channel.CLI, why="I have it")
    clock.wait(seconds=7200)
    assert names(journal, incident, clock) == []
    again = policy.acknowledge(journal, incident, by="Otto", channel=Channel.CLI, why="me too")
    assert again.fact.by == "Mara"


def test_what_ended_well_cannot_be_taken_over(journal: Journal) -> None:
    incident = begun(journal)
    closed(journal, incident, Ending.RESOLVED)
    with pytest.raises(IncidentClosed):
        policy.acknowledge(journal, incident, by="Mara", channel=Channel.CLI, why="I have it")


def test_an_incident_without_a_policy_pages_nobody_by_itself(journal: Journal, clock: Ticking) -> None:
    incident = journal.open_incident(opened())[0].id
    clock.wait(seconds=7200)
    assert names(journal, incident, clock) == []


def test_every_level_is_due_at_its_time_and_only_until_it_was_told(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    seen = []
    for _ in range(40):
        clock.wait(seconds=60)
        now = names(journal, incident, clock)
        seen += now
        told(journal, incident, clock)
        assert names(journal, incident, clock) == []
    assert seen == ["L1", "L2", "L3"]


def test_the_copy_counts_and_not_what_the_policy_says_later(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    later = EscalationPolicy(
        issue="API errors", source="x", block="b/n", levels=(PolicyLevel(name="L9", after=timedelta(0)),)
    )
    journal.append(incident, policy.KEY, later)
    clock.wait(seconds=3600)
    assert names(journal, incident, clock) == ["L1", "L2", "L3"]


def test_an_answer_ends_the_policy_up_to_the_level_that_says_if_unresolved(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    asked(journal, incident, clock)
    clock.wait(seconds=60)
    answered(journal, incident, yes=True)
    clock.wait(seconds=600)
    assert names(journal, incident, clock) == []
    clock.wait(seconds=300)
    assert names(journal, incident, clock) == ["L2"]
    assert "although somebody answered" in policy.due(journal.entries(incident), clock.now)[0].why
    clock.wait(seconds=1200)
    assert names(journal, incident, clock) == ["L2", "L3"]


def test_a_later_request_that_nobody_answers_walks_the_policy_from_its_own_asking(
    journal: Journal, clock: Ticking
) -> None:
    incident = begun(journal)
    clock.wait(seconds=360)
    told(journal, incident, clock)
    asked(journal, incident, clock)
    answered(journal, incident, yes=True)
    asked(journal, incident, clock, digest="e" * 16)
    number = journal.entries(incident)[-1].number
    clock.wait(seconds=301)
    assert names(journal, incident, clock) == [f"L1:ask-{number}"]
    assert "An approval (end_idle) has waited for 5 min" in policy.due(journal.entries(incident), clock.now)[0].why


def test_the_first_request_is_the_incidents_own_wait_so_nobody_is_paged_twice(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    asked(journal, incident, clock)
    clock.wait(seconds=3600)
    assert names(journal, incident, clock) == ["L1", "L2", "L3"]


def test_what_ends_unresolved_pages_the_first_level_at_once_and_the_others_at_their_time(
    journal: Journal, clock: Ticking
) -> None:
    incident = begun(journal)
    closed(journal, incident, Ending.UNRESOLVED)
    assert names(journal, incident, clock) == ["L1"]
    told(journal, incident, clock)
    assert not policy.walked(journal.entries(incident))
    clock.wait(seconds=901)
    assert names(journal, incident, clock) == ["L2"]
    clock.wait(seconds=901)
    told(journal, incident, clock)
    assert policy.walked(journal.entries(incident))


def test_who_said_no_knows_that_it_is_unresolved(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    asked(journal, incident, clock)
    answered(journal, incident, yes=False)
    closed(journal, incident, Ending.UNRESOLVED)
    clock.wait(seconds=360)
    assert names(journal, incident, clock) == []


def test_who_said_yes_must_hear_that_it_did_not_help(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    asked(journal, incident, clock)
    answered(journal, incident, yes=True)
    closed(journal, incident, Ending.UNRESOLVED)
    assert names(journal, incident, clock) == ["L1"]


def test_a_level_that_nobody_could_be_reached_at_makes_the_next_one_due(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    clock.wait(seconds=301)
    told(journal, incident, clock, to=())
    assert names(journal, incident, clock) == ["L2"]
    told(journal, incident, clock, to=("Ben",))
    assert names(journal, incident, clock) == []


def test_a_level_is_told_again_as_often_as_it_says(journal: Journal, clock: Ticking) -> None:
    level = PolicyLevel(name="L1", after=MINUTE, every=2 * MINUTE, times=3, contacts=("Ann",))
    incident, seen = begun(journal, (level,)), []
    for _ in range(10):
        clock.wait(seconds=60)
        seen.append(tuple(names(journal, incident, clock)))
        told(journal, incident, clock)
    assert [found for found in seen if found] == [("L1",), ("L1:2",), ("L1:3",)]


def test_a_level_with_hours_waits_until_they_begin(journal: Journal, clock: Ticking) -> None:
    begins = (clock.now + timedelta(hours=3)).time().replace(second=0, microsecond=0)
    hours = Hours(starts=begins, ends=(clock.now + timedelta(hours=5)).time())
    incident = begun(journal, (PolicyLevel(name="L1", after=timedelta(0), during=hours, contacts=("Ann",)),))
    clock.wait(seconds=3600)
    assert names(journal, incident, clock) == []
    clock.wait(seconds=2 * 3600)
    assert names(journal, incident, clock) == ["L1"]


def test_immediate_levels_are_all_due_at_once(journal: Journal, clock: Ticking) -> None:
    levels = tuple(PolicyLevel(name=name, after=timedelta(0), contacts=("Ann",)) for name in ("L1", "L2", "L3"))
    incident = begun(journal, levels)
    journal.append(incident, "taken_up:x", TakenUp(holder="x", pass_number=1))
    assert names(journal, incident, clock) == ["L1", "L2", "L3"]


@pytest.mark.parametrize(
    ("hours", "at", "within"),
    [
        (Hours(), "2026-01-03T03:00+00:00", True),
        (Hours(days=(0, 1, 2, 3, 4)), "2026-01-03T12:00+00:00", False),  # a Saturday
        (Hours(starts=time(9), ends=time(17), zone="Europe/Berlin"), "2026-01-02T08:30+00:00", True),
        (Hours(starts=time(9), ends=time(17), zone="Europe/Berlin"), "2026-01-02T16:30+00:00", False),
        (Hours(days=(4,), starts=time(22), ends=time(6)), "2026-01-03T05:00+00:00", True),  # begun on Friday
        (Hours(days=(5,), starts=time(22), ends=time(6)), "2026-01-03T05:00+00:00", False),
    ],
)
def test_hours_cover_what_they_say(hours: Hours, at: str, within: bool) -> None:
    moment = datetime.fromisoformat(at)
    assert hours.covers(moment) is within
    opens = hours.opens(moment)
    assert hours.covers(opens)
    assert (opens == moment) is within
    assert opens >= moment


def test_hours_across_a_change_of_the_clock_begin_at_the_wall_clock(journal: Journal) -> None:
    hours = Hours(starts=time(9), ends=time(17), zone="Europe/Berlin")
    assert hours.opens(datetime(2026, 3, 28, 17, tzinfo=UTC)) == datetime(2026, 3, 29, 7, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [{"days": ()}, {"days": (7,)}, {"zone": "Mars/Base"}])
def test_hours_that_cannot_be_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"day of the week|time zone"):
        Hours(**wrong)


def waits(journal: Journal, incident: str, clock: Ticking) -> None:
    fact = WaitBegun(
        mitigation="wait_for_it",
        title="Wait for it",
        treats="away",
        digest=DIGEST,
        until="it is back",
        says="It comes back by itself.",
        every=MINUTE,
        expires_at=clock() + timedelta(hours=1),
    )
    journal.append(incident, "wait:wait_for_it", fact)


def waited(journal: Journal, incident: str) -> None:
    seen = Finding(sentence="it is back", answer=Answer.NO, observed="away", weight=0.0)
    over = WaitOver(mitigation="wait_for_it", digest=DIGEST, by="time", finding=seen, took=timedelta(hours=1))
    journal.append(incident, "waited:wait_for_it", over)


def test_nobody_is_paged_for_what_ends_by_itself_but_who_is_told_of_all_that_lasts(
    journal: Journal, clock: Ticking
) -> None:
    incident = begun(journal)
    waits(journal, incident, clock)
    clock.wait(minutes=14)
    assert names(journal, incident, clock) == [], "nobody has to do anything"
    clock.wait(minutes=2)
    assert names(journal, incident, clock) == ["L2"], "it is told if unresolved"
    clock.wait(minutes=30)
    assert names(journal, incident, clock) == ["L2", "L3"]


def test_who_was_due_before_it_was_waited_is_told_all_the_same(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    clock.wait(minutes=6)
    waits(journal, incident, clock)
    assert names(journal, incident, clock) == ["L1"]


def test_when_it_was_waited_in_vain_everybody_is_told_from_then_on(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    waits(journal, incident, clock)
    clock.wait(minutes=60)
    told(journal, incident, clock)
    waited(journal, incident)
    assert names(journal, incident, clock) == []
    clock.wait(minutes=5)
    assert names(journal, incident, clock) == ["L1:wait-3"]
    (page,) = policy.due(journal.entries(incident), clock.now)
    assert page.why.startswith("It was waited, and that is over.")


def test_a_policy_without_anybody_who_is_told_of_all_that_lasts_is_silent_only_while_it_waits(
    journal: Journal, clock: Ticking
) -> None:
    incident = begun(journal, (PolicyLevel(name="L1", after=5 * MINUTE, contacts=("Ann",)),))
    waits(journal, incident, clock)
    clock.wait(minutes=59)
    assert names(journal, incident, clock) == []
    clock.wait(minutes=1)
    waited(journal, incident)
    clock.wait(minutes=5)
    assert names(journal, incident, clock) == ["L1:wait-3"]


def test_an_incident_that_ends_while_it_waits_is_told_at_once(journal: Journal, clock: Ticking) -> None:
    incident = begun(journal)
    waits(journal, incident, clock)
    closed(journal, incident, Ending.UNRESOLVED)
    assert names(journal, incident, clock) == ["L1"]
