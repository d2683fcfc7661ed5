"""Is anybody kept out? Put together from a pool's metrics and one user's account, for the symptoms of both runbooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import AliasChoices, Field

from runbook import Facts, Permanent
from tasks.cloudwatch.read import Metrics
from tasks.cognito.account import Account

MANY = 0.25
"""Share of sign-ins that fail or are throttled from which a pool is in trouble: people mistype, but not so often."""


class SignIns(Facts):
    """Sign-ins of everybody, of the newest periods that have enough: judged by Cognito, failed of these, throttled."""

    attempts: float
    failed: float
    throttled: float

    @property
    def failing(self) -> float:
        """Share (0 to 1) of all requests that did not end in a sign-in."""
        return (self.failed + self.throttled) / (self.attempts + self.throttled)

    @property
    def throttling(self) -> float:
        """Share (0 to 1) of all requests that were throttled."""
        return self.throttled / (self.attempts + self.throttled)

    def __str__(self) -> str:
        return f"{self.failing:.0%} of {self.attempts + self.throttled:.0f} sign-ins failed or were throttled"


class KeptOut(Facts):
    """Who cannot sign in. `user` is absent when nobody is named. What could not be seen is absent, with the reason.

    Nobody is kept out only when all that was asked about could be seen: `anybody` raises `LookupError` otherwise.
    """

    everybody: SignIns | None = Field(validation_alias=AliasChoices("everybody", "crowd"))  # what journals have
    user: Account | None
    asked_for_user: bool
    unseen: tuple[str, ...]

    @property
    def many(self) -> bool | None:
        return None if self.everybody is None else self.everybody.failing >= MANY

    @property
    def one(self) -> bool | None:
        """Whether the named user is kept out, or somebody else is in; false when nobody is named."""
        if not self.asked_for_user:
            return False
        if self.user is None:
            return None
        if not self.user.enabled or self.user.temporary_expired:
            return True
        return None if self.user.tried is None else self.user.tried.fails or self.user.tried.risky_passed > 0

    @property
    def anybody(self) -> bool:
        if self.one or self.many:
            return True
        if self.one is None or self.many is None:
            raise LookupError("; ".join(self.unseen) or "the pool keeps no sign-in events of the user")
        return False

    def __str__(self) -> str:
        return "; ".join(str(part) for part in (self.everybody, self.user, *self.unseen) if part)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {} if self.everybody is None else {"sign-ins that fail": (round(100 * self.everybody.failing, 1), "%")}


def kept_out(everybody: Callable[[], Metrics], user: Callable[[], Account] | None) -> KeptOut:
    """Look at everybody and, where one is named, at one user. What could not be seen is kept as its reason.

    A pool in which nobody has signed in lately has no metrics; a disabled user can be seen all the same.
    """
    unseen: list[str] = []
    many: SignIns | None = None
    one: Account | None = None
    try:
        many = sign_ins(everybody())
    except (Permanent, LookupError) as blind:
        unseen.append(str(blind))
    try:
        one = user() if user else None
    except Permanent as blind:
        unseen.append(str(blind))
    return KeptOut(everybody=many, user=one, asked_for_user=user is not None, unseen=tuple(unseen))


def sign_ins(metrics: Metrics) -> SignIns:
    """Raises `LookupError` when the newest values are missing or old, or too few: one who mistypes is not everybody."""
    newest = metrics.newest("attempts", "successes", "throttled", among=("attempts", "throttled"))
    attempts = newest["attempts"]
    return SignIns(attempts=attempts, failed=attempts - newest["successes"], throttled=newest["throttled"])


def failing_function(metrics: Metrics) -> float:
    """Highest share (0 to 1) of failing calls among the pool's functions, in the newest periods with enough of them.

    Raises `LookupError` when there is none, or one has no values or too few.
    """
    functions = [name.removesuffix(" calls") for name in metrics.series if name.endswith(" calls")]
    shares = [metrics.share(f"{name} errors", among=f"{name} calls") for name in functions]
    if not shares:
        raise LookupError("CloudWatch has no calls of a function of the pool")
    return max(shares)
