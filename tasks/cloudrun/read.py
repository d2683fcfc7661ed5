"""Looks at Cloud Run: who answers a service's requests, who should, and which revisions there are.

A service is what was asked for and what is so; the two differ while an operation goes on, and when it has failed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from blocks.google import Google
from journal import clock
from runbook import Facts, Release, Releases, look
from tasks.cloudrun.service import (
    AMONG,
    PAGE,
    PAGES,
    READY,
    SERVING,
    UNDER_WAY,
    Share,
    at,
    described,
    last,
    readiness,
    revisions,
    serving,
    shares,
    so,
    terminal,
)


class Service(Facts):
    """One service. `wanted` is the traffic that was asked for, `traffic` what is so now.

    `ready` is whether it is as it should be: nothing while an operation is under way. `why` is what Cloud Run says.
    """

    name: str
    wanted: tuple[Share, ...]
    traffic: tuple[Share, ...]
    newest: str
    newest_ready: str
    ready: bool | None
    why: str = ""
    changed_at: datetime | None = None
    changed_by: str = ""
    ingress: str = ""

    @property
    def closed(self) -> bool:
        """Whether requests from outside are not let in. Raises `LookupError` where Cloud Run does not say."""
        if self.ingress in {"", "INGRESS_TRAFFIC_UNSPECIFIED"}:
            raise LookupError(f"Cloud Run does not say from where {self.name} may be called")
        return self.ingress in {"INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_NONE"}

    def percent_of(self, revision: str) -> int:
        """How many of a hundred requests a revision answers now."""
        return sum(one.percent for one in self.traffic if one.revision == revision)

    @property
    def serving(self) -> str:
        """The revision that answers most requests. Raises `LookupError` where Cloud Run names none."""
        if not (named := [one for one in self.traffic if one.revision and one.percent]):
            raise LookupError(f"Cloud Run does not say which revision of {self.name} answers")
        return max(named, key=lambda one: self.percent_of(one.revision)).revision

    @property
    def pinned(self) -> bool:
        """Whether the traffic is pinned: the next deployment will get none."""
        return not any(one.latest and one.percent for one in self.wanted)

    @property
    def newest_failed(self) -> bool:
        """Whether the newest revision is not ready. Raises `LookupError` while that is not decided."""
        if self.ready is None:
            raise LookupError(f"an operation on {self.name} is under way, or Cloud Run does not say how it is")
        return self.newest != self.newest_ready

    def __str__(self) -> str:
        state = {None: "an operation is under way", True: "ready", False: f"not ready: {self.why or 'nobody says why'}"}
        shares = ", ".join(str(one) for one in self.traffic if one.percent) or "no traffic"
        return f"{self.name}: {shares}; {state[self.ready]}"


@look("google:run.services.get", bound="one service")
def read_service(google: Google, service: str) -> Service:
    """A service as it is. Raises `Permanent` where there is none, or it may not be seen."""
    found = described(google, service)
    state, why = terminal(found)
    settled = not found.get("reconciling") and state not in UNDER_WAY and state is not None
    return Service(
        name=service,
        wanted=shares(found.get("traffic")),
        traffic=so(found),
        newest=last(found.get("latestCreatedRevision")),
        newest_ready=last(found.get("latestReadyRevision")),
        ready=state == READY if settled else None,
        why=why,
        changed_at=at(found, "updateTime") if found.get("updateTime") else None,
        changed_by=str(found.get("lastModifier", "")),
        ingress=str(found.get("ingress", "")),
    )


class Serving(Facts):
    """The revision that has most of a service's traffic, and whether it could answer: nothing while that is open."""

    revision: str
    ready: bool | None
    why: str = ""

    def is_ready(self) -> bool:
        """Raises `LookupError` where Cloud Run has not decided."""
        if self.ready is None:
            raise LookupError(f"Cloud Run does not say yet whether {self.revision} is ready")
        return self.ready

    def __str__(self) -> str:
        state = {None: "not decided", True: "ready", False: "not ready"}[self.ready]
        return f"{self.revision}, which has most of the traffic: {state}" + (f" ({self.why})" if self.why else "")


@look(*SERVING, bound=f"one service, and {AMONG} of its revisions")
def read_serving(google: Google, service: str) -> Serving:
    """Whether the revision could answer that has most of the traffic. Raises `Permanent` where none has."""
    found = serving(google, service)
    state, why = readiness(found)
    decided = state is not None and state not in UNDER_WAY
    return Serving(revision=last(found["name"]), ready=state == READY if decided else None, why=why)


@look("google:run.revisions.list", bound=f"{PAGES * PAGE} revisions of one service; their containers are dropped")
def read_revisions(google: Google, service: str, *, window: timedelta) -> Releases:
    """The revisions of a service that were made in `window`, newest first, and by whom.

    A rollback makes none, so it is not among them. Raises `Permanent` where there is no such service.
    """
    now = clock.now()
    found, whole = revisions(google, service)
    made = [
        Release(
            what="revision",
            service=service,
            version=last(one.get("name")),
            at=at(one, "createTime"),
            by=str(one["creator"]) if one.get("creator") else None,
            source="Cloud Run",
        )
        for one in found
    ]
    newest = tuple(sorted((one for one in made if one.at >= now - window), key=lambda one: one.at, reverse=True))
    # Cloud Run promises no order of its pages, so that of more than fit any may be missing.
    return Releases(service=service, releases=newest, since=now - window if whole else now, until=now, asked_at=now)
