"""Runs the receiver: settings, journal, dispatcher and web server, and a graceful end. `__main__` calls it.

    python -m deployments.receiver --home HOME [--port PORT]

Reads `receiver.toml` in the home. Prefect's API comes from PREFECT_API_URL (the stack sets it), else from the stack
that runs in this home. SIGTERM and SIGINT end it: what is being received is answered, what is kept stays kept.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import uvicorn
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments import stack, wakeup
from deployments.failing import Failures
from deployments.installation import name_of
from deployments.receiver import settings as files
from deployments.receiver.app import create_app
from deployments.receiver.connections import HEAD_WITHIN, AtOnce, bounded_protocol
from deployments.receiver.dispatch import Dispatcher
from deployments.receiver.keys import MissingSecretError
from deployments.receiver.meaning import SavedEnvironments
from deployments.receiver.routing import Routes, systems_of
from deployments.receiver.runs import NoRunError, PrefectRuns
from deployments.receiver.settings import ReceiverSettings, SettingsError
from deployments.server_access import known
from deployments.stack_home import Home
from deployments.systems import systems
from journal.clean_output import beneath, keep_clean
from journal.errors import JournalError
from journal.store import Journal

log = logging.getLogger("codeblue.receiver")
access = logging.getLogger("codeblue.receiver.access")

_SWITCH = 0.0005
"""Seconds a thread may compute while others wait: at Python's own 5 ms the dispatcher would delay the answers."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end; the exit code. 2 stands for settings that cannot be used, 1 for parts that are away."""
    options = _options(argv)
    keep_clean()
    _log_to_stderr()
    home = Home.at(options.home)
    try:
        if options.begin:
            files.begin(home)
        settings = files.load(home)
        if options.port is not None:
            settings = settings.model_copy(update={"port": options.port})
        return _serve(settings, home)
    except (SettingsError, MissingSecretError, stack.NoStackError) as exc:
        log.error("%s", exc)  # noqa: TRY400  (a sentence for the operator, not a traceback)
        return 2
    except (JournalError, OSError) as exc:
        log.error("%s", exc)  # noqa: TRY400  (likewise)
        return 1


def _serve(settings: ReceiverSettings, home: Home) -> int:
    of_systems = settings.of_systems()
    rules = [*settings.routes, *of_systems]
    sys.setswitchinterval(_SWITCH)
    serving: list[uvicorn.Server] = []

    def end(*_: object) -> None:
        # Comes while we start, or once more from uvicorn when it has ended: then what surrounds it ends in its order.
        if not serving:
            raise SystemExit(0)
        serving[0].should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    api_url, auth = os.environ.get("PREFECT_API_URL"), os.environ.get("PREFECT_API_AUTH_STRING")
    if not api_url:
        api_url, auth = stack.find(home), known(home.path)
    with (
        # Blocks with secrets are asked of the same server; while it is away, a refresh must fail soon.
        temporary_settings({PREFECT_API_URL: api_url, PREFECT_API_AUTH_STRING: auth, PREFECT_CLIENT_MAX_RETRIES: 0}),
        # One journal for both: its threads queue for SQLite's single writer, two journals would poll for it.
        Journal.connect(files.journal_url(settings, home), patience=settings.keep_within) as journal,
        PrefectRuns(api_url) as runs,
        closing(SavedEnvironments(runs.environments)) as saved,
        Dispatcher(
            journal,
            runs,
            Routes(settings.routes, of_systems, systems_of(of_systems, installed=systems(), saved=saved)),
            ring=lambda run: wakeup.ring(home, run),
            remember=settings.remember,
            related_within=settings.related_within,
            failures=Failures(home, "receiver"),
        ) as dispatcher,
    ):
        saved.refresh()
        threading.Thread(target=_warm, args=(runs, [rule.deployment for rule in rules]), daemon=True).start()
        app = create_app(
            settings, journal, dispatcher.wake, home=home.path, state=dispatcher.state, installation=name_of(home)
        )
        server = _Announcing(configured(app, settings))
        serving.append(server)
        gc.freeze()  # all that was made until now stays: looking through it again would be a part of every request
        server.run()
        return 0 if server.started else 1


class _Announcing(uvicorn.Server):
    """Says where it listens as soon as it does; with port 0 nobody else knows."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in (ears for server in self.servers for ears in server.sockets):
            host, port, *_ = listening.getsockname()
            log.info("Receiving alerts at http://%s:%d/alerts/", host, port)


def configured(app: ASGIApp, settings: ReceiverSettings, *, head_within: float = HEAD_WITHIN) -> uvicorn.Config:
    """The web server's settings; tests and benchmarks use the same.

    What a proxy says in headers of its own (`X-Forwarded-…`) is believed of nobody: nothing here depends on it.
    """
    return uvicorn.Config(
        AccessLog(AtOnce(app)),
        http=bounded_protocol(head_within=head_within),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )


def _log_to_stderr() -> None:
    # Prefect puts its own handler and level on the root; our lines go their own way.
    lines = logging.StreamHandler(beneath(sys.stderr))
    lines.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    ours = logging.getLogger("codeblue")
    ours.handlers, ours.propagate = [lines], False
    ours.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses, and SNS's hold a token


class AccessLog:
    """One line for each request: method, place, status, milliseconds. No query, no header, no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and write the line when the answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A path that leads nowhere may be anything, a mistyped secret included.
                place = scope["path"] if message["status"] not in {404, 405} else "(unknown)"
                took = 1000 * (time.perf_counter() - began)
                # In two digits, so that hardly a line is new: each new one is looked through for secrets.
                access.info("%s %s %d %d ms", scope["method"], place, message["status"], float(f"{took:.2g}"))
            await send(message)

        await self._app(scope, receive, noting)


def _warm(runs: PrefectRuns, deployments: Sequence[str]) -> None:
    for deployment in dict.fromkeys(deployments):
        with suppress(NoRunError):  # the dispatcher will say so when it matters
            runs.know(deployment)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m deployments.receiver", description="Receive alerts over HTTP.")
    parser.add_argument("--home", type=Path, help="the home folder; $CODEBLUE_HOME or ~/.codeblue if left out")
    parser.add_argument("--port", type=int, help="instead of the settings' port; 0 for a free one")
    parser.add_argument("--begin", action="store_true", help="make settings and a secret first, if there are none")
    return parser.parse_args(argv)
