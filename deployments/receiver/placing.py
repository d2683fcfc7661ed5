"""Where an alert goes that no open incident has: to a primary, to nothing for now, or into an incident of its own.

`dispatch` asks before it opens one. Nothing here loses an alert: whatever the answer, it stays in the inbox beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from deployments.receiver.inbox_queries import MAINTAINED, SILENCED, related
from deployments.receiver.routing import Route
from journal import silences, switches
from journal.facts.installation import Silenced
from journal.incidents import open_with
from journal.store import Journal
from runbook.alert import Alert


@dataclass(frozen=True, kw_only=True)
class Aside:
    """The alert opens nothing: `instead` stands in the inbox where the incident would, `why` is for the log."""

    instead: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Related:
    """The alert joins the incident of another problem."""

    primary: str


class Placing:
    """Asks the journal. `within` is how near to an incident's opening a related alert must be; 0 relates none."""

    def __init__(self, journal: Journal, within: timedelta) -> None:
        self._journal, self._within = journal, within

    def __call__(self, alert: Alert, route: Route) -> Aside | Related | None:
        """Where else than into an incident of its own; `None` for that, or when its own is open."""
        if self._journal.database.read(lambda tx: open_with(tx, alert.fingerprint)) is not None:
            return None
        return self._aside(alert, route) or self.related(alert.fingerprint, route)

    def related(self, fingerprint: str, route: Route | None = None) -> Related | None:
        """The primary of a problem; without a route, only one that it joined before."""
        if not self._within:
            return None
        since = self._journal.clock() - self._within
        system, environment = (route.system, route.environment) if route else ("", "")
        found = self._journal.database.read(
            lambda tx: related(tx, fingerprint, system=system, environment=environment, since=since)
        )
        return None if found is None else Related(primary=found)

    def _aside(self, alert: Alert, route: Route) -> Aside | None:
        now = self._journal.clock()
        if (window := switches.maintained(self._journal, route.system, now)) is not None:
            why = f"{window.system} is being maintained until {window.ends:%Y-%m-%d %H:%M} UTC"
            return Aside(instead=MAINTAINED, why=why)
        found = silences.silenced(self._journal, alert.name, alert.labels, now)
        if found is None or not isinstance(found.fact, Silenced):
            return None
        why = f"silence {found.number} holds until {found.fact.ends:%Y-%m-%d %H:%M} UTC"
        return Aside(instead=f"{SILENCED}:{found.number}", why=why)
