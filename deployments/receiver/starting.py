"""From an open incident to its flow run, exactly one, however often this is repeated. `dispatch` calls it.

    create the run (idempotency key = incident) → assign it → ring the wake-up → record `dispatched`

A run that Prefect will never store ends its incident as *Unresolved*: it is not tried for ever, and people are told.

Killed anywhere between, the same steps run again: Prefect gives the same run for the same key, assigning twice is
once, a wake-up too many costs a look, and the record under its key is written once. Only after the record is an
incident left alone; until then `orphans` finds it, in this process or another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from uuid import UUID

from pydantic import JsonValue, ValidationError

from deployments.interrupted import never_runs
from deployments.receiver.meaning import NoRoute
from deployments.receiver.routing import Route, Router
from deployments.receiver.runs import NoRunError, Runs
from journal.facts.closed import Noted
from journal.facts.opened import Opened
from journal.store import Journal
from runbook.alert import Alert

log = logging.getLogger("codeblue.receiver")

BY_ALERT = "alert:"
"""How `requested_by` begins for incidents that the receiver opened."""
_KEY = "dispatched"
_REMEMBERED = 10_000


class Starter:
    """Starts the runs of incidents that alerts opened."""

    def __init__(self, journal: Journal, runs: Runs, route: Router, ring: Callable[[UUID], object]) -> None:
        self._journal, self._runs, self._route, self._ring = journal, runs, route, ring
        self._settled: set[str] = set()

    def start(self, incident: str, opened: Opened | None = None, route: Route | None = None) -> bool:
        """See to it that the incident has its run; whether it was created now. Raises NoRunError, JournalError.

        `opened` (redacted) and `route` spare reading them again when the caller has them.
        """
        if incident in self._settled:
            return False
        if opened is None:
            opened = self._to_start(incident)
            if opened is None:
                return False
        alert = Alert.model_validate(opened.alert)
        found = route or self._route(alert)
        if isinstance(found, NoRoute):
            raise NoRunError(opened.runbook, f"no route takes {alert.name!r} any more ({found.why}); add one")
        try:
            run = self._runs.create(
                found.deployment, key=incident, parameters=_parameters(opened), tags=_tags(incident, opened)
            )
        except NoRunError as none:
            if not none.refused:
                raise
            never_runs(self._journal, incident, str(none))
            self._settle(incident)
            return False
        self._ring(run)  # first: the run finds its incident by its tag, if it should be faster than the next line
        self._journal.assign(str(run), incident)
        text = f"The alert started flow run {run} of {found.deployment}."
        self._journal.append(incident, _KEY, Noted(by="codeblue", text=text), flow_run=str(run))
        self._settle(incident)
        log.info("%s has its run, %s.", incident, run)
        return True

    def orphans(self, unreadable: Callable[[str, Exception], None] = lambda _incident, _why: None) -> Iterator[str]:
        """Open incidents that an alert opened and that have no run: whoever opened them was killed in between.

        One whose opening cannot be read is told to `unreadable` and keeps no other from its turn.
        """
        for incident in self._journal.every_open():
            try:
                ours = incident.id not in self._settled and self._to_start(incident.id) is not None
            except ValidationError as why:
                unreadable(incident.id, why)
                continue
            if ours:
                yield incident.id

    def _to_start(self, incident: str) -> Opened | None:
        first = self._journal.recorded(incident, "opened")
        opened = first.fact if first is not None else None
        ours = isinstance(opened, Opened) and opened.alert is not None and opened.requested_by.startswith(BY_ALERT)
        if not ours or self._journal.incident(incident).closed_at or self._journal.recorded(incident, _KEY) is not None:
            self._settle(incident)
            return None
        return opened if isinstance(opened, Opened) else None

    def _settle(self, incident: str) -> None:
        if len(self._settled) > _REMEMBERED:  # only a memory of what the journal knows
            self._settled.clear()
        self._settled.add(incident)


def _parameters(opened: Opened) -> dict[str, JsonValue]:
    params: dict[str, JsonValue] = {**opened.params, "environment": opened.environment}
    return {"params": params, "alert": opened.alert}


def _tags(incident: str, opened: Opened) -> list[str]:
    return [
        f"incident:{incident}",
        f"system:{opened.system}",
        f"runbook:{opened.runbook}",
        f"severity:{opened.severity}",
    ]
