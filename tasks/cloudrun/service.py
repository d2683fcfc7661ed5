"""A service of Cloud Run and its revisions as Google tells them: asked for, and read as far as looks and changes need.

A service is what was asked for (`traffic`) and what is so (`trafficStatuses`); they differ while an operation goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from blocks.google import Google
from blocks.google_answers import NotThere, saying
from journal.short import short
from runbook import Facts, NotSafe, Permanent
from tasks.engine import at_once

LATEST, REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"

PAGES, PAGE = 10, 100
"""Pages of revisions in one look; Cloud Run keeps a thousand."""

AMONG = 20
"""Revisions that are asked for beside the service: what answers is nearly always among them."""

SERVING = ("google:run.services.get", "google:run.revisions.list", "google:run.revisions.get")
"""What `serving` needs."""

ALL = 100
"""All requests, in percent."""

READY, UNDER_WAY = "CONDITION_SUCCEEDED", frozenset({"CONDITION_PENDING", "CONDITION_RECONCILING"})


class Share(Facts):
    """A part of the traffic. `latest` follows each new revision; `revision` is empty where nobody said which it is."""

    percent: int
    revision: str = ""
    latest: bool = False
    tag: str = ""

    def __str__(self) -> str:
        named = f"{self.revision or 'the latest revision'}{' (the latest)' if self.latest and self.revision else ''}"
        return f"{self.percent}% to {named}" + (f" as {self.tag}" if self.tag else "")


def described(google: Google, service: str) -> dict[str, Any]:
    """A service as Cloud Run tells it, for planning and for acting."""
    name = google.service(service)
    with google.reading("run") as run:
        found = run.ask(lambda api: api.projects().locations().services().get(name=name), f"read the service {service}")
    if last(found.get("name")) != service:
        raise Permanent(f"What answers for the service {service} of Cloud Run does not name it; look by hand.")
    return _in_form(found)


def revisions(
    google: Google, service: str, *, page: int | None = None, pages: int | None = None
) -> tuple[list[dict[str, Any]], bool]:
    """Its revisions as Cloud Run tells them, and whether these are all."""
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"parent": google.service(service), "pageSize": page or PAGE}
    with google.reading("run") as run:
        for _ in range(pages or PAGES):
            told = run.ask(
                lambda api: api.projects().locations().services().revisions().list(**asked),
                f"list the revisions of {service}",
            )
            some: Any = told.get("revisions") or []
            if not isinstance(some, list):
                raise Permanent(f"Cloud Run tells the revisions of {service} in another form; look by hand.")
            found += [one for one in map(_in_form, cast("list[Any]", some)) if not one.get("deleteTime")]
            asked["pageToken"] = str(told.get("nextPageToken") or "")
            if not asked["pageToken"]:
                return found, True
    return found, False


def revision_of(google: Google, service: str, name: str) -> dict[str, Any] | None:
    """One revision; nothing where it is gone."""
    whole = f"{google.service(service)}/revisions/{last(google.service(name))}"  # both are names of one kind
    try:
        with google.reading("run") as run:
            found = run.ask(
                lambda api: api.projects().locations().services().revisions().get(name=whole),
                f"read the revision {name}",
            )
    except NotThere:
        return None
    return None if _in_form(found).get("deleteTime") else found


def answering(google: Google, service: str) -> str:
    """Which revision has most of the traffic now. Raises `Permanent` where Cloud Run does not say."""
    traffic = [one for one in so(described(google, service)) if one.revision and one.percent]
    named = max(traffic, key=lambda one: one.percent, default=None)
    if named is None:
        raise Permanent(f"Cloud Run does not say which revision of {service} answers.")
    return named.revision


def serving(google: Google, service: str) -> dict[str, Any]:
    """The revision that has most of the traffic now. Raises `Permanent` where Cloud Run does not tell it.

    Its revisions are asked for beside the service, so that nobody waits for one answer before the next is asked for.
    """
    name, (newest, _) = at_once(
        lambda: answering(google, service), lambda: revisions(google, service, page=AMONG, pages=1)
    )
    found = next((one for one in newest if last(one.get("name")) == name), None) or revision_of(google, service, name)
    if found is None:
        raise Permanent(f"Cloud Run does not tell the revision {name} of {service}; when it was made is unknown.")
    return found


_FORM: Final[Mapping[str, type]] = {
    "name": str,
    "etag": str,
    "creator": str,
    "lastModifier": str,
    "latestCreatedRevision": str,
    "latestReadyRevision": str,
    "reconciling": bool,
    "terminalCondition": dict,
}
_LISTS: Final = ("traffic", "trafficStatuses", "conditions")


def _in_form(found: Any) -> dict[str, Any]:
    """A service or a revision, if what is read of it has the form that is known. Raises `Permanent` otherwise."""
    if isinstance(found, dict):
        one = cast("dict[str, Any]", found)
        lists: list[Any] = [one.get(name) or [] for name in _LISTS]
        if (
            all(one.get(name) is None or isinstance(one[name], kind) for name, kind in _FORM.items())
            and all(isinstance(several, list) for several in lists)
            and all(
                isinstance(part, dict) and isinstance(cast("dict[str, Any]", part).get("percent") or 0, int)
                for several in lists
                for part in several
            )
        ):
            return one
    raise Permanent("Cloud Run answers in another form than the one that is known; look by hand.")


def state_of(found: Mapping[str, Any]) -> str:
    """Which state of the service this is: 16 hexadecimal digits made of its etag. Raises `NotSafe` without one."""
    if not found.get("etag"):
        raise NotSafe(f"Cloud Run tells no etag of {last(found.get('name'))}: what others change would not be noticed.")
    return short(str(found["etag"]).encode())


def shares(found: Any) -> tuple[Share, ...]:
    """Traffic as Cloud Run tells it."""
    return tuple(
        Share(
            percent=one.get("percent") or 0,
            revision=last(one.get("revision")),
            latest=one.get("type") == LATEST,
            tag=str(one.get("tag") or ""),
        )
        for one in found or ()
    )


def so(found: Mapping[str, Any]) -> tuple[Share, ...]:
    """The traffic of a service as it is. Of what goes to the latest revision Cloud Run does not always say to which."""
    newest = last(found.get("latestReadyRevision"))
    return tuple(
        one.model_copy(update={"revision": newest}) if one.latest and not one.revision else one
        for one in shares(found.get("trafficStatuses"))
    )


def is_ready(revision: Mapping[str, Any]) -> bool:
    """Whether a revision could answer; one that does not say so could not."""
    return readiness(revision)[0] == READY


def readiness(revision: Mapping[str, Any]) -> tuple[str | None, str]:
    """The state of a revision, and what Cloud Run says of it."""
    none: dict[str, Any] = {}
    one = next((one for one in _conditions(revision) if one.get("type") == "Ready"), none)
    return one.get("state"), saying(one)


def terminal(found: Mapping[str, Any]) -> tuple[str | None, str]:
    """The state of a service, and what Cloud Run says of it."""
    one: Mapping[str, Any] = found.get("terminalCondition") or {}
    return one.get("state"), saying(one)


def last(name: Any) -> str:
    """The short name of a revision: Cloud Run gives some of them whole."""
    return str(name or "").rpartition("/")[2]


def at(found: Mapping[str, Any], field: str = "createTime") -> datetime:
    """A time that Cloud Run always gives."""
    try:
        return datetime.fromisoformat(str(found[field])).astimezone(UTC)
    except (KeyError, ValueError, OverflowError) as error:
        raise Permanent(f"Cloud Run's answer has no {field}; it is another form than the one that is known.") from error


def _conditions(revision: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from revision.get("conditions") or ()
