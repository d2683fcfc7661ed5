"""Changes to one user of a Cognito pool, named by the `sub`, so that no plan holds a name or an address.

Cognito's own lock-out after failed attempts is lifted by no call: it ends by itself, after 15 minutes at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal.facts.words import Answer, Effect, Stake
from runbook import Drifted, NotNeeded, NotSafe, Outcome, Plan, Result, Target, Warrant, changes
from runbook.change import Change, Reversible
from tasks.cognito.account import describe, named
from tasks.selections import UserOf

LOOK = "cognito-idp:AdminGetUser"
RESETTABLE = ("CONFIRMED", "RESET_REQUIRED")
"""States in which Cognito resets a password; in the others it refuses, or the user has none of its own."""


class UserTarget(Target):
    """One user, as the account was when it was planned: `changed` is when it was last modified."""

    user: str
    status: str
    changed: datetime
    factors: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OfUser:
    """What the changes to a user share."""

    aws: Aws
    pool: str
    user: str | None

    @property
    def about(self) -> UserOf:
        return UserOf(pool=self.pool, user=self.user)

    def now(self) -> dict[str, Any]:
        return describe(self.aws, self.pool, named(self.user))

    def target_of(self, found: dict[str, Any], before: str, after: str) -> UserTarget:
        return UserTarget(
            name=f"user {found['Username']}",
            before=before,
            after=after,
            user=found["Username"],
            status=found["UserStatus"],
            changed=found["UserLastModifiedDate"],
            factors=tuple(found.get("UserMFASettingList") or ()),
        )

    def unchanged(self, target: UserTarget) -> dict[str, Any]:
        """The user as it is now. Raises `Drifted` when somebody has changed the account since the approval."""
        now = describe(self.aws, self.pool, target.user)
        if now["UserLastModifiedDate"] != target.changed:
            raise Drifted(f"{target.name} was changed at {now['UserLastModifiedDate']:%H:%M:%S} UTC; plan again.")
        return now

    def call(self, warrant: Warrant, needs: tuple[str, ...], verb: str, target: UserTarget, **more: Any) -> None:
        try:
            cognito = self.aws.changing(
                "cognito-idp", warrant, needs, on=[self.aws.arn("cognito-idp", f"userpool/{self.pool}")]
            )
            getattr(cognito, verb)(UserPoolId=self.pool, Username=target.user, **more)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"{verb.replace('_', ' ')} {target.user}") from error


def done(target: UserTarget, note: str) -> Outcome:
    return Outcome(ok=True, note=note, results=(Result(name=target.name, done=True),))


@changes(
    UserTarget,
    name="cognito.enable_user",
    effect=Effect.REVERSIBLE,
    stake=Stake.ACCESS,
    needs=("cognito-idp:AdminEnableUser", "cognito-idp:AdminDisableUser"),
    reads=(LOOK,),
)
@dataclass(frozen=True, kw_only=True)
class EnableUser(OfUser, Reversible[UserTarget]):
    """Enable a user whom an administrator disabled (`rung.c162`). It ends no lock-out of Cognito's own."""

    def plan(self) -> Plan[UserTarget] | NotNeeded:
        found = self.now()
        sub, status = found["Username"], found["UserStatus"]
        if found["Enabled"]:
            return NotNeeded(
                why=f"The user {sub} is enabled; a lock-out of Cognito's own ends by itself in 15 minutes."
            )
        if status in ("ARCHIVED", "COMPROMISED"):
            raise NotSafe(f"Cognito says that the user {sub} is {status}; let the security team decide.")
        return Plan(
            change=self.name,
            summary=f"Enable the user {sub}, whom an administrator disabled.",
            targets=(self.target_of(found, f"disabled, {status}", f"enabled, {status}"),),
            out_of=1,
            warnings=("Cognito does not say who disabled the user, nor why: ask before you agree.",),
        )

    def apply(self, plan: Plan[UserTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        self.unchanged(target)
        self.call(warrant, self.permissions, "admin_enable_user", target)
        return done(target, f"{target.name} is enabled.")

    def landed(self, plan: Plan[UserTarget]) -> tuple[Answer, str]:
        return self._is(plan, enabled=True)

    def undo(self, plan: Plan[UserTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        self.call(warrant, self.permissions, "admin_disable_user", target)
        return done(target, f"{target.name} is disabled again.")

    def undone(self, plan: Plan[UserTarget]) -> tuple[Answer, str]:
        return self._is(plan, enabled=False)

    def _is(self, plan: Plan[UserTarget], *, enabled: bool) -> tuple[Answer, str]:
        (target,) = plan.targets
        now: bool = describe(self.aws, self.pool, target.user)["Enabled"]
        return (Answer.YES if now is enabled else Answer.NO), f"The user is {'enabled' if now else 'disabled'}."


@changes(
    UserTarget,
    name="cognito.reset_password",
    effect=Effect.DISRUPTIVE,
    stake=Stake.ACCESS,
    needs=("cognito-idp:AdminResetUserPassword",),
    reads=(LOOK,),
)
@dataclass(frozen=True, kw_only=True)
class ResetPassword(OfUser, Change[UserTarget]):
    """Make the user choose a new password, by a code that Cognito sends to a verified contact (`rung.c167`)."""

    def plan(self) -> Plan[UserTarget]:
        found = self.resettable()
        return Plan(
            change=self.name,
            summary=f"Send the user {found['Username']} a code to choose a new password with.",
            targets=(self.target_of(found, "the password works, if it is known", "a new password must be chosen"),),
            out_of=1,
            warnings=("The present password stops working at once. A code by SMS costs money.",),
        )

    def resettable(self) -> dict[str, Any]:
        found = self.now()
        sub, status = found["Username"], found["UserStatus"]
        if not found["Enabled"]:
            raise NotSafe(f"The user {sub} is disabled; a new password would not let anybody in.")
        if status == "EXTERNAL_PROVIDER":
            raise NotSafe(f"The user {sub} signs in with another provider; the password is kept there.")
        if status not in RESETTABLE:
            raise NotSafe(f"Cognito does not reset a password of a user who is {status}; send the invitation again.")
        if not found["Reachable"]:
            raise NotSafe(f"The user {sub} has no verified e-mail address or phone; a code would reach nobody.")
        return found

    def apply(self, plan: Plan[UserTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        self.unchanged(target)
        self.call(warrant, self.permissions, "admin_reset_user_password", target)
        return done(target, f"{target.name} was sent a code and must choose a new password.")

    def landed(self, plan: Plan[UserTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        now = describe(self.aws, self.pool, target.user)
        if now["UserLastModifiedDate"] == target.changed:
            return Answer.NO, "The account has not been changed since."
        if now["UserStatus"] == "RESET_REQUIRED" != target.status:
            return Answer.YES, "A new password must be chosen."
        return Answer.UNKNOWN, f"The account was changed since and is {now['UserStatus']}; nothing tells by whom."
