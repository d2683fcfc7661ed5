"""Resuming schedules, and the timetable that says which: what is paused runs again, and undone it is paused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.environment import Environment
from blocks.notifier import Notifier
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.triggerdev.kept import Schedule
from sandbox.triggerdev.server import CHANGING, READING
from tasks.triggerdev.activate import ActivateSchedule
from tasks.triggerdev.schedules import Entry, read_schedules, read_timetable, to_schedule
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.test_triggerdev_reads import PUBLISHED
from tests.tasks.trigger import OUT, SYNC, Here, practising

CRON, ZONE, A_DAY = "0 7 * * *", "Europe/Bucharest", timedelta(hours=25)
WANTED = {"task": SYNC, "owner": "the CRM team", "cron": CRON, "timezone": ZONE, "late": A_DAY}


@pytest.fixture
def here() -> Iterator[Here]:
    """A task that runs each morning, with a schedule as the timetable has it."""
    with practising() as found:
        found.kept.schedules = {"sched_1": Schedule(id="sched_1", task=SYNC, cron=CRON, timezone=ZONE)}
        found.kept.clocked = {SYNC}
        yield found


@pytest.fixture
def env() -> Environment:
    """What `guarded` judges guardrails in."""
    return Environment(notifier=Notifier())


@pytest.fixture
def resume(here: Here) -> ActivateSchedule:
    return ActivateSchedule(trigger=block(here))


def block(here: Here, **more: Any) -> Any:
    return here.block(schedules_key=SecretStr(CHANGING), timetable=[WANTED], **more)


def entry(here: Here, *, changed: bool = False) -> Entry:
    (found,) = read_timetable(block(here), changed=changed).tasks
    return found


# -- the timetable ----------------------------------------------------------------------------------------------------


def test_a_task_runs_that_has_its_schedule_and_has_succeeded_of_late(here: Here) -> None:
    here.ended(SYNC)
    found = entry(here)
    assert found.runs
    assert not any((found.missing, found.paused, found.other, found.overdue, found.fails))


def test_of_a_task_without_a_success_that_is_listed_nobody_can_tell(here: Here) -> None:
    with pytest.raises(LookupError, match="no run of contact-sync"):
        _ = read_timetable(block(here)).wrong


def test_of_a_task_of_which_nothing_is_listed_nobody_says_that_its_schedule_is_missing(here: Here) -> None:
    here.kept.schedules.clear()
    here.kept.runs.clear()
    found = read_timetable(block(here))
    for asked in (lambda: found.missing, lambda: found.wrong, lambda: found.fails):
        with pytest.raises(LookupError, match="may be called otherwise"):
            asked()
    here.ended(SYNC)
    assert read_timetable(block(here)).missing


def test_what_is_paused_is_told_beside_a_task_of_which_nothing_is_listed(here: Here) -> None:
    here.ended(SYNC)
    here.kept.schedules["sched_1"].active = False
    unknown = {**WANTED, "task": "contact-synk"}
    found = read_timetable(here.block(schedules_key=SecretStr(CHANGING), timetable=[unknown, WANTED]))
    assert found.wrong
    assert any(one.paused for one in found.tasks)


def test_each_way_of_not_running_is_told_apart(here: Here) -> None:
    here.ended(SYNC)
    schedule = here.kept.schedules["sched_1"]
    schedule.active = False
    assert entry(here).paused
    schedule.active, schedule.timezone = True, "UTC"
    assert (entry(here).other, entry(here).paused) == (True, False)
    here.kept.schedules.clear()
    assert entry(here).missing
    assert read_timetable(block(here)).wrong


@pytest.mark.parametrize(
    ("cron", "zone", "other"),
    [
        ("00  07 * * *", ZONE, False),
        (CRON, "EET", False),
        (CRON, "Europe/Athens", False),
        (CRON, "Etc/GMT-2", True),
        (CRON, "Europe/Nowhere", True),
        ("0 17 * * *", ZONE, True),
    ],
)
def test_the_same_times_written_otherwise_are_no_other_times(here: Here, cron: str, zone: str, other: bool) -> None:
    here.ended(SYNC)
    here.kept.schedules["sched_1"].cron, here.kept.schedules["sched_1"].timezone = cron, zone
    assert (entry(here).other, entry(here).runs) == (other, not other)


def test_what_is_paused_for_another_schedule_that_does_its_work_runs(here: Here) -> None:
    here.ended(SYNC)
    here.kept.schedules["sched_1"].active = False
    here.kept.schedules["sched_2"] = Schedule(id="sched_2", task=SYNC, cron=CRON, timezone=ZONE)
    assert entry(here).runs


def test_a_task_whose_runs_fail_is_overdue_once_it_is_late(here: Here) -> None:
    (well,) = here.ended(SYNC)
    here.ended(SYNC, 1, OUT)[0].created += timedelta(milliseconds=500)
    assert (entry(here).fails, entry(here).unfinished) == (False, 1)
    well.created -= A_DAY
    found = entry(here)
    assert (found.fails, found.overdue) == (True, True)
    here.ended(SYNC, 15, OUT)
    assert entry(here).fails, "the success is not among the newest runs"
    assert not entry(here, changed=True).overdue, "what was changed a moment ago runs at its next time"


def test_without_a_key_for_them_nobody_sees_schedules(here: Here) -> None:
    with pytest.raises(Permanent, match="no key that sees schedules"):
        list(read_schedules(here.block()))
    with pytest.raises(Permanent, match="does not accept the key"):
        list(read_schedules(here.block(schedules_key=SecretStr(READING))))


def test_schedules_are_read_page_by_page(here: Here) -> None:
    for number in range(120):
        here.kept.schedules[f"more_{number}"] = Schedule(id=f"more_{number}", task=SYNC, cron=CRON)
    assert len(list(read_schedules(block(here)))) == 121


def test_a_published_schedule_is_read() -> None:
    found = to_schedule(PUBLISHED["list_schedules"]["answer"]["data"][0])
    assert (found.id, found.task, found.kind, found.active) == ("sched_1234", "my-scheduled-task", "IMPERATIVE", True)
    assert (found.cron, found.timezone) == ("0 0 * * *", "America/New_York")
    with pytest.raises(Permanent, match="another form"):
        to_schedule({"id": "sched_1234"})


@pytest.mark.parametrize("way", ["activate", "deactivate"])
@pytest.mark.parametrize(("key", "status"), [(READING, 401), ("tr_prod_unknown", 401), (CHANGING, 200)])
def test_the_reading_key_can_change_no_schedule(here: Here, way: str, key: str, status: int) -> None:
    schedule = here.kept.schedules["sched_1"]
    schedule.active = way == "deactivate"
    before = schedule.active
    assert here.ask("POST", f"/api/v1/schedules/sched_1/{way}", key=key).status_code == status
    assert (schedule.active is not before) is (status == 200)
    assert here.ask("POST", f"/api/v1/schedules/sched_gone/{way}", key=CHANGING).status_code == 404


# -- resuming ---------------------------------------------------------------------------------------------------------


@pytest.mark.case(ActivateSchedule, NEEDED, NOT_NEEDED, GUARDRAIL, UNDO)
def test_what_is_paused_is_resumed_and_paused_again_when_undone(
    here: Here, resume: ActivateSchedule, guarded: Guarded
) -> None:
    assert isinstance(resume.plan(), NotNeeded)
    schedule = here.kept.schedules["sched_1"]
    schedule.active = False
    plan = planned(resume)
    guarded(plan)
    assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json")
    assert resume.landed(plan)[0] is Answer.NO
    outcome = resume.apply(plan, WARRANT)
    assert outcome.ok, outcome.note
    assert schedule.active
    assert resume.landed(plan)[0] is Answer.YES
    assert resume.undo(plan, WARRANT).ok
    assert not schedule.active
    assert resume.undone(plan)[0] is Answer.YES


def test_what_the_code_declares_is_left_to_a_deployment(here: Here, resume: ActivateSchedule) -> None:
    schedule = here.kept.schedules["sched_1"]
    schedule.active, schedule.kind = False, "DECLARATIVE"
    with pytest.raises(NotSafe, match="declared in the code"):
        resume.plan()
    with pytest.raises(Permanent, match="no changing key"):
        ActivateSchedule(trigger=block(here, changing_key=None)).plan()


def test_what_the_timetable_does_not_name_stays_paused(here: Here, resume: ActivateSchedule) -> None:
    here.kept.schedules["sched_1"].active = False
    for other in (
        Schedule(id="sched_2", task="another", cron=CRON, timezone=ZONE, active=False),
        Schedule(id="sched_3", task=SYNC, cron="* * * * *", timezone=ZONE, active=False),
        Schedule(id="sched_4", task=SYNC, cron=CRON, timezone="UTC", active=False),
    ):
        here.kept.schedules[other.id] = other
    here.kept.tasks["another"] = here.kept.tasks[SYNC]
    resume.apply(planned(resume), WARRANT)
    assert [one.id for one in here.kept.schedules.values() if one.active] == ["sched_1"]


@pytest.mark.case(ActivateSchedule, DRIFTED)
def test_one_that_was_changed_meanwhile_is_left(here: Here, resume: ActivateSchedule) -> None:
    schedule = here.kept.schedules["sched_1"]
    schedule.active = False
    plan = planned(resume)
    schedule.cron = "* * * * *"
    with pytest.raises(Drifted):
        resume.apply(plan, WARRANT)
    assert not schedule.active
    resume.undo(plan, WARRANT)
    schedule.active = True
    resume.undo(plan, WARRANT)
    assert schedule.active, "what somebody made of it since is theirs"


@pytest.mark.case(ActivateSchedule, UNKNOWN)
def test_of_one_that_is_gone_nobody_can_tell(here: Here, resume: ActivateSchedule) -> None:
    here.kept.schedules["sched_1"].active = False
    plan = planned(resume)
    here.kept.schedules.clear()
    with pytest.raises(Permanent, match="knows nothing"):
        resume.landed(plan)
