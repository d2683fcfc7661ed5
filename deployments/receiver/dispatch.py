"""The dispatcher: from persisted alerts to incidents with flow runs, in the background, until all are done.

A thread claims alerts from the inbox as soon as `wake` is called and lets each open an incident, join an open one, or
stay in the inbox as unrouted; `Journal.open_incident` marks an alert done in the transaction that opens or joins, so
a repetition after a crash does neither twice. Runs are started by two further threads (`starting`), so that a Prefect
that is slow or away holds up no repeat; where many wait to be started, these rest after each. What fails is tried
again, later and later, up to once a minute.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

from deployments.apart import is_away
from deployments.failing import Failures
from deployments.interrupted import never_runs
from deployments.receiver.answers import DispatchState
from deployments.receiver.formats import CANNOT_SEE
from deployments.receiver.inbox_queries import NOTHING_OPEN, UNHANDLED, done_together, of_rule
from deployments.receiver.meaning import NoRoute
from deployments.receiver.placing import Aside, Placing, Related
from deployments.receiver.routing import Route, Router
from deployments.receiver.runs import NoRunError, Runs
from deployments.receiver.settings import REMEMBER
from deployments.receiver.starting import BY_ALERT, Starter
from deployments.receiver.throttle import RepeatThrottle
from journal.errors import IncidentClosed, JournalError, JournalUnavailable
from journal.facts.closed import Noted
from journal.facts.opened import Joined, Opened
from journal.inbox import Inbox, Received
from journal.incidents import open_with
from journal.redaction import redact_fact
from journal.store import Journal
from runbook.alert import Alert, fingerprint_of

log = logging.getLogger("codeblue.receiver")

_CLAIM = 200
_HELD = timedelta(seconds=5)
"""How long a claimed alert is ours. Handling it twice does nothing twice, so this may be short."""
_LOOK = 5.0
"""Seconds until the inbox is looked at unasked: a killed dispatcher's claims become free, another receiver's alerts."""
_SWEEP = 20.0
"""Seconds between two searches for what a killed dispatcher left."""
_BREATH = 0.2
"""Seconds between two looks while problems repeat: together they are cheap, one by one they would slow the answers."""
_AT_ONCE, _REST, _LONGEST_REST = 3, 3.0, 1.0
"""While more runs than this wait to be started, a thread rests after each for so many times what it took, or seconds.

