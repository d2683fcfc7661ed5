"""The Prefect server of one machine: SQLite in the home folder, loopback only, telemetry off, UI on the same port.

With CODEBLUE_PREFECT_DATABASE its data is in PostgreSQL instead, which several machines' workers need.

`stack` runs it. The listening socket belongs to the stack and outlives a server that crashes: its clients wait in the
socket's queue for the seconds until the next one is up, instead of being refused.
"""

import socket
import sys
import time
from collections.abc import Mapping

import httpx

from deployments.server_access import settle
from deployments.server_database import elsewhere
from deployments.server_hosts import PUBLIC
from deployments.stack_child import Child, Command
from deployments.stack_home import Home

HOST = "127.0.0.1"
_MIGRATED_WITHIN = 180.0
"""Seconds until a server with a new database must answer (about 20 on two idle cores)."""


class PortTakenError(Exception):
    """Another program listens on the port. Stop it, or choose another port."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port

    def __str__(self) -> str:
        return (
            f"Port {self.port} on {HOST} is taken by another program."
            " Stop that program, or choose another by --port; --port 0 takes a free one."
        )


class ServerNotUpError(Exception):
    """The Prefect server ended or did not answer in time; `words` is the end of its log, `log` the whole."""

    def __init__(self, what: str, words: str, log: str) -> None:
        super().__init__(what, words, log)
        self.what, self.words, self.log = what, words, log

    def __str__(self) -> str:
        return f"The Prefect server {self.what}. Its log ({self.log}) ends with:\n{self.words}"


def listen(port: int | None) -> socket.socket:
    """A listening socket on `port`, or on a free one; raises PortTakenError."""
    ears = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # uvicorn takes an inherited socket for a UNIX one and leaves this to us. Without it every answer on a kept
    # connection waits 40 ms for the client's acknowledgement. Accepted connections inherit it.
    ears.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        ears.bind((HOST, port or 0))
        ears.listen(512)
    except OSError as exc:
        ears.close()
        raise PortTakenError(port or 0) from exc
    return ears


def command(home: Home, ears: socket.socket, *, public: str | None = None) -> Command:
    """The command that serves Prefect's API and UI on that socket; `public` is where people reach the UI, if not there.

    Raises OpenSecretError for a home whose secret others may read.
    """
    fd, port = ears.fileno(), ears.getsockname()[1]
    return Command(
        name="server",
        argv=[
            *(sys.executable, "-m", "uvicorn", "--factory", "deployments.serving:create_app"),
            *("--fd", str(fd), "--log-level", "warning", "--timeout-keep-alive", "75"),
            *("--timeout-graceful-shutdown", "2"),
        ],
        env=_settings(home, port, public),
        keep_fds=[fd],
    )


def api_url(ears: socket.socket) -> str:
    """Where clients reach the API served on that socket."""
    return f"http://{HOST}:{ears.getsockname()[1]}/api"


def _settings(home: Home, port: int, public: str | None) -> Mapping[str, str]:
    # Kept: scheduler, late runs, pause expirations, cancellation, leases, the worker states of the UI, all events
    # and automations. Left out: what only serves several servers or a cloud.
    return {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": elsewhere() or f"sqlite+aiosqlite:///{home.database}",
        "PREFECT_SERVER_API_AUTH_STRING": settle(home.path),
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": public or f"http://{HOST}:{port}",
        PUBLIC: public or "",
        # Of the host that the browser asked, whichever it is: through a proxy, a tunnel, by name or by number.
        "PREFECT_UI_API_URL": "/api",
        "PREFECT_UI_STATIC_DIRECTORY": str(home.prefect / "ui"),
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_ENABLED": "false",
        # By default each of a task's three events is written by itself; a gather of twenty probes makes sixty at once.
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "60",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "PREFECT__SERVER_FINAL": "1",
    }


def await_health(server: Child, url: str, *, migrated: bool, within: float = 120.0) -> None:
    """Return when the API answers. Raises ServerNotUpError when its process ends or `within` seconds have passed."""
    deadline = time.monotonic() + (within if migrated else max(within, _MIGRATED_WITHIN))
    with httpx.Client(timeout=1.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            if (code := server.ended()) is not None:
                raise ServerNotUpError(f"ended with exit code {code}", server.last_words(), str(server.log))
            try:
                if client.get(f"{url}/health").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
    raise ServerNotUpError(f"did not answer within {within:.0f} s", server.last_words(), str(server.log))
