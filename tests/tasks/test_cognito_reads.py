"""Looks at the pool, in the sandbox: states and counts only, and unknown wherever nothing was seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.rung import Rung
from runbook import Permanent
from sandbox.rehearsal import wait
from sandbox.systems.rung import people
from sandbox.systems.rung.login import Login
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.world import World
from tasks.cloudwatch.read import Metrics, read_metrics
from tasks.cognito.account import Account, Tried, read_account, tried
from tasks.cognito.factors import factors
from tasks.cognito.read import read_client, read_pool, sign_in_metrics
from tasks.cognito.refusals import KINDS, PATTERN
from tasks.cognito.sign_in import KeptOut, failing_function, kept_out, sign_ins
from tasks.logs.read import Events, read_events

MOMENT, WINDOW = timedelta(seconds=1), timedelta(seconds=10)
ADA = people.ADA.sub
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def login(world: World) -> Iterator[Login]:
    admin = Login(world.facts.aws)
    yield admin
    admin.restore()


def metrics(env: Rung) -> Metrics:
    triggers = read_pool(env.aws, env.login.pool).triggers
    wanted = sign_in_metrics(env.login.pool, env.login.client, triggers)
    return read_metrics(env.aws, wanted, window=WINDOW, period=MOMENT)


def ada(env: Rung) -> Account:
    return read_account(env.aws, read_pool(env.aws, env.login.pool), ADA)


def test_nothing_that_is_read_holds_what_people_are_called(env: Rung) -> None:
    looks: list[Any] = [
        read_pool(env.aws, env.login.pool),
        read_client(env.aws, env.login.pool, env.login.client),
        ada(env),
        metrics(env),
        wait(lambda: read_refusals(env) or None, within=60, what="a refusal in the log"),
    ]
    for read in looks:
        for text in (*people.PLANTED, "203.0.113", "Ludlow"):
            assert text not in read.model_dump_json(), type(read)
            assert text not in str(read)


def read_refusals(env: Rung) -> Any:
    found = read_events(env.aws, env.login.log, pattern=PATTERN, window=WINDOW, kinds=KINDS)
    return found if found.of("password refused") else None


def test_the_secret_of_the_app_client_is_dropped(env: Rung, world: World) -> None:
    cognito: Any = world.facts.aws.client("cognito-idp")
    shown = cognito.describe_user_pool_client(UserPoolId=env.login.pool, ClientId=env.login.client)
    secret = shown["UserPoolClient"]["ClientSecret"]
    assert secret
    assert secret not in read_client(env.aws, env.login.pool, env.login.client).model_dump_json()


def test_the_pool_is_what_it_is_set_to(env: Rung, login: Login) -> None:
    pool = read_pool(env.aws, env.login.pool)
    assert (pool.mfa, pool.codes, pool.watches, pool.refuses_codes) == ("ON", True, True, False)
    assert pool.triggers == {"PreAuthentication": f"{people.TRIGGER}:{people.TRIGGER_ALIAS}"}
    login.take_codes(yes=False)
    assert read_pool(env.aws, env.login.pool).refuses_codes


def test_an_unknown_user_is_unreadable(env: Rung) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(Permanent, match="UserNotFoundException"):
        read_account(env.aws, read_pool(env.aws, env.login.pool), nobody)


def test_who_may_not_look_is_told_so(world: World) -> None:
    blind = rung(world.facts, blind_aws=True)
    with pytest.raises(Permanent, match="grant the generated policy"):
        read_pool(blind.aws, blind.login.pool)
    with pytest.raises(Permanent, match="grant the generated policy"):
        read_client(blind.aws, blind.login.pool, blind.login.client)


def test_without_threat_protection_nobody_knows_what_became_of_the_attempts(env: Rung, world: World) -> None:
    pool = read_pool(env.aws, env.login.pool).model_copy(update={"watches": False})
    account = read_account(env.aws, pool, ADA)
    with pytest.raises(LookupError, match="threat protection is off"):
        _ = account.attempts

    def calm() -> KeptOut | None:
        seen = kept_out(lambda: metrics(env), lambda: account)
        return seen if seen.many is False else None

    seen = wait(calm, within=60, what="a second in which few people mistype")
    assert seen.one is None
    with pytest.raises(LookupError):
        _ = seen.anybody


def test_a_disabled_user_is_kept_out_even_when_the_pool_has_no_metrics(env: Rung, login: Login) -> None:
    login.user("admin_disable_user")

    def nothing() -> Metrics:
        raise Permanent("CloudWatch has no values.")

    seen = kept_out(nothing, lambda: ada(env))
    assert seen.anybody
    assert "CloudWatch has no values." in str(seen)


def test_nobody_is_kept_out_only_if_everybody_was_looked_at() -> None:
    def nothing() -> Metrics:
        raise Permanent("CloudWatch has no values.")

    with pytest.raises(LookupError, match="no values"):
        _ = kept_out(nothing, None).anybody


def test_a_reading_from_before_the_word_was_changed_is_read() -> None:
    seen = KeptOut(everybody=None, user=None, asked_for_user=False, unseen=("nobody could look",))
    said = seen.model_dump(mode="json")
    said["crowd"] = said.pop("everybody")
    assert KeptOut.model_validate(said) == seen


def test_the_sign_ins_and_the_function_are_as_cloudwatch_has_them(env: Rung, world: World) -> None:
    well = wait(lambda: ((seen := metrics(env)).has("attempts") and seen) or None, within=60, what="metrics")
    assert sign_ins(well).failing < 0.25
    assert failing_function(well) == 0
    world.break_("login_function_fails")
    wait(lambda: failing_function(metrics(env)) == 1 or None, within=90, what="a failing function")
    wait(lambda: sign_ins(metrics(env)).failing > 0.5 or None, within=90, what="people who are kept out by it")


def test_a_pool_without_functions_has_none_that_fails() -> None:
    with pytest.raises(LookupError, match="no calls of a function"):
        failing_function(Metrics(series={}, asked_at=NOON, period=MOMENT))


def event(
    minute: int, response: str, *, mfa: str = "", decision: str = "NoRisk", kind: str = "SignIn", city: str = ""
) -> dict[str, Any]:
    answers = [{"ChallengeName": "Mfa", "ChallengeResponse": mfa}] if mfa else []
    return {
        "EventType": kind,
        "CreationDate": NOON + timedelta(minutes=minute),
        "EventResponse": response,
        "ChallengeResponses": answers,
        "EventRisk": {"RiskDecision": decision},
        "EventContextData": {"IpAddress": "203.0.113.7", **({"City": city, "Country": "GB"} if city else {})},
    }


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        ([event(-1, "Fail"), event(0, "Fail")], {}),
        ([event(1, "Fail"), event(2, "Fail", kind="ForgotPassword")], {"password_failures": 1}),
        ([event(3, "Pass"), event(1, "Fail"), event(2, "Fail")], {"passed": 1}),
        ([event(1, "Pass"), event(2, "Fail"), event(3, "Fail")], {"passed": 1, "password_failures": 2}),
        ([event(1, "Fail", mfa="Failure"), event(2, "Fail", mfa="Failure")], {"code_failures": 2}),
        ([event(1, "InProgress"), event(2, "InProgress")], {"unanswered": 2}),
        ([event(1, "InProgress"), event(2, "Fail", mfa="Failure")], {"code_failures": 1}),
        ([event(1, "Fail", decision="Block")], {"risky": 1}),
        ([event(1, "Pass", decision="AccountTakeover")], {"passed": 1, "risky": 1, "risky_passed": 1}),
        ([event(-9, "Pass", city="Ludlow"), event(1, "Fail", city="Ludlow")], {"password_failures": 1, "familiar": 1}),
        ([event(-9, "Pass", city="Ludlow"), event(1, "Fail", city="Nowhere")], {"password_failures": 1, "strange": 1}),
        ([event(-9, "Pass", city="Ludlow"), event(1, "InProgress", city="Nowhere")], {"unanswered": 1, "strange": 1}),
        ([event(-9, "Pass", city="Ludlow"), event(1, "Fail")], {"password_failures": 1}),
        ([event(1, "Fail", city="Nowhere")], {"password_failures": 1}),
        (
            [
                event(-9, "Pass", city="Nowhere", decision="AccountTakeover"),
                event(-8, "Pass", city="Ludlow"),
                event(1, "Fail", city="Nowhere"),
            ],
            {"password_failures": 1, "strange": 1},
        ),
    ],
)
def test_sign_ins_are_counted_since_the_last_change_and_the_last_success(
    events: list[dict[str, Any]], counts: dict[str, int]
) -> None:
    none = dict.fromkeys(Tried.model_fields, 0)
    assert tried(events, NOON) == Tried(**(none | counts))


def test_where_failures_come_from_is_unknown_where_no_place_is_known() -> None:
    with pytest.raises(LookupError, match="from where"):
        _ = tried([event(1, "Fail", city="Nowhere")], NOON).at_home
    known = event(-9, "Pass", city="Ludlow")
    assert tried([known, event(1, "Fail", city="Ludlow")], NOON).at_home
    assert not tried([known, event(1, "Fail", city="Ludlow"), event(2, "Fail", city="Nowhere")], NOON).at_home


def refused(count: int, *, complete: bool = True) -> Events:
    kinds = {"code refused": count}
    return Events(group="auth", total=count, kinds=kinds, complete=complete, window=MOMENT)


def test_codes_that_were_not_all_counted_are_unknown_unless_they_are_many(env: Rung) -> None:
    pool = read_pool(env.aws, env.login.pool)
    assert not factors(pool, lambda: refused(2), None).anybody
    assert factors(pool, lambda: refused(10, complete=False), None).anybody
    with pytest.raises(LookupError, match="not searched to the end"):
        _ = factors(pool, lambda: refused(2, complete=False), None).anybody


def test_whether_all_are_refused_is_unknown_where_codes_were_not_counted(env: Rung) -> None:
    pool = read_pool(env.aws, env.login.pool)
    assert not factors(pool, lambda: refused(2), None).of_all
    with pytest.raises(LookupError, match="not searched to the end"):
        _ = factors(pool, lambda: refused(2, complete=False), None).of_all


def test_a_user_without_a_factor_is_trouble_only_in_a_pool_that_has_them(env: Rung, login: Login) -> None:
    login.user("admin_set_user_mfa_preference", SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False})
    pool = read_pool(env.aws, env.login.pool)
    assert factors(pool, lambda: refused(0), lambda: ada(env)).anybody
    without = pool.model_copy(update={"mfa": "OFF"})
    assert not factors(without, lambda: refused(0), lambda: ada(env)).missing


def test_a_chart_shows_only_what_was_seen(env: Rung) -> None:
    def nothing() -> Metrics:
        raise Permanent("CloudWatch has no values.")

    assert kept_out(nothing, None).figures() == {}
    pool = read_pool(env.aws, env.login.pool)
    assert factors(pool, lambda: refused(2), None).figures() == {"codes refused just now": (2.0, "")}
    assert factors(pool, lambda: refused(2, complete=False), None).figures() == {}
