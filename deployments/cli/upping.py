"""`codeblue up`: Prefect's server, a worker and the receiver on this machine, in the foreground until Ctrl-C.

Everything runs as children of this process (`deployments.stack`), the watch among them; nothing outlives it.
"""

from __future__ import annotations

import errno
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from deployments import deployed, places, private_files, up_note
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Refused
from deployments.stack_home import Home
from deployments.up_note import UpNote

if TYPE_CHECKING:
    from deployments.stack import Stack
    from deployments.stack_child import Command

EARS_SECONDS = 60.0
"""How long worker, watch and receiver may take once Prefect is there: on a busy machine each needs tens of seconds."""


def up(
    *,
    port: int = 4200,
    receiver_port: int | None = None,
    receiver: Annotated[bool, Parameter(negative="--no-receiver")] = True,
    workers: int = 1,
    limit: int = 8,
    deployments: Path | None = None,
    public_url: str | None = None,
    options: Options = DEFAULTS,
) -> int:
    """Run everything here: Prefect's server and UI, a worker, the receiver. Ctrl-C ends it all.

    Parameters
    ----------
    port
        Of Prefect's UI and API: 4200 if left out, 0 for a free one.
    receiver_port
        Of the receiver; its settings' port if left out.
    receiver
        Without it no alerts are taken here.
    workers
        How many worker processes; one if left out.
    limit
        Runs at the same time, for each worker; 8 if left out.
    deployments
        A list of runbooks in the form of prefect.yaml; those of the installed systems if left out.
    public_url
        Where people reach Prefect's UI, such as https://prefect.example.com; this machine if left out.
    """
    listed = deployed.everything(deployments)
    home = options.made_place
    if (other := places.stack_of(home)) is not None:  # told at once; `Stack` tells it, too, after seconds of importing
        raise Refused(f"Another stack runs in {home.path} ({other}). Use it, stop it, or choose another --home.")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="codeblue: %(message)s")
    options.hint(Text("Starting … (the first start on a machine takes a few seconds longer)", style="dim"))
    with private_files.unshared():
        places.before_prefect(home, ours=True)
        listening, further = _receiver(home, receiver_port) if receiver else (None, [])
        ended = threading.Event()
        with _noted(home, listening, deployments) as note, _until_told(ended.set):
            from deployments import environments
            from deployments.stack import Stack
            from deployments.stack_child import Command

            with places.journal(home, begin=True):  # an unusable one is told here, not in four logs
                pass
            with Stack(
                home,
                port=port or None,
                deployments=deployed.specs(listed),
                blocks=environments.paths(),
                preload=["deployments.warm"],
                further=[*further, Command(name="watch", argv=[sys.executable, "-m", "deployments.watch"])],
                workers=workers,
                limit=limit,
                public_url=public_url,
            ) as stack:
                _come_up(options, stack, note, ended)
                ended.wait()
                options.hint(Text("Ending …", style="dim"))
            options.hint(Text("Ended.", style="dim"))
    return Exit.OK


def _receiver(home: Home, port: int | None) -> tuple[str, list[Command]]:
    """Where the receiver will listen, and the command that runs it. Raises SettingsError.

    A new home gets settings for Alertmanager, so that alerts can come without a first letter from anybody.
    """
    from deployments.receiver import settings
    from deployments.stack_child import Command

    settings.begin(home, routes_from=["deployments.catalogue:RULES"])
    found = settings.load(home)
    found.rules()
    chosen = found.port if port is None else port or _free_port()
    _refuse_taken(found.host, chosen)
    argv = [sys.executable, "-m", "deployments.receiver", "--home", str(home.path), "--port", str(chosen)]
    return f"http://{found.host}:{chosen}", [Command(name="receiver", argv=argv, grace=10)]


def _refuse_taken(host: str, port: int) -> None:
    """Told here: a receiver that cannot listen would only be started again and again, while another one answers."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        why = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise Refused(
            f"The receiver's port {port} on {host} {why}."
            " Choose another by --receiver-port, or in receiver.toml; --receiver-port 0 takes a free one."
        ) from None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as ears:
        return int(ears.getsockname()[1])


@contextmanager
def _noted(home: Home, receiver: str | None, deployments: Path | None) -> Generator[UpNote]:
    note = UpNote(receiver=receiver, deployments=up_note.given(deployments)).keep(home)
    try:
        yield note
    finally:
        note.end(home)


def _come_up(options: Options, stack: Stack, note: UpNote, ended: threading.Event) -> None:
    """Say each part as it comes up, and where all is; what has not come in time is said, and waited for."""
    from deployments.cli.arriving import SELDOM, Arrivals

    home = options.place

    def say(text: str) -> None:
        options.hint(Text(text, style="dim"))

    say("Prefect: there")
    with places.Prefect(home) as prefect:
        arrivals = Arrivals(home, prefect, receiver=note.receiver is not None, say=say)
        arrivals.until_there(ended, within=EARS_SECONDS)
        if not arrivals.missing:
            note.complete(home)
        _say(options, stack, note.receiver)
        for one in arrivals.missing:
            options.hint(Text(f"Not there yet: {one.name}. {one.text}"))
        if arrivals.missing and arrivals.until_there(ended, every=SELDOM):
            note.complete(home)


def _say(options: Options, stack: Stack, receiver: str | None) -> None:
    home = options.place
    options.document(
        {
            "ui": stack.ui_url,
            "sign_in": stack.sign_in_url,
            "api": stack.api_url,
            "receiver": receiver,
            "home": str(home.path),
            "logs": str(home.logs),
        }
    )
    lines = [
        ("Prefect's UI", f"{stack.sign_in_url}  (it holds the secret: not for others)"),
        ("receiver", f"{receiver}/alerts/alertmanager" if receiver else "off"),
        ("logs", str(home.logs)),
    ]
    for name, value in lines:
        options.line(f"{name:<13}{value}")
    options.line(
        "\nNext, in another terminal:\n"
        "  codeblue doctor       does everything work?\n"
        "  codeblue runbooks     what can be started by hand: codeblue run RUNBOOK\n"
        "  codeblue incidents    what is open\n"
        "Ctrl-C ends everything here; open incidents go on at the next start."
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
