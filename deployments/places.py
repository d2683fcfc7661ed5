"""Where this installation keeps its journal and where its Prefect answers, found out without importing Prefect.

Importing Prefect takes longer than everything else a person waits for between yes and change, so the commands of the
hour of need ask its API by plain HTTP. `Prefect` has the few questions they have.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from deployments import noise, up_note
from deployments.errors import Unreachable
from deployments.server_access import AUTH, UI, header, known, links
from deployments.stack_home import Home, environment
from journal.wording import span

if TYPE_CHECKING:
    from journal.store import Journal

OPERATORS: Final = (AUTH, UI)
"""What an operator may choose of our own Prefect, by its own variables."""

JOURNAL_VARIABLE: Final = "CODEBLUE_JOURNAL"

PATIENCE: Final = 5.0
"""Seconds a person waits for a journal that is away."""
PAGE: Final = 200
"""What Prefect gives at once of anything."""
_WITHIN: Final = 10.0
"""Seconds for an answer of Prefect. A server that is being restarted keeps its callers in the queue meanwhile."""


def journal_url(home: Home) -> str:
    """Where the journal is; the same answer as `blocks.journal_store.journal_url`, which imports Prefect."""
    return os.environ.get(JOURNAL_VARIABLE) or f"sqlite:///{home.path / 'journal.db'}"


@contextmanager
def journal(home: Home, *, patience: float | None = None, begin: bool = False) -> Generator[Journal]:
    """The journal, open. `patience` is how long, in seconds, to wait for one that is away.

    Only who begins an installation makes a journal; for everybody else, one that is not there is `NoJournal`, and not
    an empty one in which nothing is open. Raises NoJournal.
    """
    from journal.store import Journal

    url, seconds = journal_url(home), PATIENCE if patience is None else patience
    if not begin and not Journal.exists(url, patience=seconds):
        raise NoJournal(home, url)
    with Journal.connect(url, patience=seconds) as opened:
        yield opened


class NoJournal(Unreachable):
    """There is no journal where it is looked for: most likely another home is meant."""

    def __init__(self, home: Home, url: str) -> None:
        from sqlalchemy import make_url

        found = make_url(url)
        where = f"in {home.path}" if not os.environ.get(JOURNAL_VARIABLE) else f"at {found.render_as_string()}"
        if found.get_backend_name() == "sqlite" and Path(str(found.database)).exists():
            sentence = (
                f"The journal {where} is empty: its file is there and holds nothing, as when it was cut or its -wal"
                " file is gone. Restore it from its backup."
            )
        else:
            sentence = (
                f"There is no journal {where}, so nothing is known about any incident."
                " `codeblue up` makes one; --home names another installation."
            )
        super().__init__(sentence)


def api_url(home: Home) -> str:
    """Prefect's API: that of the stack which runs in this home, else `$PREFECT_API_URL`. Raises Unreachable."""
    if (ours := stack_of(home)) is not None:
        return ours
    if coming(home):  # and not whatever else is named: it is about to be asked no more
        raise Unreachable(f"Prefect is not there yet in {home.path}. {start_it(home)}")
    if url := os.environ.get("PREFECT_API_URL"):
        return url.rstrip("/")
    raise Unreachable(
        f"No Prefect is known: no stack runs in {home.path}, and PREFECT_API_URL is not set."
        " Start one with: codeblue up"
    )


def before_prefect(home: Home, *, ours: bool | None = None) -> None:
    """Set the stage for importing Prefect, which reads its settings from the environment; called right before.

    No telemetry; and with our own stack (`ours`, or when one runs here) none of the surrounding settings.
    """
    url = stack_of(home)
    os.environ.update({"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"})
    if ours or url is not None:
        settings = environment(home, url or "", ui_url=_noted(home, "ui_url"))
        chosen = {name: os.environ[name] for name in OPERATORS if name in os.environ}
        for name in [name for name in os.environ if name.startswith("PREFECT_")]:
            del os.environ[name]
        os.environ.update(settings)
        if url is None:
            del os.environ["PREFECT_API_URL"]
            os.environ.update(chosen)
    if noise.hushed():
        os.environ.update(noise.PREFECT)


