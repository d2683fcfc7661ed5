"""Changes to a user's ways in: taking an account from an intruder, and taking off a lost authenticator."""

from __future__ import annotations

from dataclasses import dataclass

from journal.facts.words import Answer, Effect, Stake
from runbook import NotNeeded, Outcome, Plan, Warrant, changes
from runbook.change import Change
from tasks.cognito.account import describe
from tasks.cognito.change import LOOK, OfUser, ResetPassword, UserTarget, done
from tasks.cognito.read import read_client, read_pool

CODE_APP = "SOFTWARE_TOKEN_MFA"


@changes(
    UserTarget,
    name="cognito.secure_account",
    effect=Effect.DISRUPTIVE,
    stake=Stake.ACCESS,
    needs=("cognito-idp:AdminResetUserPassword", "cognito-idp:AdminUserGlobalSignOut"),
    reads=(LOOK, "cognito-idp:DescribeUserPoolClient"),
)
@dataclass(frozen=True, kw_only=True)
class SecureAccount(ResetPassword):
    """Take an account from whoever else is in it: reset the password, then sign out everywhere (`rung.c172`).

    In this order, because whoever knows the password would sign in again at once. Tokens that services check by
    themselves stay good until they expire; the plan says how long that is.
    """

    client: str

    def plan(self) -> Plan[UserTarget]:
        found = self.resettable()
        good_for = read_client(self.aws, self.pool, self.client).access_for
        return Plan(
            change=self.name,
            summary=f"Reset the password of the user {found['Username']} and sign the user out everywhere.",
            targets=(self.target_of(found, "signed in by somebody else, too", "signed out, a new password is needed"),),
            out_of=1,
            warnings=(f"Access tokens that were given out already are good for up to {good_for}.",),
        )

    def apply(self, plan: Plan[UserTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        self.unchanged(target)
        self.call(warrant, self.permissions, "admin_reset_user_password", target)
        self.call(warrant, self.permissions, "admin_user_global_sign_out", target)
        return done(target, f"{target.name} must choose a new password and is signed out everywhere.")

    def landed(self, plan: Plan[UserTarget]) -> tuple[Answer, str]:
        """A sign-out leaves no trace that can be read, so a reset that is seen may still lack it."""
        answer, why = super().landed(plan)
        if answer is Answer.YES:
            return Answer.UNKNOWN, f"{why} Nothing tells whether the sign-out followed; signing out again does no harm."
        return answer, why


@changes(
    UserTarget,
    name="cognito.reset_mfa",
    effect=Effect.DISRUPTIVE,
    stake=Stake.ACCESS,
    needs=("cognito-idp:AdminSetUserMFAPreference",),
    reads=(LOOK, "cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig"),
)
@dataclass(frozen=True, kw_only=True)
class ResetMfa(OfUser, Change[UserTarget]):
    """Take an authenticator app off an account, so that the user can enrol a new one (`rung.c193`)."""

    def plan(self) -> Plan[UserTarget] | NotNeeded:
        found = self.now()
        target = self.target_of(found, "asked for a code of the old authenticator", "enrols a new authenticator")
        if CODE_APP not in target.factors:
            return NotNeeded(why=f"The user {target.user} has no authenticator; there is nothing to reset.")
        mfa = read_pool(self.aws, self.pool).mfa
        then = (
            "The pool asks for a second factor, so the user must enrol at the next sign-in; until then, whoever knows"
            " the password can."
            if mfa == "ON"
            else f"MFA of the pool is {mfa}: until the user enrols again, the password alone opens the account."
        )
        return Plan(
            change=self.name,
            summary=f"Take the authenticator off the account of the user {target.user}.",
            targets=(target,),
            out_of=1,
            warnings=(then,),
        )

    def apply(self, plan: Plan[UserTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        self.unchanged(target)
        off = {"Enabled": False, "PreferredMfa": False}
        self.call(warrant, self.permissions, "admin_set_user_mfa_preference", target, SoftwareTokenMfaSettings=off)
        return done(target, f"The authenticator of {target.name} is taken off; the user enrols a new one.")

    def landed(self, plan: Plan[UserTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        factors = describe(self.aws, self.pool, target.user).get("UserMFASettingList") or ()
        if CODE_APP not in factors:
            return Answer.YES, "The account has no authenticator."
        if describe(self.aws, self.pool, target.user)["UserLastModifiedDate"] == target.changed:
            return Answer.NO, "The account has not been changed since."
        return Answer.UNKNOWN, "The account has an authenticator and was changed since: perhaps it is a new one."
