"""Many replays, held against the causes that people confirmed: right before, right now, and which incidents change.

Pure. `codeblue backtest` replays the incidents and shows the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import computed_field

from tasks.replayed import Replay, Replayed


class Compared(Replayed):
    """One incident: the likeliest cause as judged, as judged now, and as a person confirmed it.

    `changes` are sentences; `unknown` says what could not be judged.
    """

    incident: str
    runbook: str
    likely_before: str | None
    likely_now: str | None
    confirmed: str | None
    differs: bool
    changes: tuple[str, ...]
    unknown: tuple[str, ...]


class NotJudged(Replayed):
    """An incident that nobody can judge anew here, and why."""

    incident: str
    runbook: str
    why: str


class Backtest(Replayed):
    """The incidents of a period; only those of a `runbook`, where one was given by a file.

    `right_before` and `right_now` count those whose cause somebody `confirmed`.
    """

    system: str
    runbook: str | None
    since: datetime
    until: datetime
    incidents: tuple[Compared, ...]
    not_judged: tuple[NotJudged, ...]

    @computed_field
    @property
    def confirmed(self) -> int:
        """Incidents whose cause a person confirmed."""
        return len(_confirmed(self.incidents))

    @computed_field
    @property
    def right_before(self) -> int:
        """Of these, those whose likeliest cause it was."""
        return sum(one.likely_before == one.confirmed for one in _confirmed(self.incidents))

    @computed_field
    @property
    def right_now(self) -> int:
        """Of these, those whose likeliest cause it is now."""
        return sum(one.likely_now == one.confirmed for one in _confirmed(self.incidents))

    @computed_field
    @property
    def untold_now(self) -> int:
        """Of these, those of which nobody can tell: it was not the likeliest now, and not all could be judged."""
        return sum(one.likely_now != one.confirmed and bool(one.unknown) for one in _confirmed(self.incidents))

    @computed_field
    @property
    def changed(self) -> tuple[str, ...]:
        """The incidents that are judged otherwise."""
        return tuple(one.incident for one in self.incidents if one.differs)


def compare(replayed: Replay, confirmed: str | None) -> Compared:
    """One incident's line of the sum."""
    return Compared(
        incident=replayed.incident,
        runbook=replayed.runbook,
        likely_before=replayed.likely_before,
        likely_now=replayed.likely_now,
        confirmed=confirmed,
        differs=replayed.differs,
        changes=tuple(replayed.changes()),
        unknown=replayed.unknown,
    )


def _confirmed(incidents: Sequence[Compared]) -> list[Compared]:
    return [one for one in incidents if one.confirmed is not None]
