"""Looks at when refusals began, beside when the newest version of a secret was made."""

from __future__ import annotations

from datetime import datetime, timedelta

from blocks.google import Google
from journal import clock
from runbook import Coincidence, look
from runbook.release import SOON
from tasks.gcplogs.read import read_entries
from tasks.gcplogs.wanted import Wanted
from tasks.logs.read import Kind
from tasks.secretmanager.read import Versions, read_versions

AT_ONCE = timedelta(minutes=1)
"""What is there as soon after the beginning of the window began before it."""


class Rotation(Coincidence):
    """When refusals of one kind `began`; nothing where there was none, or they began before anybody looked."""

    versions: Versions
    began: datetime | None
    since: datetime
    asked_at: datetime

    def began_with_one(self) -> bool:
        """Whether they began soon after a version was made. Raises `LookupError` where nobody knows when they began."""
        newest = self.versions.newest()
        if self.began is None:
            raise LookupError("nobody knows when it began")
        return newest.made <= self.began + AT_ONCE and self.began - newest.made <= SOON

    def none_for(self, time: timedelta) -> bool:
        """Whether no version was made for so long."""
        if not self.versions.complete or not self.versions.versions:
            raise LookupError(f"not all versions of {self.versions.of} are known")
        return max(one.made for one in self.versions.versions) < self.asked_at - time

    def __str__(self) -> str:
        began = "it is not known when it began" if self.began is None else f"it began at {self.began:%H:%M}"
        return f"{began}; {self.versions}"


@look(*read_entries.permissions, *read_versions.permissions, bound=f"{read_entries.bound}; {read_versions.bound}")
def read_rotation(google: Google, secret: str, wanted: Wanted, kind: Kind, *, window: timedelta) -> Rotation:
    """Raises `Permanent` where entries or versions may not be read."""
    now = clock.now()
    seen = read_entries(google, wanted, window=window, kinds=(kind,))
    began, since = seen.began.get(kind.name), now - window
    known = began is not None and seen.complete and began > since + AT_ONCE
    return Rotation(versions=read_versions(google, secret), began=began if known else None, since=since, asked_at=now)