def stack_of(home: Home) -> str | None:
    """The API of the stack that runs in this home; one that was killed leaves its note behind, but no process."""
    url, pid = _noted(home, "api_url"), _noted(home, "pid")
    alive = url is not None and pid is not None and pid.isdecimal() and up_note.alive(int(pid))
    return url if alive else None


def ui_url(home: Home) -> str:
    """What links to Prefect's UI begin with: as the stack here says, else `$PREFECT_UI_URL`. Raises Unreachable."""
    api = api_url(home)
    if stack_of(home) is not None and (ours := _noted(home, "ui_url")) is not None:
        return ours
    return links(os.environ.get(UI) or api.removesuffix("/api"))


def _noted(home: Home, what: str) -> str | None:
    """What the stack has written down about itself in its home."""
    try:
        return str(json.loads((home.path / "stack.json").read_text())[what])
    except (OSError, ValueError, KeyError, TypeError):  # also for a note that is damaged
        return None


def receiver_of(home: Home) -> str | None:
    """Where the receiver of `codeblue up` listens, or will; `None` when `up` does not run here, or runs without."""
    note = up_note.running(home)
    return note.receiver if note is not None else None


def began(home: Home) -> datetime | None:
    """When the `codeblue up` began that runs here. What a part said before that, it said in another life."""
    note = up_note.running(home)
    return note.since if note is not None else None


def starting(home: Home) -> bool:
    """Whether a stack was begun here, lives, and `codeblue up` has not noted yet that all of it is there.

    The first start on a machine takes a while; a stack that something else began is never noted.
    """
    note = up_note.running(home)
    return not note.ready if note is not None else stack_of(home) is not None


def coming(home: Home) -> bool:
    """Whether a `codeblue up` lives here that is still beginning: what is missing is not there yet."""
    return began(home) is not None and starting(home)


def idle(home: Home) -> bool:
    """Whether nothing can run here: no stack does, and no Prefect elsewhere is named for parts that run alone."""
    return up_note.running(home) is None and stack_of(home) is None and not os.environ.get("PREFECT_API_URL")


def start_it(home: Home) -> str:
    """What to do where a part of the stack does not answer."""
    if not starting(home):
        return "Start it with: codeblue up"
    since = began(home)
    ago = f" (codeblue up began {span(datetime.now(UTC) - since)} ago)" if since is not None else ""
    return f"It is being started just now{ago}: ask again in a minute, or see: codeblue logs"


def deployments_of(home: Home) -> Path | None:
    """The list of deployments that `codeblue up` was given; `None` when it does not run here."""
    note = up_note.running(home)
    return Path(note.deployments) if note is not None and note.deployments else None


class Prefect:
    """The few questions that commands ask Prefect's API. Raises Unreachable when it does not answer."""

    def __init__(self, home: Home, *, within: float = _WITHIN) -> None:
        import httpx

        self.url: str = api_url(home)
        self.ui: str = ui_url(home)
        """What links to the UI begin with."""
        self.home = home
        self._away = (httpx.HTTPError, ValueError)
        self._client = httpx.Client(base_url=self.url, timeout=within, headers=_credentials(home))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str) -> Any:
        """What is at that place of the API."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to that request."""
        return self._ask("POST", path, body)

    def every(self, path: str, **asked: object) -> Iterator[dict[str, Any]]:
        """All that matches, however many pages of it there are."""
        offset = 0
        while page := self.post(path, {**asked, "limit": PAGE, "offset": offset}):
            yield from page
            offset += len(page)

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
                f"Prefect at {self.url} does not answer ({_said(error)}). {start_it(self.home)}"
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


def _credentials(home: Home) -> dict[str, str]:
    """What Prefect wants to hear about who asks: our own stack the secret of its home, another what was set for it."""
    if stack_of(home) is not None:
        return header(known(home.path))
    if key := os.environ.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    return header(os.environ.get("PREFECT_API_AUTH_STRING"))


def _said(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"it says {response.status_code}" if response is not None else type(error).__name__
