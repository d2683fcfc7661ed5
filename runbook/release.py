"""What was released, and whether something began with it. Pure; `tasks` read releases, each technology its own.

Two things at about the same time are a coincidence until something else tells them together: whoever released, and
whose database filled up in the same minute, has two suspects. So what is made of `Coincidence` is good evidence at
most, and no change treats a cause for which nothing else speaks; a contract test refuses a runbook that does otherwise.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from journal.wording import moment
from runbook.onsets import Onset, onset
from runbook.probe import Facts
from runbook.series import Points, known

SOON = timedelta(minutes=15)
"""What a release does shows within so long, or within `FEW` periods where these are longer."""

FEW = 3


class Coincidence(Facts):
    """Base of what only tells that two things were at about the same time."""


class Release(Facts):
    """Something was brought into service: `what` (a version, an alias, a deployment, a switch) of which `service`.

    `at` is when (UTC), `by` the name of whoever did it, where that is told, and `source` whose record it is.
    """

    what: str
    service: str
    version: str
    at: datetime
    by: str | None = None
    source: str

    def __str__(self) -> str:
        by = "" if self.by is None else f" by {self.by}"
        return f"{self.what} {self.version} of {self.service} at {moment(self.at)}{by} ({self.source})"


class Releases(Coincidence):
    """The releases of one service, newest first; whatever was released from `since` until `until` is among them.

    `until` is before `asked_at` where the record is late.
    """

    service: str
    releases: tuple[Release, ...]
    since: datetime
    until: datetime
    asked_at: datetime

    def none_for(self, span: timedelta) -> bool:
        """Whether nothing was released for so long. Raises `LookupError` where that is not all known."""
        if any(one.at > self.asked_at - span for one in self.releases):
            return False
        self.refuse_unknown(self.asked_at - span, self.asked_at)
        return True

    def refuse_unknown(self, begin: datetime, end: datetime) -> None:
        """Raise `LookupError` where not all releases between two moments are known."""
        if begin < self.since or end > self.until:
            known = f"from {moment(self.since)} until {moment(self.until)}"
            raise LookupError(f"the releases of {self.service} are known only {known}")

    def __str__(self) -> str:
        newest = max(self.releases, key=lambda one: one.at, default=None)
        if newest is None:
            return f"nothing of {self.service} was released since {moment(self.since)}"
        return f"{newest}, the newest of {len(self.releases)} since {moment(self.since)}"


class Since(Coincidence):
    """When something began, beside what was released. `unseen` is why nobody knows when it began."""

    releases: Releases
    onset: Onset | None = None
    unseen: str = ""

    def began_with_one(self, within: timedelta = SOON) -> bool:
        """Whether it began soon after a release of this very service, and not before.

        Raises `LookupError` where nobody knows when it began, or whether anything was released right before.
        """
        began = self._onset()
        unsure: list[LookupError] = []
        for one in self.releases.releases:
            try:
                if began.soon_after(one.at, within):
                    return True
            except LookupError as why:
                unsure.append(why)
        if unsure:
            raise unsure[0]
        if began.at is not None:
            self.releases.refuse_unknown(began.at - within, began.at)
        return False

    def began_before(self) -> bool:
        """Whether it was as it is now before each release that was seen. Raises `LookupError` where nobody can tell."""
        began = self._onset()
        if not self.releases.releases:
            raise LookupError(f"no release of {self.releases.service} was seen")
        return all(began.before(one.at) for one in self.releases.releases)

    def _onset(self) -> Onset:
        if self.onset is None:
            raise LookupError(self.unseen or "nobody knows when it began")
        return self.onset

    def __str__(self) -> str:
        return f"{self.onset or self.unseen}; {self.releases}"


def since(points: Points, releases: Releases, *, little: float = 0.0) -> Since:
    """When the level of a series changed, beside the releases; what is less than `little` is no change."""
    try:
        return Since(releases=releases, onset=onset(points, little=little))
    except LookupError as why:
        return Since(releases=releases, unseen=str(why))


class Around(Coincidence):
    """How it was around one release, by whole periods of which enough is known, oldest first.

    `before` are the values of periods that were over when it came, `after` of those that began later; the first `soon`
    of these began so early that what is seen there may be its doing.
    """

    release: Release
    period: timedelta
    before: tuple[float, ...]
    after: tuple[float, ...]
    soon: int

    def was_there(self, limit: float) -> bool:
        """Whether it was beyond the limit before. Raises `LookupError` when nobody knows how it was."""
        if not self.before:
            raise LookupError("nobody knows how it was before the release")
        return all(value > limit for value in self.before[-2:])

    def followed(self, limit: float) -> bool:
        """Whether it went beyond the limit soon after. Raises `LookupError` while nobody can tell."""
        if any(value > limit for value in self.after[: self.soon]):
            return True
        later = self.after[self.soon :]
        if not later:
            raise LookupError("not enough has been seen since the release")
        if not self.soon and later[0] > limit:
            raise LookupError("nothing was seen soon after the release, so nobody knows when it began")
        return False

    def began_it(self, limit: float) -> bool:
        """Whether it was not beyond the limit before and went there soon after. What did not follow did not begin."""
        return not self.is_innocent(limit)

    def is_innocent(self, limit: float) -> bool:
        """Whether it was there before, or began only long after. What is not known makes nobody innocent."""
        try:
            if self.was_there(limit):
                return True
        except LookupError:
            if self.followed(limit):
                raise
        return not self.followed(limit)

    def __str__(self) -> str:
        worst = [f"{max(values):.3g}" if values else "not known" for values in (self.before, self.after)]
        span = f"{self.period.total_seconds():g} s"
        return f"{self.release}; the worst {span} before: {worst[0]}, since: {worst[1]}"


def around(release: Release, points: Points, period: timedelta) -> Around:
    """Values by the beginning of their period, on both sides of a release."""
    seen = known(points)
    after = [(at, value) for at, value in seen if at >= release.at]
    return Around(
        release=release,
        period=period,
        before=tuple(value for at, value in seen if at + period <= release.at),
        after=tuple(value for _, value in after),
        soon=sum(at < release.at + max(SOON, FEW * period) for at, _ in after),
    )
