"""Causes judged by what has changed and what is usual, with something else at work: whom nobody may blame.

Judging is pure, so readings stand for the world.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.parts.statuspages import AskedStatus, status
from journal.facts.words import Standing
from runbook import Compared, Context, Facts, Form, Hypothesis, Reading, Release, Releases, Since, Strength, compared
from runbook import probe as ask
from runbook.judging import rank
from runbook.release import since
from tasks.statuspage.read import Status
from tests.flows.test_released import ECS, Here
from tests.flows.test_usual_part import ASKED as FAILING
from tests.vocabulary.points import MINUTE, NOON, made

PAGE = AskedStatus[Here, Form](status("Payments", "statuspage", lambda _: "https://status.example"), "Payments")


class Calls(Facts):
    lost: int
    made: int


class Slots(Facts):
    taken: float


@ask(asks="Do our own calls of the provider come to anything?", source="devised")
def calls(c: Context[Here, Form]) -> Calls:
    raise NotImplementedError


@ask(asks="Are slots free?", source="devised")
def slots(c: Context[Here, Form]) -> Slots:
    raise NotImplementedError


LOSING = calls.shows("one of our calls in ten is lost", lambda r: r.lost >= 0.1 * r.made)
SERVED = calls.shows("hardly any of our calls is lost", lambda r: r.lost < 0.01 * r.made)
FULL = slots.shows("the database is full", lambda r: r.taken >= 0.9)
FREE = slots.shows("the database has free slots", lambda r: r.taken < 0.7)

PROVIDER = Hypothesis(
    name="provider",
    claim="The provider has an outage.",
    supported_by=(LOSING, PAGE.troubled),
    refuted_by=(SERVED, PAGE.green),
    strength=((PAGE.green, Strength.HINT), (SERVED, Strength.DECISIVE)),
    source="devised",
)
DATABASE = Hypothesis(
    name="database",
    claim="The database is full.",
    supported_by=(FULL,),
    refuted_by=(FREE,),
    strength=((FULL, Strength.DECISIVE), (FREE, Strength.DECISIVE)),
    source="devised",
)
BAD_RELEASE = Hypothesis(
    name="release",
    claim="The newest release has a fault.",
    supported_by=(ECS.began_with_one, FAILING.unusual),
    refuted_by=(ECS.began_before, ECS.nothing_released, FULL),
    strength=((ECS.began_before, Strength.DECISIVE), (FAILING.unusual, Strength.HINT)),
    source="devised",
)


def page(level: str) -> Status:
    return Status.model_validate({"provider": "Payments", "kind": "statuspage", "level": level})


def released(minute: float | None) -> Since:
    """Requests fail from 12:40 on; a release came so many minutes after noon."""
    now = NOON + 60 * MINUTE
    one = [] if minute is None else [NOON + minute * MINUTE]
    known = tuple(Release(what="deployment", service="web", version="web:8", at=at, source="ECS") for at in one)
    seen = Releases(service="web", releases=known, since=now - timedelta(days=2), until=now, asked_at=now)
    return since(made([0.01] * 40 + [0.3] * 20), seen)


def failing(*weeks: float) -> Compared:
    return compared("requests that fail", 30.0, weeks, unit="%", of=900)


WEEKS = (1.0, 1.1, 0.9, 1.0)


def standing(cause: str, *values: Facts) -> tuple[str, str]:
    """How a cause stands, and which cause is first."""
    names = {Status: PAGE, Since: ECS, Compared: FAILING}
    seen = {}
    for value in values:
        probe = calls if isinstance(value, Calls) else slots if isinstance(value, Slots) else names[type(value)].probe
        seen[probe.name] = Reading[Facts](
            probe=probe.name, at=datetime(2026, 3, 14, tzinfo=UTC), took=timedelta(0), value=value
        )
    ranking = rank((PROVIDER, DATABASE, BAD_RELEASE), seen)
    found = {verdict.hypothesis: str(verdict.standing) for verdict in ranking}
    return found[cause], ranking[0].hypothesis


SUPPORTED, FREE_SLOTS = str(Standing.SUPPORTED), Slots(taken=0.2)


def test_a_red_page_while_our_own_calls_succeed_is_not_the_provider() -> None:
    assert standing("provider", Calls(lost=0, made=900), page("down"), FREE_SLOTS)[0] == "contested"


def test_a_green_page_does_not_clear_a_provider_that_loses_our_calls() -> None:
    assert standing("provider", Calls(lost=300, made=900), page("down"), FREE_SLOTS) == (SUPPORTED, "provider")
    hinted = standing("provider", Calls(lost=300, made=900), page("well"), FREE_SLOTS)
    assert hinted[0] == "contested", "a hint against it is one all the same: a person looks"


def test_a_page_that_nobody_could_read_is_no_sign_at_all() -> None:
    assert standing("provider", Calls(lost=300, made=900), FREE_SLOTS) == (SUPPORTED, "provider")


def test_released_and_the_database_full_is_the_database_first() -> None:
    both = (released(38), failing(*WEEKS), Slots(taken=0.95))
    assert standing("database", *both) == (SUPPORTED, "database")
    assert standing("release", *both)[0] == "contested"


def test_a_release_after_it_began_is_not_to_blame() -> None:
    assert standing("release", released(45), failing(*WEEKS), FREE_SLOTS)[0] == "contested"
    assert standing("release", released(None), failing(*WEEKS), FREE_SLOTS)[0] == "contested"


@pytest.mark.parametrize("weeks", [(), (1.0,), (1.0, 1.1)])
def test_of_two_weeks_nobody_knows_what_is_usual(weeks: tuple[float, ...]) -> None:
    assert standing("release", failing(*weeks), FREE_SLOTS)[0] == "undecided"


def test_a_release_right_before_it_and_unusual_failures_are_good_evidence() -> None:
    assert standing("release", released(38), failing(*WEEKS), FREE_SLOTS) == (SUPPORTED, "release")
