"""`codeblue up`: Prefect's server, a worker and the receiver on this machine, in the foreground until Ctrl-C.

Everything runs as children of this process (`deployments.stack`); nothing outlives it. While they run, this process
lets runs go on whose request was settled while Prefect was away (`going_on.sweep`).
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from deployments.cli import places, runbooks
from deployments.cli.exits import Exit
from deployments.cli.options import DEFAULTS, Options

_SWEEP_EVERY = 5.0


def up(
    *,
    port: int = 4200,
    receiver_port: int | None = None,
    receiver: Annotated[bool, Parameter(negative="--no-receiver")] = True,
    workers: int = 1,
    limit: int = 8,
    deployments: Path = runbooks.FILE,
    options: Options = DEFAULTS,
) -> int:
    """Run everything here: Prefect's server and UI, a worker, the receiver. Ctrl-C ends it all.

    Parameters
    ----------
    port
        Of Prefect's UI and API; 0 for a free one.
    receiver_port
        Of the receiver; its settings' port if left out.
    receiver
        Without it no alerts are taken here.
    workers
        How many worker processes.
    limit
        Runs at the same time, for each worker.
    deployments
        The list of runbooks.
    """
    listed = runbooks.listed(deployments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="codeblue: %(message)s")
    options.hint(Text("Starting … (the first start on a machine takes about 20 s longer)", style="dim"))
    from deployments.cli import houses  # Prefect, at last: everything that can be refused was refused without it
    from deployments.receiver import settings
    from deployments.stack import Stack
    from deployments.stack_child import Command

    home = options.place
    further: list[Command] = []
    receiver_url = None
    if receiver:
        settings.begin(home)
        found = settings.load(home)
        found.rules()
        chosen = found.port if receiver_port is None else receiver_port
        receiver_url = f"http://{found.host}:{chosen}"
        argv = [sys.executable, "-m", "deployments.receiver", "--home", str(home.path), "--port", str(chosen)]
        further.append(Command(name="receiver", argv=argv, grace=10))
    ended = threading.Event()
    with (
        _until_told(ended.set),
        places.journal(home) as journal,
        Stack(
            home,
            port=port or None,
            deployments=runbooks.specs(listed),
            blocks=houses.paths(),
            further=further,
            workers=workers,
            limit=limit,
        ) as stack,
    ):
        from deployments.cli import going_on

        _say(options, stack.ui_url, receiver_url)
        while not ended.wait(_SWEEP_EVERY):
            with suppress(Exception):  # the journal may be away; the next sweep sees
                going_on.sweep(home, journal)
        options.hint(Text("Ending …", style="dim"))
    return Exit.OK


def _say(options: Options, ui: str, receiver: str | None) -> None:
    home = options.place
    options.document(
        {"ui": ui, "api": f"{ui}/api", "receiver": receiver, "home": str(home.path), "logs": str(home.logs)}
    )
    lines = [
        ("Prefect's UI", ui),
        ("receiver", f"{receiver}/alerts/alertmanager" if receiver else "off"),
        ("logs", str(home.logs)),
    ]
    for name, value in lines:
        options.say(Text.assemble((f"{name:<13}", "dim"), value))
    options.say(
        Text(
            "\nNext, in another terminal:\n"
            "  codeblue doctor                              does everything work?\n"
            "  codeblue run rung.connection_exhaustion      start a runbook by hand\n"
            "  codeblue incidents                           what is open\n"
            "Ctrl-C ends everything here; open incidents go on at the next start."
        )
    )


class _until_told:  # noqa: N801  (reads as a function where it is used)
    """SIGINT and SIGTERM end the block in its own time, instead of in the middle of something."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._tell()
