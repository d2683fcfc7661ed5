"""Does the second factor work? Put together from the pool, the refused codes and one user's account, as a symptom."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runbook import Facts, Permanent
from tasks.cognito.account import Account
from tasks.cognito.read import Pool
from tasks.logs.read import A_MINUTE, Events

MANY = 10
"""Codes refused within one period from which it is not only one user who has trouble."""

IN_A_ROW, NEVER = 3, 2
"""Wrong codes in a row, and sign-ins left at the question for a code, from which a user's factor does not work."""

CODES = ("code refused", "codes not taken")


class Factors(Facts):
    """Codes refused within the newest period, of all users, and the named user's second factor.

    `a_minute` is how fast they are refused since the first of them, where there are enough.
    What could not be seen is absent, with the reason in `unseen`; `anybody` raises `LookupError` then, unless what was
    seen is trouble already.
    """

    mfa: str
    refused: int | None
    user: Account | None
    asked_for_user: bool
    unseen: tuple[str, ...]
    a_minute: float | None = None

    @property
    def missing(self) -> bool:
        """Whether the named user has no second factor in a pool that has them."""
        if self.user is None:
            raise LookupError("; ".join(self.unseen) or "no user is named")
        return self.mfa != "OFF" and not self.user.factors

    @property
    def many(self) -> bool | None:
        return None if self.refused is None else self.refused >= MANY

    @property
    def of_all(self) -> bool:
        """Whether many codes were refused. Raises `LookupError` where nobody could count them."""
        if self.many is None:
            raise LookupError("; ".join(self.unseen) or "the refused codes were not counted")
        return self.many

    @property
    def one(self) -> bool | None:
        """Whether the named user's factor does not work; false when nobody is named."""
        if not self.asked_for_user:
            return False
        if self.user is None:
            return None
        if self.missing:
            return True
        tried = self.user.tried
        return None if tried is None else tried.code_failures >= IN_A_ROW or tried.unanswered >= NEVER

    @property
    def anybody(self) -> bool:
        if self.one or self.many:
            return True
        if self.one is None or self.many is None:
            raise LookupError("; ".join(self.unseen) or "the pool keeps no sign-in events of the user")
        return False

    def __str__(self) -> str:
        refused = None if self.refused is None else f"{self.refused} codes were refused just now"
        return "; ".join(str(part) for part in (refused, self.user, f"MFA is {self.mfa}", *self.unseen) if part)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        seen = {} if self.refused is None else {"codes refused just now": (float(self.refused), "")}
        return seen if self.a_minute is None else {**seen, "codes refused a minute": (self.a_minute, A_MINUTE)}


def factors(pool: Pool, events: Callable[[], Events], user: Callable[[], Account] | None) -> Factors:
    """Look at everybody's codes and, where one is named, at one user. What could not be seen is kept as its reason."""
    unseen: list[str] = []
    refused: int | None = None
    pace: float | None = None
    one: Account | None = None
    try:
        seen = events()
        refused, pace = sum(seen.of(kind) for kind in CODES), seen.a_minute(*CODES)
        if refused < MANY and not seen.complete:
            refused = None
            unseen.append(f"{seen.group} was not searched to the end of the window")
    except Permanent as blind:
        unseen.append(str(blind))
    try:
        one = user() if user else None
    except Permanent as blind:
        unseen.append(str(blind))
    return Factors(
        mfa=pool.mfa,
        refused=refused,
        user=one,
        asked_for_user=user is not None,
        unseen=tuple(unseen),
        a_minute=pace,
    )