A start makes Prefect's server and this process busy. Where many problems begin in the same second, their alerts and all
repeats would be acknowledged late.
"""
_FORGET = 60.0
"""Seconds between two pieces of what the inbox forgets."""
_FIRST_RETRY, _LAST_RETRY = 0.25, 60.0
_ENOUGH = 8
"""So many tries, about a minute, an incident has whose start fails by an internal error and not because of Prefect."""

STARTING = "starting its run"
"""What fails for an incident that has no run yet."""


class Dispatcher:
    """Use as a context manager: it works from entry to exit. `wake` may be called from any thread."""

    def __init__(
        self,
        journal: Journal,
        runs: Runs,
        route: Router,
        *,
        ring: Callable[[UUID], object] = lambda _run: None,
        remember: timedelta = REMEMBER,
        related_within: timedelta = timedelta(0),
        failures: Failures | None = None,
    ) -> None:
        self._journal, self._route = journal, route
        self._inbox = Inbox(journal)
        self._place = Placing(journal, related_within)
        self._starter = Starter(journal, runs, route, ring)
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._due: dict[str, float] = {}
        """Incidents whose run could not be created, and when to try again."""
        self._tries: dict[str, int] = {}
        self._failures = failures or Failures()
        self._starting: set[str] = set()
        self._lock = threading.Lock()
        self._woken, self._ended = threading.Event(), threading.Event()
        self._throttle, self._throttled = RepeatThrottle(), False
        self._remember, self._forgot = remember, 0.0
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="start")
        self._thread = threading.Thread(target=self._work, name="dispatch", daemon=True)
        self._state = DispatchState()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def wake(self) -> None:
        """There are new alerts in the inbox. Returns at once."""
        self._woken.set()

    def state(self) -> DispatchState:
        """How it goes, for `/health`."""
        with self._lock:
            awaiting = len(self._due) + len(self._starting)
            return self._state.model_copy(update={"running": self._thread.is_alive(), "awaiting_runs": awaiting})

    # -- the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        swept, failures = 0.0, 0
        while not self._ended.is_set():
            try:
                if time.monotonic() - swept >= _SWEEP or not swept:
                    self.sweep()
                    swept = time.monotonic()
                while self.step() and not self._ended.is_set():
                    pass
                self.forget()
                pause = max(0.0, min(_LOOK, self._next_due() - time.monotonic()))
                if failures:
                    failures = 0
                    self._trouble(None)
            except Exception as exc:  # noqa: BLE001  (the thread must outlive whatever the journal's database does)
                failures += 1
                pause = _delay(failures)
                self._trouble(f"The inbox cannot be worked on ({_words(exc)}). Next attempt in {pause:.1f} s.")
            if self._throttled:
                self._ended.wait(_BREATH)
            self._woken.wait(pause)
            self._woken.clear()

    def step(self) -> bool:
        """Handle the alerts that wait, once, and start what is due; whether there may be more.

        Repeats that were claimed together are one `Joined` in the incident, and later ones of a storm none: hundreds
        would bury the rest.
        """
        claimed = self._inbox.claim(self._holder, limit=_CLAIM, ttl=_HELD)
        left = self._handle(claimed)
        if left:  # their incident closed in this very moment
            self._handle(left)
        now = time.monotonic()
        with self._lock:
            due = [incident for incident, at in self._due.items() if at <= now]
        for incident in due:
            self._start(incident)
        return len(claimed) == _CLAIM

    def _handle(self, claimed: Sequence[Received]) -> list[Received]:
        """Open, join, tell; those whose incident closed meanwhile, which are to be handled anew."""
        firing: dict[str, str] = {}
        repeats: defaultdict[str, list[Received]] = defaultdict(list)
        for received in claimed:
            if "blind" in received.alert or received.alert.get("status") != "firing":
                firing.pop(received.fingerprint, None)
                self._throttle.forget(received.fingerprint)
                self._guarded(self._tell_open, received)
            elif known := firing.get(received.fingerprint) or self._throttle.counts_for(received.fingerprint):
                repeats[known].append(received)
            elif (incident := self._guarded(self._fired, received)) is not None:
                firing[received.fingerprint] = incident
                self._throttle.told(received.fingerprint, incident)
        self._throttled = bool(repeats)
        closed = done_together(self._journal, {known: [one.id for one in ones] for known, ones in repeats.items()})
        left = [received for incident in closed for received in repeats[incident]]
        for received in left:
            self._throttle.forget(received.fingerprint)
        return left

    def sweep(self) -> None:
        """Take up the incidents that a killed dispatcher opened and did not start."""
        unread = set[str]()

        def note(incident: str, _why: Exception) -> None:
            unread.add(incident)
            self._failures.note(STARTING, incident, ValueError(f"{incident} cannot be read; see `codeblue verify`."))

        for incident in self._starter.orphans(note):
            self._start(incident)
        with self._lock:
            awaited = {*self._due, *self._starting, *unread}
        self._failures.keep(STARTING, awaited)

    def forget(self) -> None:
        """Let the inbox forget alerts that were done long ago; a piece every minute, until none is left."""
        if time.monotonic() - self._forgot < _FORGET and self._forgot:
            return
        self._forgot = time.monotonic()
        if gone := self._inbox.forget(self._journal.clock() - self._remember):
            log.info("%d alerts that were done more than %d days ago are forgotten.", gone, self._remember.days)

    def _guarded(self, handle: Callable[[Received], str | None], received: Received) -> str | None:
        """Handle one alert; one that cannot be handled is set aside where people see it, and holds up no other."""
        try:
            return handle(received)
        except JournalUnavailable:
            raise
        except Exception as exc:  # noqa: BLE001  (an unreadable alert, one that a database refuses, a mistake in a router)
            log.error("Alert %d cannot be handled (%s); it stays in the inbox.", received.id, type(exc).__name__)  # noqa: TRY400 # may quote it
            self._inbox.done(received.id, UNHANDLED)
            return None

    def _fired(self, received: Received) -> str | None:
        """Open an incident or join the open one; which, or `None` for an alert that no route takes."""
        alert = _alert(received)
        route = self._route(alert)
        if isinstance(route, NoRoute):
            said = received.id, alert.format, alert.name, route.why
            if route.instead:
                log.warning("Alert %d (%s, %r) starts nothing: %s; it stays in the inbox.", *said)
                self._inbox.done(received.id, route.instead)
            else:  # its claim ends in a moment, and it is asked again
                log.info("Alert %d (%s, %r) waits: %s.", *said)
            return None
        match self._place(alert, route):
            case Aside(instead=instead, why=why):
                log.info("Alert %d (%s, %r) opens nothing: %s.", received.id, alert.format, alert.name, why)
                self._inbox.done(received.id, instead)
                return None
            case Related(primary=primary):
                self._joins(primary, received, alert, related=True)
                return primary
            case None:
                pass
        opened = redact_fact(opened_by(alert, route))
        incident, new = self._journal.open_incident(opened, delivery=received.id)
        if new:
            log.info("%s opened by alert %d (%s).", incident.id, received.id, alert.format)
            self._start(incident.id, opened, route)
        else:
            self._start(incident.id)
        self._note(incident.id, received, route.remarks)
        return incident.id

    def _tell_open(self, received: Received) -> str | None:
        """Say in the open incident, if there is one, that its problem ended or that its monitor is blind."""
        alert = _alert(received)
        incident = self._journal.database.read(lambda tx: open_with(tx, received.fingerprint))
        own = incident is not None
        if incident is None and (found := self._place.related(received.fingerprint)) is not None:
            incident = found.primary
        if "blind" in received.alert:
            return self._tell_blind(received, alert, incident)
        if incident is None:
            self._inbox.done(received.id, NOTHING_OPEN)
            return None
        self._joins(incident, received, alert, related=not own)
        return incident

    def _tell_blind(self, received: Received, alert: Alert, own: str | None) -> str | None:
        """Say why the alert says nothing: in its own incident, or in all of its rule."""
        told = self._journal.database.read(lambda tx: of_rule(tx, received.fingerprint)) if own is None else [own]
        why = received.alert["blind"]
        why = why if isinstance(why, str) else CANNOT_SEE  # as the inbox had it before it had words
        text = f"{alert.name}: {why}. This says neither problem nor health."
        for incident in told:
            self._journal.append(incident, f"blind:{received.id}", Noted(by="codeblue", text=text))
        self._inbox.done(received.id, told[0] if told else NOTHING_OPEN)
        return told[0] if told else None

    def _note(self, incident: str, received: Received, remarks: Sequence[str] = ()) -> None:
        """Say beside the alert what people should know of its delivery and of its route; each sentence once."""
        given = received.alert.get("notes")
        for text in (*(str(one) for one in (given if isinstance(given, list) else ())), *remarks):
            with suppress(IncidentClosed):  # meanwhile; the alert is in the inbox all the same
                self._journal.append(incident, f"note:{fingerprint_of(text)}", Noted(by="codeblue", text=text))

    def _joins(self, incident: str, received: Received, alert: Alert, *, related: bool) -> None:
        # The same key that open_incident gives to a repeat: an alert joins once.
        said = Joined(alert=alert.model_dump(mode="json"), related=related)
        self._journal.append(incident, f"joined:{received.id}", said)
        self._note(incident, received)
        self._inbox.done(received.id, incident)

    # -- runs --------------------------------------------------------------------------------------------------------

    def _start(self, incident: str, opened: Opened | None = None, route: Route | None = None) -> None:
        with self._lock:
            if incident in self._starting or self._due.get(incident, 0.0) > time.monotonic():
                return
            self._due.pop(incident, None)
            self._starting.add(incident)
        self._pool.submit(self._started, incident, opened, route)

    def _started(self, incident: str, opened: Opened | None, route: Route | None) -> None:
        began = time.monotonic()
        self._start_now(incident, opened, route)
        with self._lock:
            others = len(self._starting)
        if others > _AT_ONCE:
            self._ended.wait(min(_LONGEST_REST, _REST * (time.monotonic() - began)))

    def _start_now(self, incident: str, opened: Opened | None, route: Route | None) -> None:
        try:
            started = self._starter.start(incident, opened, route)
        except Exception as exc:  # noqa: BLE001  (whatever it is, the incident is open and must get its run)
            why = str(exc) if isinstance(exc, NoRunError) else f"{incident} has no run yet ({_words(exc)})."
            if self._given_up(incident, exc, why):
                return
            if not is_away(exc):
                self._failures.note(STARTING, incident, exc)
            self._again(incident, why)
            return
        self._failures.over(STARTING, incident)
        with self._lock:
            self._starting.discard(incident)
            self._tries.pop(incident, None)
            if started:
                update = {"last_dispatch": self._journal.clock(), "trouble": None}
                self._state = self._state.model_copy(update=update)

    def _given_up(self, incident: str, exc: Exception, why: str) -> bool:
        """Whether the incident was ended because it fails by itself, again and again, and not by what is away."""
        with self._lock:
            tried = self._tries.get(incident, 0)
        if isinstance(exc, NoRunError) or is_away(exc) or tried < _ENOUGH:
            return False
        try:
            never_runs(self._journal, incident, why)
        except JournalError:
            return False
        self._failures.over(STARTING, incident)
        with self._lock:
            self._starting.discard(incident)
            self._tries.pop(incident, None)
        return True

    def _again(self, incident: str, why: str) -> None:
        with self._lock:
            self._starting.discard(incident)
            self._tries[incident] = self._tries.get(incident, 0) + 1
            pause = _delay(self._tries[incident])
            self._due[incident] = time.monotonic() + pause
        self._trouble(f"{why} Next attempt in {pause:.1f} s.")
        self._woken.set()  # so that the thread reckons with the new time

    def _next_due(self) -> float:
        with self._lock:
            return min(self._due.values(), default=float("inf"))

    def _trouble(self, text: str | None) -> None:
        if text is not None:
            log.warning("%s", text)
        with self._lock:
            self._state = self._state.model_copy(update={"trouble": text})


def _words(exc: Exception) -> str:
    # The journal's errors are sentences; others may quote what was being written.
    return str(exc) if isinstance(exc, JournalError) else type(exc).__name__


def _delay(tried: int) -> float:
    return min(_LAST_RETRY, _FIRST_RETRY * 2.0 ** min(tried - 1, 10))


def _alert(received: Received) -> Alert:
    kept = {name: value for name, value in received.alert.items() if name not in {"blind", "notes"}}
    # Redaction may have made a text longer than it may be; the fingerprint's own column is the one that counts.
    for name, limit in (("name", 300), ("summary", 4000)):
        kept[name] = str(kept.get(name, ""))[:limit]
    return Alert.model_validate(kept | {"fingerprint": received.fingerprint})


def opened_by(alert: Alert, route: Route) -> Opened:
    """What the journal says first about the incident that this alert opens."""
    return Opened(
        title=route.title,
        runbook=route.runbook,
        runbook_version=route.version,
        system=route.system,
        environment=route.environment,
        severity=route.severity,
        fingerprint=alert.fingerprint,
        params=dict(route.params),
        alert=alert.model_dump(mode="json"),
        requested_by=f"{BY_ALERT}{alert.format}",
    )
