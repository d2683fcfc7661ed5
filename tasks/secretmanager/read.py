"""Looks at a secret of Secret Manager: its versions, when each was made and how it is. What they hold is never asked.

The right to list versions (`secretmanager.versions.list`) is another one than the right to read them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal, cast

from blocks.google import Google
from runbook import Facts, Permanent, look
from tasks.cloudrun.service import at, last

PAGES, PAGE = 4, 250
"""Pages of versions in one look."""

State = Literal["ENABLED", "DISABLED", "DESTROYED"]
STATES: Final[frozenset[str]] = frozenset({"ENABLED", "DISABLED", "DESTROYED"})


class Version(Facts):
    """One version by its number. One that is not `ENABLED` lets nobody read what it holds."""

    number: int
    state: State
    made: datetime

    def __str__(self) -> str:
        return f"version {self.number} ({self.state.lower()})"


class Versions(Facts):
    """The versions of one secret, newest first; `complete` tells whether these are all."""

    of: str
    versions: tuple[Version, ...]
    complete: bool

    def newest(self) -> Version:
        """The newest that may be read. Raises `LookupError` where there is none, or not all are known."""
        enabled = [one for one in self.versions if one.state == "ENABLED"]
        if not enabled or not self.complete:
            raise LookupError(f"no version of {self.of} is known to be the newest that may be read")
        return max(enabled, key=lambda one: one.number)

    def of_number(self, number: int) -> Version:
        """Raises `LookupError` for one that is not known."""
        for one in self.versions:
            if one.number == number:
                return one
        raise LookupError(f"{self.of} has no version {number}")

    def __str__(self) -> str:
        return f"{self.of}: {', '.join(map(str, self.versions)) or 'no version'}"


@look("google:secretmanager.versions.list", bound=f"{PAGES * PAGE} versions of one secret; nothing that they hold")
def read_versions(google: Google, secret: str) -> Versions:
    """The versions of a secret. Raises `Permanent` where there is none of that name, or it may not be seen."""
    found: list[Version] = []
    asked: dict[str, Any] = {"parent": google.secret(secret), "pageSize": PAGE}
    with google.reading("secretmanager") as manager:
        for _ in range(PAGES):
            page = manager.ask(
                lambda api: api.projects().secrets().versions().list(**asked), f"list the versions of {secret}"
            )
            some: Any = page.get("versions") or []
            if not isinstance(some, list):
                raise _odd(secret)
            found += [_version(secret, one) for one in cast("list[Any]", some)]
            asked["pageToken"] = str(page.get("nextPageToken") or "")
            if not asked["pageToken"]:
                return Versions(of=secret, versions=tuple(found), complete=True)
    return Versions(of=secret, versions=tuple(found), complete=False)


def _version(secret: str, found: Any) -> Version:
    if not isinstance(found, dict):
        raise _odd(secret)
    one = cast("dict[str, Any]", found)
    number, state = last(one.get("name")), str(one.get("state"))
    if not number.isdecimal() or state not in STATES:
        raise _odd(secret)
    return Version(number=int(number), state=cast("State", state), made=at(one))


def _odd(secret: str) -> Permanent:
    return Permanent(f"Secret Manager tells the versions of {secret} in another form than the one that is known.")
