"""Where this installation keeps its journal and where its Prefect answers, found out without importing Prefect.

Importing Prefect takes longer than everything else a person waits for between yes and change, so the commands of the
hour of need ask its API by plain HTTP. `Prefect` has the few questions they have.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from deployments.cli.exits import Unreachable
from deployments.stack_home import Home

if TYPE_CHECKING:
    from journal.store import Journal

JOURNAL_VARIABLE: Final = "CODEBLUE_JOURNAL"

_WITHIN: Final = 10.0
"""Seconds for an answer of Prefect. A server that is being restarted keeps its callers in the queue meanwhile."""


def journal_url(home: Home) -> str:
    """Where the journal is; the same answer as `blocks.journal_store.journal_url`, which imports Prefect."""
    return os.environ.get(JOURNAL_VARIABLE) or f"sqlite:///{home.path / 'journal.db'}"


@contextmanager
def journal(home: Home, *, patience: float = 5.0) -> Generator[Journal]:
    """The journal, open. `patience` is how long, in seconds, a person waits for one that is away."""
    from journal.store import Journal

    with Journal.connect(journal_url(home), patience=patience) as opened:
        yield opened


def api_url(home: Home) -> str:
    """Prefect's API: that of the stack which runs in this home, else `$PREFECT_API_URL`. Raises Unreachable."""
    try:
        found = json.loads((home.path / "stack.json").read_text())
        os.kill(int(found["pid"]), 0)
        return str(found["api_url"])
    except PermissionError:  # it runs, as somebody else
        return str(json.loads((home.path / "stack.json").read_text())["api_url"])
    except (OSError, ValueError, KeyError):  # no stack, or one that was killed
        if url := os.environ.get("PREFECT_API_URL"):
            return url.rstrip("/")
        raise Unreachable(
            f"No Prefect is known: no stack runs in {home.path}, and PREFECT_API_URL is not set."
            " Start one with: codeblue up"
        ) from None


class Prefect:
    """The few questions that commands ask Prefect's API. Raises Unreachable when it does not answer."""

    def __init__(self, home: Home, *, within: float = _WITHIN) -> None:
        import httpx

        self.url: str = api_url(home)
        self._away = (httpx.HTTPError, ValueError)
        self._client = httpx.Client(base_url=self.url, timeout=within, headers=_credentials())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @property
    def ui(self) -> str:
        """Where a browser finds the UI."""
        return self.url.removesuffix("/api")

    def get(self, path: str) -> Any:
        """What is at that place of the API."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to that request."""
        return self._ask("POST", path, body)

    def state(self, flow_run: UUID | str) -> RunState:
        """How a flow run stands."""
        run: dict[str, Any] = self.get(f"/flow_runs/{flow_run}")
        state: dict[str, Any] = run.get("state") or {}
        return RunState(
            kind=str(state.get("type", "")), name=str(state.get("name", "")), message=str(state.get("message") or "")
        )

    def reschedule(self, flow_run: UUID | str, why: str) -> bool:
        """Ask for another pass of a suspended run; whether Prefect agreed.

        Not by Prefect's `resume`: that insists on the form's answer, which would then count for whatever plan the run
        waits on at that moment. An extra pass answers nothing; the journal has the answer.
        """
        state = {
            "type": "SCHEDULED",
            "name": "Resuming",
            "message": why,
            "state_details": {"scheduled_time": datetime.now(UTC).isoformat()},
        }
        answer: dict[str, Any] = self.post(f"/flow_runs/{flow_run}/set_state", {"state": state, "force": False})
        return answer.get("status") == "ACCEPT"

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            answer = self._client.request(method, path, json=body)
            answer.raise_for_status()
            return answer.json()
        except self._away as error:
            raise Unreachable(
                f"Prefect at {self.url} does not answer ({_said(error)}). Start it with: codeblue up"
            ) from error


class RunState:
    """How a flow run stands: Prefect's type (`kind`), name and message."""

    def __init__(self, *, kind: str, name: str, message: str) -> None:
        self.kind, self.name, self.message = kind, name, message

    @property
    def over(self) -> bool:
        """Whether no process will work on it any more by itself."""
        return self.kind in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.message else self.name


def _credentials() -> dict[str, str]:
    """What a Prefect that asks who we are wants to hear; our own stack asks nobody."""
    import base64

    if key := os.environ.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if pair := os.environ.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


def _said(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"it says {response.status_code}" if response is not None else type(error).__name__
