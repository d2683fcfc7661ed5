"""The disk of a Cloud SQL instance: how full it is, where that is going, and enlarging it on a project of our own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from blocks.google import Google
from blocks.notifier import Notifier
from journal import clock
from journal.facts.words import Act, Answer
from runbook import Drifted, Going, NotNeeded, NotSafe, Outcome, Permanent
from sandbox.google.monitoring import Monitoring, Stream
from sandbox.google.serving import CHANGING, READING, email, practice, standing
from sandbox.google.sql import Sql
from sandbox.within.clock import PracticeClock
from tasks.cloudsql.disk import RESOURCE, SIZE, USED, Bounds, Disk, Shortage, course, read_disk
from tasks.cloudsql.grow import LARGEST, GrowStorage
from tasks.cloudsql.read import read_storage
from tasks.gcplogs.read import Entries
from tasks.gcpmonitoring.read import Series
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded, planned
from tests.typing.bakery import PROJECT, Bakery

GB = 1024**3
ORDERS = "orders"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
BOUNDS = Bounds(nearly=0.9, soon=timedelta(days=1))
WEEK = 24 * 7


def series(values: Sequence[float], period: timedelta = HOUR) -> Series:
    """Of a disk of 100 bytes, up to the newest period that is known whole."""
    at = tuple(NOW - timedelta(minutes=3) - period * (len(values) - place) for place in range(len(values)))
    return Series(name="disk used", values=tuple(values), at=at, asked_at=NOW, period=period)


def seen(hours: Sequence[float], minutes: Sequence[float] = (), size: float = 100.0) -> Disk:
    by_minute = minutes or [hours[-1]] * 60
    return course(ORDERS, series(by_minute, MINUTE), series([size] * 60, MINUTE), series(hours), BOUNDS)


def even(first: float, last: float, many: int = WEEK) -> list[float]:
    return [first + (last - first) * place / (many - 1) for place in range(many)]


# -- how full it is ---------------------------------------------------------------------------------------------------


def test_what_grew_evenly_for_a_week_is_steady_and_what_came_within_a_day_is_sudden() -> None:
    assert seen(even(50, 92)).is_steady()
    assert not seen(even(50, 92)).is_sudden()
    fell_in = [50.0] * (WEEK - 6) + [92.0] * 6
    assert seen(fell_in).is_sudden()
    assert not seen(fell_in).is_steady()
    assert seen([92.0] * WEEK).is_steady(), "who lives on little room for long has outgrown the disk"


def test_what_has_gone_since_is_room_again_whatever_the_pace_was() -> None:
    gone = seen(even(-200, 85), [85.0] * 40 + [40.0] * 20)
    assert not gone.is_short()
    assert not gone.is_steady(), "nothing grows from day to day where half of it went"


def test_a_day_that_brought_somewhat_more_is_neither() -> None:
    more = [50.0] * (WEEK - 24) + even(50, 57, 24)
    assert (seen(more).is_steady(), seen(more).is_sudden()) == (False, False)


@pytest.mark.parametrize("known", [2, 24, 60])
def test_of_too_few_days_nobody_knows_what_a_day_brings(known: int) -> None:
    for question in (seen(even(90, 92, known)).is_steady, seen(even(90, 92, known)).is_sudden):
        with pytest.raises(LookupError, match="too little is known"):
            question()


@pytest.mark.parametrize(
    ("hours", "minutes", "short"),
    [
        pytest.param([90.0] * WEEK, (), True, id="nearly full"),
        pytest.param([70.0] * WEEK, (), False, id="roomy"),
        pytest.param(even(40, 85), (), False, id="full in days"),
        pytest.param(even(-200, 85), (), True, id="full within hours"),
        pytest.param([60.0] * WEEK, even(60, 80, 60), True, id="full within the hour"),
        pytest.param([60.0] * WEEK, even(60, 61, 60), False, id="a little more for an hour"),
        pytest.param(even(90, 60), (), False, id="becoming less"),
    ],
)
def test_it_is_short_where_it_is_nearly_full_or_soon_will_be(
    hours: list[float], minutes: Sequence[float], short: bool
) -> None:
    assert seen(hours, minutes).is_short() is short


def test_a_disk_of_which_nothing_is_measured_answers_no_question() -> None:
    blank = course(ORDERS, series(()), series(()), series(()), BOUNDS)
    for question in (blank.nearly_full, blank.is_short, blank.is_steady, blank.is_sudden, lambda: blank.enlarged(2)):
        with pytest.raises(LookupError):
            question()
    assert blank.figures() == {}
    assert "is unknown" in str(blank)
    with pytest.raises(LookupError, match="has no size"):
        seen([50.0] * WEEK, size=0.0).nearly_full()


def test_what_the_log_says_counts_where_nobody_measures() -> None:
    blank = course(ORDERS, series(()), series(()), series(()), BOUNDS)
    entries = Entries(group="the log", total=1, kinds={"no_space": 1}, complete=True, window=HOUR)
    assert Shortage(disk=blank, refused=entries).is_there()
    silent = entries.model_copy(update={"total": 0, "kinds": {"no_space": 0}})
    with pytest.raises(LookupError):
        Shortage(disk=blank, refused=silent).is_there()
    assert not Shortage(disk=seen([50.0] * WEEK), refused=silent).is_there()


def test_a_disk_that_was_enlarged_has_less_used_of_it() -> None:
    before = seen([96.0] * WEEK)
    assert before.figures() == {"disk used": (96.0, "%")}
    assert before.enlarged(1.25).share == pytest.approx(0.768)


# -- on a project -----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _in_practice_time() -> Iterator[None]:
    with clock.use(PracticeClock(live=lambda: None)):
        yield


@pytest.fixture
def sql() -> Sql:
    settings = {
        "settingsVersion": "7",
        "dataDiskType": "PD_SSD",
        "dataDiskSizeGb": "40",
        "storageAutoResize": True,
        "storageAutoResizeLimit": "40",
    }
    cloud = practice(PROJECT)
    return Sql(cloud=cloud, instances={ORDERS: {"state": "RUNNABLE", "settings": settings}})


@pytest.fixture
def monitoring(sql: Sql) -> Monitoring:
    found = Monitoring(cloud=sql.cloud)
    measure(found, 38.0, 40.0)
    return found


def measure(monitoring: Monitoring, used: float, size: float) -> None:
    """So many GB are used of so many, for an hour."""
    labels = {"database_id": f"{PROJECT}:{ORDERS}", "region": "europe"}
    at = [clock.now() - minute * MINUTE for minute in range(60)]
    monitoring.streams = [
        Stream(metric=metric, resource=RESOURCE, labels=labels, points=dict.fromkeys(at, value * GB))
        for metric, value in ((USED, used), (SIZE, size))
    ]


@pytest.fixture
def google(sql: Sql, monitoring: Monitoring) -> Iterator[Google]:
    with standing(sql.cloud) as found:
        yield found


@pytest.fixture
def env(google: Google) -> Bakery:
    """What `guarded` judges guardrails in."""
    return Bakery(notifier=Notifier(), google=google)


def grow(google: Google, **other: Any) -> GrowStorage:
    given: dict[str, Any] = {"google": google, "instance": ORDERS, **other}
    return GrowStorage(**given)


def settings(sql: Sql) -> dict[str, Any]:
    return sql.instances[ORDERS]["settings"]


def test_a_disk_says_its_size_and_whether_it_grows_by_itself(google: Google, sql: Sql) -> None:
    found = read_storage(google, ORDERS)
    assert str(found) == (
        "orders is RUNNABLE, its disk (PD_SSD) has 40 GB; Cloud SQL enlarges it by itself up to 40 GB, which it has"
        " reached"
    )
    settings(sql)["storageAutoResize"] = False
    assert read_storage(google, ORDERS).itself == "Cloud SQL does not enlarge it by itself"
    del settings(sql)["dataDiskSizeGb"]
    with pytest.raises(Permanent, match="tells no dataDiskSizeGb"):
        read_storage(google, ORDERS)
    with pytest.raises(Permanent, match="knows nothing there when trying to read the Cloud SQL instance ovens"):
        read_storage(google, "ovens")


def test_how_full_it_is_is_told_by_two_metrics(google: Google) -> None:
    found = read_disk(google, ORDERS, window=timedelta(days=7), bounds=BOUNDS)
    assert found.share == pytest.approx(0.95)
    with pytest.raises(LookupError):
        read_disk(google, "ovens", window=timedelta(days=7), bounds=BOUNDS).nearly_full()


@pytest.mark.case(GrowStorage, NEEDED, GUARDRAIL, DRIFTED)
def test_it_is_enlarged_by_a_quarter_by_an_operation_and_never_a_second_time(
    google: Google, sql: Sql, guarded: Guarded
) -> None:
    sql.takes = timedelta(minutes=5)
    change = grow(google)
    plan = planned(change)
    guarded(plan)
    assert (plan.targets[0].before, plan.targets[0].after) == ("40 GB", "50 GB")
    assert plan.warnings[1] == "Cloud SQL enlarges it by itself up to 40 GB, which it has reached; that stays as it is."
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT) == Outcome(
        under_way=True, note="Cloud SQL was asked to enlarge the disk of orders."
    )
    assert change.progress(plan, Act.APPLY).going is Going.UNDER_WAY
    assert change.landed(plan)[0] is Answer.UNKNOWN
    with pytest.raises(NotSafe, match="An operation on orders is under way"):
        change.plan()
    with pytest.raises(Drifted, match="changed since this was planned"):
        change.apply(plan, WARRANT)
    clock.sleep(300)
    assert change.progress(plan, Act.APPLY).going is Going.DONE
    assert change.landed(plan)[0] is Answer.YES
    assert settings(sql)["dataDiskSizeGb"] == "50"
    with pytest.raises(Drifted, match=r"its disk has 50 GB"):
        change.apply(plan, WARRANT)
    assert [who for method, who in sql.cloud.asked if method == "sql.instances.patch"] == [email(CHANGING, PROJECT)]


@pytest.mark.case(GrowStorage, NOT_NEEDED)
def test_a_disk_with_room_is_left_as_it_is(google: Google, monitoring: Monitoring) -> None:
    measure(monitoring, 20, 40)
    found = grow(google).plan()
    assert isinstance(found, NotNeeded)
    assert found.why == "Of the disk of orders, 40 GB, only 50% is used."


def test_what_is_asked_counts_where_it_is_more_and_never_makes_it_smaller(google: Google) -> None:
    assert planned(grow(google, at_least=100)).targets[0].new == 100
    assert planned(grow(google, at_least=30)).targets[0].new == 50, "the literal 100 GB of the page may be less"
    with pytest.raises(NotSafe, match="more than a disk of Cloud SQL may have"):
        grow(google, at_least=LARGEST + 1).plan()


@pytest.mark.parametrize("state", ["SUSPENDED", "MAINTENANCE", "FAILED"])
def test_an_instance_that_does_not_run_is_not_touched(google: Google, sql: Sql, state: str) -> None:
    sql.instances[ORDERS]["state"] = state
    with pytest.raises(NotSafe, match=f"orders is {state}"):
        grow(google).plan()


def test_a_disk_of_which_nobody_knows_how_full_it_is_is_not_enlarged(google: Google, monitoring: Monitoring) -> None:
    monitoring.streams.clear()
    with pytest.raises(NotSafe, match="How full the disk of orders is, is not known"):
        grow(google).plan()


@pytest.mark.case(GrowStorage, UNKNOWN)
def test_what_is_told_by_nobody_is_unknown(google: Google, sql: Sql) -> None:
    plan = planned(grow(google))
    settings(sql)["settingsVersion"] = "8"
    assert grow(google).landed(plan) == (
        Answer.UNKNOWN,
        "The disk of orders has 40 GB, and its settings were changed since the plan.",
    )
    sql.cloud.accounts.of(email(READING, PROJECT)).allowed.clear()
    with pytest.raises(Permanent, match="does not allow"):
        grow(google).landed(plan)


def test_an_operation_that_failed_says_why(google: Google, sql: Sql) -> None:
    sql.fails = "The zone has no room for a disk of that size."
    change = grow(google)
    plan = planned(change)
    assert change.apply(plan, WARRANT).under_way
    found = change.progress(plan, Act.APPLY)
    assert found.going is Going.FAILED
    assert found.note.endswith("could not enlarge it (The zone has no room for a disk of that size).")
    assert change.landed(plan)[0] is Answer.UNKNOWN
    sql.fails = ""
    again = planned(change)
    assert change.progress(again, Act.APPLY).going is Going.NOT_BEGUN, "what failed before the plan is none of its own"


def test_whose_answer_was_lost_has_begun_it_all_the_same(google: Google, sql: Sql) -> None:
    """httplib2 asks again; the second is refused, since the first was taken."""
    sql.takes = timedelta(minutes=5)
    change, patch = grow(google), sql.cloud.handlers["sql.instances.patch"]
    plan = planned(change)

    def lost(call: Any) -> dict[str, Any]:
        patch(call)
        return patch(call)

    sql.cloud.handlers["sql.instances.patch"] = lost
    assert change.apply(plan, WARRANT).under_way
    assert [one.size for one in sql.operations] == ["50"]


def test_who_changes_the_settings_meanwhile_is_not_overwritten(google: Google, sql: Sql) -> None:
    change, get = grow(google), sql.cloud.handlers["sql.instances.get"]
    plan = planned(change)

    def then_changed(call: Any) -> dict[str, Any]:
        found = get(call)
        settings(sql)["settingsVersion"] = "8"
        return {**found, "settings": {**found["settings"], "settingsVersion": "7"}}

    sql.cloud.handlers["sql.instances.get"] = then_changed
    with pytest.raises(Drifted, match="Condition does not match"):
        change.apply(plan, WARRANT)
    assert (settings(sql)["dataDiskSizeGb"], sql.operations) == ("40", [])


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"settings": {"dataDiskSizeGb": "39"}}, 400, "Disk size cannot be decreased"),
        ({"settings": {"dataDiskSizeGb": 50}}, 400, r"dataDiskSizeGb' \(TYPE_INT64\)"),
        ({"settings": {"dataDiskSizeGb": "50", "settingsVersion": "6"}}, 412, "Condition does not match"),
        ({"settings": {"dataDiskSizeGb": "50", "tier": "db-f1-micro"}}, 501, "can be patched here"),
        ({"settings": {"diskSize": "50"}}, 400, 'Unknown name "diskSize"'),
        ({}, 501, "can be patched here"),
    ],
)
def test_the_stand_in_refuses_what_google_would(
    google: Google, sql: Sql, body: dict[str, Any], status: int, says: str
) -> None:

    token = sql.cloud.accounts.token(email(CHANGING, PROJECT))
    answer = httpx.patch(
        f"{google.endpoint_url}/v1/projects/{PROJECT}/instances/{ORDERS}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
    )
    error = answer.json()["error"]
    assert (answer.status_code, len(error["errors"])) == (status, 1)
    assert says.replace("\\", "") in error["message"]
    assert (settings(sql)["dataDiskSizeGb"], sql.operations) == ("40", [])


def test_who_may_only_look_enlarges_nothing(google: Google, sql: Sql) -> None:
    plan = planned(grow(google))
    sql.cloud.accounts.of(email(CHANGING, PROJECT)).allowed.clear()
    with pytest.raises(Permanent, match="does not allow"):
        grow(google).apply(plan, WARRANT)
    assert sql.operations == []


def test_a_list_of_operations_in_another_form_is_no_operation(google: Google, sql: Sql) -> None:
    sql.cloud.instead["sql.operations.list"] = lambda _: JSONResponse({"items": "none"})
    assert planned(grow(google)).targets[0].latest == ""
