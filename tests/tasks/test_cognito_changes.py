"""Changes to a user of the pool, in the sandbox: needed, not needed, not safe, drifted, landed or not, undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Drifted, NotNeeded, NotSafe, Permanent, Plan
from sandbox.rehearsal import wait
from sandbox.systems.rung import people
from sandbox.systems.rung.login import Login
from sandbox.systems.rung.world import World
from tasks.cognito.account import Tried, read_account
from tasks.cognito.change import EnableUser, OfUser, ResetPassword
from tasks.cognito.read import read_pool
from tasks.cognito.secure import ResetMfa, SecureAccount
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned

ADA = people.ADA.sub


@pytest.fixture
def login(world: World) -> Iterator[Login]:
    admin = Login(world.facts.aws)
    yield admin
    admin.restore()


def change(env: Rung, kind: type[OfUser], **more: Any) -> Any:
    given: dict[str, Any] = {"aws": env.aws, "pool": env.login.pool, "user": ADA, **more}
    made: Any = kind
    return made(**given, **({"client": env.login.client} if kind is SecureAccount else {}))


def plan_of(made: Any) -> Plan[Any]:
    plan = planned(made)
    assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json"), "the plan could not be stored"
    assert not any(text in plan.model_dump_json() for text in people.PLANTED)
    return plan


@pytest.mark.parametrize("kind", [EnableUser, ResetPassword, SecureAccount, ResetMfa])
@pytest.mark.parametrize("user", [None, people.ADA.email, people.ADA.name, "admin"])
def test_a_user_who_is_not_named_by_the_sub_is_refused_and_not_repeated(
    env: Rung, kind: type[OfUser], user: str | None
) -> None:
    with pytest.raises(Permanent, match="`sub`") as refused:
        change(env, kind, user=user).plan()
    assert user is None or user not in str(refused.value)


@pytest.mark.case(EnableUser, NOT_NEEDED)
def test_an_enabled_user_needs_no_enabling(env: Rung, login: Login) -> None:
    told = change(env, EnableUser).plan()
    assert isinstance(told, NotNeeded)
    assert "lock-out of Cognito's own ends by itself" in told.why


@pytest.mark.case(EnableUser, NEEDED, UNKNOWN, UNDO, GUARDRAIL)
def test_a_disabled_user_is_enabled_and_disabled_again(env: Rung, blind: Rung, login: Login, guarded: Guarded) -> None:
    login.user("admin_disable_user")
    enable = change(env, EnableUser)
    plan = plan_of(enable)
    guarded(plan)
    with pytest.raises(Permanent, match="does not allow"):
        change(env, EnableUser, aws=blind.aws).landed(plan)
    assert enable.landed(plan)[0] is Answer.NO
    assert enable.apply(plan, WARRANT).ok
    assert enable.landed(plan)[0] is Answer.YES
    assert enable.undone(plan)[0] is Answer.NO
    assert enable.undo(plan, WARRANT).ok
    assert enable.undone(plan)[0] is Answer.YES
    assert enable.undo(plan, WARRANT).ok
    assert login.user("admin_get_user")["Enabled"] is False


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(EnableUser, marks=pytest.mark.case(EnableUser, DRIFTED)),
        pytest.param(SecureAccount, marks=pytest.mark.case(SecureAccount, DRIFTED)),
    ],
)
def test_an_account_that_was_changed_since_the_approval_is_left_alone(
    env: Rung, login: Login, kind: type[OfUser]
) -> None:
    if kind is EnableUser:
        login.user("admin_disable_user")
    made = change(env, kind)
    plan = plan_of(made)
    login.user("admin_disable_user")
    with pytest.raises(Drifted, match="plan again"):
        made.apply(plan, WARRANT)
    assert login.user("admin_get_user")["Enabled"] is False


@pytest.mark.case(ResetPassword, NEEDED, GUARDRAIL)
def test_a_password_is_reset_and_the_reset_is_seen(env: Rung, login: Login, guarded: Guarded) -> None:
    reset = change(env, ResetPassword)
    plan = plan_of(reset)
    guarded(plan)
    assert reset.landed(plan) == (Answer.NO, "The account has not been changed since.")
    assert reset.apply(plan, WARRANT).ok
    # Ada is quick: by now she may have chosen a new password, and then nothing tells who changed the account.
    assert reset.landed(plan)[0] in (Answer.YES, Answer.UNKNOWN)


@pytest.mark.case(ResetPassword, DRIFTED, UNKNOWN)
def test_nobody_can_tell_what_became_of_a_reset_after_which_the_account_was_changed(env: Rung, login: Login) -> None:
    reset = change(env, ResetPassword)
    plan = plan_of(reset)
    login.user("admin_set_user_password", Password="Another-Word-1850", Permanent=True)
    answer, why = reset.landed(plan)
    assert answer is Answer.UNKNOWN
    assert "nothing tells by whom" in why
    with pytest.raises(Drifted):
        reset.apply(plan, WARRANT)


@pytest.mark.parametrize("kind", [ResetPassword, SecureAccount])
def test_a_disabled_user_gets_no_new_password(env: Rung, login: Login, kind: type[OfUser]) -> None:
    login.user("admin_disable_user")
    with pytest.raises(NotSafe, match="is disabled"):
        change(env, kind).plan()


def test_a_user_who_never_chose_a_password_is_invited_again_and_not_reset(
    env: Rung, login: Login, world: World
) -> None:
    world.break_("invitation_ran_out")
    try:
        with pytest.raises(NotSafe, match="send the invitation again"):
            change(env, ResetPassword).plan()
    finally:
        world.heal()


def test_whoever_was_invited_days_ago_has_nothing_of_an_earlier_incident(env: Rung, world: World) -> None:
    def tried() -> Tried:
        read = read_account(env.aws, read_pool(env.aws, env.login.pool), people.ADA.sub)
        assert read.tried is not None
        return read.tried

    world.break_("intruder")
    wait(lambda: tried().risky_passed > 0 or None, within=10, what="somebody else")
    world.heal()
    world.break_("invitation_ran_out")
    try:
        assert tried().risky_passed == 0
        assert tried().password_failures > 0
    finally:
        world.heal()


def test_a_user_whom_no_code_would_reach_gets_no_new_password(env: Rung, login: Login) -> None:
    unverified = [{"Name": "email_verified", "Value": "false"}]
    login.user("admin_update_user_attributes", UserAttributes=unverified)
    try:
        with pytest.raises(NotSafe, match="would reach nobody"):
            change(env, ResetPassword).plan()
    finally:
        login.user("admin_update_user_attributes", UserAttributes=[{"Name": "email_verified", "Value": "true"}])


@pytest.mark.case(SecureAccount, NEEDED, UNKNOWN, GUARDRAIL)
def test_securing_an_account_resets_it_and_ends_its_sessions(
    env: Rung, login: Login, world: World, guarded: Guarded
) -> None:
    secure = change(env, SecureAccount)
    plan = plan_of(secure)
    guarded(plan)
    assert "1:00:00" in plan.warnings[0]
    assert secure.landed(plan)[0] is Answer.NO
    before = len(world.written())
    assert secure.apply(plan, WARRANT).ok
    done = ("cognito-idp:AdminResetUserPassword", "cognito-idp:AdminUserGlobalSignOut")
    assert world.written()[before:] == done
    answer, why = secure.landed(plan)
    assert answer is Answer.UNKNOWN, why


@pytest.mark.case(ResetMfa, NEEDED, NOT_NEEDED, GUARDRAIL)
def test_an_authenticator_is_taken_off(env: Rung, login: Login, guarded: Guarded) -> None:
    reset = change(env, ResetMfa)
    plan = plan_of(reset)
    guarded(plan)
    assert reset.landed(plan)[0] is Answer.NO
    assert reset.apply(plan, WARRANT).ok
    assert reset.landed(plan)[0] is Answer.YES
    assert login.user("admin_get_user")["UserMFASettingList"] == []
    told = change(env, ResetMfa).plan()
    assert isinstance(told, NotNeeded)


@pytest.mark.case(ResetMfa, DRIFTED, UNKNOWN)
def test_a_new_authenticator_since_the_approval_is_not_taken_off(env: Rung, login: Login) -> None:
    reset = change(env, ResetMfa)
    plan = plan_of(reset)
    login.user("admin_set_user_mfa_preference", SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert reset.landed(plan)[0] is Answer.UNKNOWN
    with pytest.raises(Drifted):
        reset.apply(plan, WARRANT)
    assert login.user("admin_get_user")["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def test_the_changing_session_may_do_nothing_but_its_own_actions(env: Rung) -> None:
    assert EnableUser.permissions == ("cognito-idp:AdminEnableUser", "cognito-idp:AdminDisableUser")
    assert ResetMfa.permissions == ("cognito-idp:AdminSetUserMFAPreference",)
