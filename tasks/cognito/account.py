"""Looks at one user of a Cognito pool, by the `sub`: states, flags and counts. Every attribute is dropped at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Facts, Permanent, look
from tasks.cognito.read import Pool

SUB = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Cognito's own id of a user. An e-mail address or a name would be personal data in every plan."""

EVENTS, PAGES = 60, 5
"""Sign-in events a page, and pages that one look turns."""

RISKY = frozenset({"AccountTakeover", "Block"})
"""Decisions of Cognito's threat protection that mean somebody else is at work."""


class Tried(Facts):
    """What became of the user's sign-ins since the account was last changed. The failures count since the last success.

    `unanswered` were asked for a code and never gave one. Of the failures, `familiar` came from a place from which the
    user had signed in before, and `strange` from another; where no place is known, from neither. `risky_passed` are
    successes that Cognito takes for somebody else's, or that used a password known to be stolen; `risky` counts the
    refused ones, too.
    """

    passed: int
    password_failures: int
    code_failures: int
    unanswered: int
    risky: int
    risky_passed: int
    familiar: int
    strange: int

    @property
    def at_home(self) -> bool:
        """Whether all that fails comes from where the user has signed in before. Unknown places: `LookupError`."""
        if not self.familiar and not self.strange:
            raise LookupError("nobody can tell from where these sign-ins come")
        return not self.strange

    @property
    def fails(self) -> bool:
        return self.password_failures + self.code_failures + self.unanswered > 0

    def __str__(self) -> str:
        return (
            f"since its last change {self.passed} sign-ins passed ({self.risky_passed} of them risky), since the last"
            f" of these {self.password_failures} failed at the password, {self.code_failures} at the code,"
            f" {self.unanswered} were never answered"
            + (f" ({self.strange} of them from where the user never signed in before)" if self.strange else "")
        )


class Account(Facts):
    """One user's real state. `reachable`: a verified e-mail address or phone can receive a code.

    Cognito's own lock-out after failed attempts is in no API; `enabled` is only about administrators. `tried` is absent
    when the pool keeps no sign-in events: nobody can say then what the user's attempts came to.
    """

    user: str
    enabled: bool
    status: str
    reachable: bool
    factors: tuple[str, ...]
    changed: datetime
    temporary_expired: bool
    tried: Tried | None

    @property
    def attempts(self) -> Tried:
        """Raises `LookupError`, which counts as unknown, when the pool keeps no sign-in events."""
        if self.tried is None:
            raise LookupError("the pool keeps no sign-in events: threat protection is off")
        return self.tried

    @property
    def code_app(self) -> bool:
        return "SOFTWARE_TOKEN_MFA" in self.factors

    def __str__(self) -> str:
        state = "enabled" if self.enabled else "disabled"
        factors = ", ".join(self.factors) or "none"
        tried = str(self.tried) if self.tried else "the pool keeps no sign-in events"
        return f"user {self.user} is {state} and {self.status}, second factors: {factors}; {tried}"


@look(
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminListUserAuthEvents",
    bound=f"one user and {EVENTS * PAGES} sign-in events, counted and dropped",
)
def read_account(aws: Aws, pool: Pool, user: str | None) -> Account:
    """One user's state. Raises `Permanent` when no user is named, or not by the `sub`, or there is none."""
    sub = named(user)
    found = describe(aws, pool.pool, sub)
    events = _events(aws, pool.pool, sub) if pool.watches else None
    return to_account(found, events, pool.temporary_for)


def named(user: str | None) -> str:
    """The `sub` of the user that is meant. Raises `Permanent`, which never repeats what was given."""
    if not user:
        raise Permanent("No user is named; give the user's `sub` as `username` to look at one.")
    if not SUB.fullmatch(user.lower()):
        raise Permanent(
            "The user must be named by the `sub` (an id such as 8f14e45f-...), not by a name or an address."
        )
    return user.lower()


