"""Creating flow runs at Prefect. The dispatcher's only channel to it, and where its tests put a stand-in."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from http import HTTPStatus
from types import TracebackType
from typing import Any, Protocol, Self, cast
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from journal.redaction import redact

_ANSWER_WITHIN = 15.0
"""Seconds until a Prefect that says nothing counts as away."""


_NEVER = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 422})
"""What Prefect answers to parameters that it will not store, however often they are sent."""
_LENGTH = 300
"""Characters of what Prefect says about it: it may quote them all."""


class NoRunError(Exception):
    """Prefect created no run. What is tried again later is not lost; what it `refused` is refused for ever.

    `away` says that Prefect did not answer at all.
    """

    def __init__(self, deployment: str, why: str, refused: bool = False, away: bool = False) -> None:
        super().__init__(deployment, why, refused, away)
        self.deployment, self.why, self.refused, self.away = deployment, why, refused, away

    def __str__(self) -> str:
        return f"No run of {self.deployment!r} could be created: {self.why}."


class Runs(Protocol):
    """What the dispatcher needs of Prefect. Called from several threads at once."""

    def create(self, deployment: str, *, key: str, parameters: Mapping[str, Any], tags: Sequence[str]) -> UUID:
        """The run of that deployment with that idempotency key, created if it is not there. Raises NoRunError."""
        ...


class PrefectRuns:
    """Prefect's API, by one shared client; ids of deployments are remembered."""

    def __init__(self, api_url: str) -> None:
        # Prefect's own retries would hold a thread for minutes; the dispatcher's back-off goes on with other alerts.
        # Changing its settings costs 30 ms each time, so it is done once and the context kept.
        with temporary_settings({PREFECT_API_URL: api_url, PREFECT_CLIENT_MAX_RETRIES: 0}):
            self._client: SyncPrefectClient = get_client(httpx_settings={"timeout": _ANSWER_WITHIN}, sync_client=True)
            self._settings = copy_context()
        self._ids: dict[str, UUID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.__exit__(kind, exc, trace)

    def create(self, deployment: str, *, key: str, parameters: Mapping[str, Any], tags: Sequence[str]) -> UUID:
        """See `Runs`. The run is due at once and named after its key."""
        with _asking(deployment):
            return self._settings.copy().run(self._create, deployment, key, parameters, tags)

    def know(self, deployment: str) -> None:
        """Ask for the deployment's id before it is needed. Raises NoRunError."""
        with _asking(deployment):
            self._settings.copy().run(self._id, deployment)

    def environments(self) -> dict[str, set[str]]:
        """The systems under whose kind an environment is saved, by its name. Raises NoRunError."""
        from deployments import picker  # it goes through `apart`, which knows our errors; above it would be a circle

        with _asking("environments"):
            saved = self._settings.copy().run(picker.environments, self._client)
        found: defaultdict[str, set[str]] = defaultdict(set)
        for system, names in saved.items():
            for name in names:
                found[name].add(system)
        return dict(found)

    def _id(self, deployment: str) -> UUID:
        with self._lock:
            known = self._ids.get(deployment)
        if known is None:
            known = self._client.read_deployment_by_name(deployment).id
            with self._lock:
                self._ids[deployment] = known
        return known

    def _create(self, deployment: str, key: str, parameters: Mapping[str, Any], tags: Sequence[str]) -> UUID:
        try:
            return self._post(self._id(deployment), key, parameters, tags)
        except ObjectNotFound:  # the deployment was made anew since we asked
            with self._lock:
                self._ids.pop(deployment, None)
            return self._post(self._id(deployment), key, parameters, tags)

    def _post(self, deployment: UUID, key: str, parameters: Mapping[str, Any], tags: Sequence[str]) -> UUID:
        run = self._client.create_flow_run_from_deployment(
            deployment, parameters=dict(parameters), name=key, idempotency_key=key, tags=tags
        )
        return run.id


@contextmanager
def _asking(deployment: str) -> Generator[None]:
    try:
        yield
    except ObjectNotFound:
        raise NoRunError(deployment, "there is no such deployment; deploy it") from None
    except httpx.HTTPStatusError as exc:
        refused = exc.response.status_code in _NEVER
        said = f": {_said(exc.response)}" if refused else ""
        raise NoRunError(deployment, f"Prefect answered {exc.response.status_code}{said}", refused) from exc
    except (httpx.HTTPError, RuntimeError) as exc:
        raise NoRunError(deployment, f"Prefect cannot be reached ({type(exc).__name__})", away=True) from exc


def _said(response: httpx.Response) -> str:
    """What Prefect has against it, in its own words, cut short and without what it was sent."""
    try:
        body = cast("dict[str, Any]", response.json())
        told = body.get("detail") or body.get("exception_detail") or body.get("exception_message")
        parts = [str(one["msg"]) for one in cast("list[Any]", told)] if isinstance(told, list) else [str(told)]
    except (ValueError, LookupError, TypeError, AttributeError):
        return "without a reason"
    text = " ".join(str(redact(" ".join(parts))).split())
    return f"{text[:_LENGTH]}…" if len(text) > _LENGTH else text.rstrip(".")