def describe(aws: Aws, pool: str, sub: str) -> dict[str, Any]:
    """The user as the API gives it, its attributes reduced to whether a contact is verified."""
    try:
        found: dict[str, Any] = aws.reading("cognito-idp").admin_get_user(UserPoolId=pool, Username=sub)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"look at the user {sub}") from error
    attributes = {one["Name"]: one.get("Value") for one in found.pop("UserAttributes", [])}
    if attributes.get("sub", sub) != sub:
        raise Permanent(f"The pool answered {sub} with another user; name the user by the `sub`.")
    found["Reachable"] = "true" in (attributes.get("email_verified"), attributes.get("phone_number_verified"))
    found["Username"] = sub
    return found


def to_account(found: dict[str, Any], events: Iterable[dict[str, Any]] | None, temporary_for: timedelta) -> Account:
    changed: datetime = found["UserLastModifiedDate"]
    status = str(found["UserStatus"])
    return Account(
        user=found["Username"],
        enabled=found["Enabled"],
        status=status,
        reachable=found["Reachable"],
        factors=tuple(found.get("UserMFASettingList") or ()),
        changed=changed,
        temporary_expired=status == "FORCE_CHANGE_PASSWORD" and clock.now() - changed > temporary_for,
        tried=None if events is None else tried(events, changed),
    )


def tried(events: Iterable[dict[str, Any]], changed: datetime) -> Tried:
    """Count sign-ins after a moment, in order; a success begins the count of failures anew."""
    passed = password_failures = code_failures = unanswered = risky = risky_passed = familiar = strange = 0
    home = set[str]()
    for event in sorted(events, key=lambda one: one["CreationDate"]):
        if event["EventType"] != "SignIn":
            continue
        risk: dict[str, Any] = event.get("EventRisk") or {}
        is_risky = risk.get("RiskDecision") in RISKY or bool(risk.get("CompromisedCredentialsDetected"))
        place, succeeded = _place(event), event.get("EventResponse") == "Pass"
        if place and succeeded and not is_risky:
            home.add(place)
        if event["CreationDate"] <= changed:
            continue
        risky += is_risky
        if not is_risky and not succeeded and place and home:
            familiar, strange = familiar + (place in home), strange + (place not in home)
        match event.get("EventResponse"):
            case "Pass":
                passed, risky_passed = passed + 1, risky_passed + is_risky
                password_failures = code_failures = unanswered = familiar = strange = 0
            case _ if is_risky:
                pass  # somebody else's failures are not the user's
            case "Fail" if _failed_at(event, "Mfa"):
                code_failures, unanswered = code_failures + 1, 0
            case "Fail":
                password_failures += 1
            case _:
                unanswered += 1
    return Tried(
        passed=passed,
        password_failures=password_failures,
        code_failures=code_failures,
        unanswered=unanswered,
        risky=risky,
        risky_passed=risky_passed,
        familiar=familiar,
        strange=strange,
    )


def _place(event: dict[str, Any]) -> str:
    """From where somebody signed in, roughly: an address changes by the hour, a city does not."""
    where: dict[str, Any] = event.get("EventContextData") or {}
    return ", ".join(str(where[name]) for name in ("City", "Country") if where.get(name))


def _failed_at(event: dict[str, Any], challenge: str) -> bool:
    answers: list[dict[str, Any]] = event.get("ChallengeResponses") or []
    return any(one["ChallengeName"] == challenge and one["ChallengeResponse"] == "Failure" for one in answers)


def _events(aws: Aws, pool: str, sub: str) -> list[dict[str, Any]]:
    """The newest sign-in events. Where they came from is compared, and dropped by whoever counts them."""
    asked: dict[str, Any] = {"UserPoolId": pool, "Username": sub, "MaxResults": EVENTS}
    found: list[dict[str, Any]] = []
    for _ in range(PAGES):
        try:
            page = aws.reading("cognito-idp").admin_list_user_auth_events(**asked)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"list the sign-in events of {sub}") from error
        found += page["AuthEvents"]
        if not page.get("NextToken"):
            break
        asked["NextToken"] = page["NextToken"]
    return found
