"""A switchboard on this machine's loopback, in a thread: for worlds, tests, and trying it out.

python -m sandbox.switchboard.serving      serve the test switch and the test task until Ctrl-C
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette

from journal import clock
from sandbox.switchboard.board import Board, Bounds, Switch
from sandbox.switchboard.jobs import Job, Jobs
from sandbox.switchboard.server import Tokens, serve

TOKENS = Tokens(reading="practice-reads", changing="practice-changes")
STARTS_WITHIN = 60.0


def switch_to_try() -> Switch:
    """What `codeblue switchboard check` may set: nothing reads it."""
    return Switch(
        key="codeblue.test.number",
        type="int",
        value=5,
        lasting=5,
        changed_at=clock.now(),
        bounds=Bounds(least=1, most=10),
        at_most_seconds=3600,
    )


def task_to_try() -> Job:
    """What it may start: it does nothing, three times."""
    items = ("first", "second", "third")
    return Job(name="codeblue.test.task", about="Nothing is done to three things.", items=lambda: items, do=_nothing)


def _nothing(_item: str) -> None:
    """All that the task to try does."""


def practice(switches: Iterable[Switch] = (), jobs: Iterable[Job] = (), file: Path | None = None) -> FastAPI:
    """A board with what it can be checked by, and more."""
    board = Board((switch_to_try(), *switches), file=file)
    return serve(board, Jobs((task_to_try(), *jobs)), TOKENS)


@contextmanager
def served(app: Starlette, *, certificate: Path | None = None, dated: bool = True) -> Generator[str]:
    """The application on a free port; its address. `certificate` is a file with a certificate and its key.

    Where it is not `dated`, the application says the time by itself.
    """
    config = uvicorn.Config(
        app,
        port=0,
        log_level="warning",
        lifespan="off",
        date_header=dated,
        loop="asyncio",
        ssl_certfile=certificate,
        ssl_keyfile=certificate,
    )
    server = uvicorn.Server(config)
    started, start_up = threading.Event(), server.startup

    async def and_tell(*sockets: object, **more: object) -> None:
        await start_up(*sockets, **more)  # pyright: ignore[reportArgumentType] # handed on as they came
        started.set()

    server.startup = and_tell  # pyright: ignore[reportAttributeAccessIssue] # the only hook there is
    thread = threading.Thread(target=server.run, name="switchboard")
    thread.start()
    try:
        if not started.wait(STARTS_WITHIN):
            raise TimeoutError("The switchboard did not start to serve.")
        scheme = "http" if certificate is None else "https"
        yield f"{scheme}://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until Ctrl-C, and say where, as a command that checks it."""
    parser = argparse.ArgumentParser(
        "python -m sandbox.switchboard.serving",
        description="Serve the test switch and the test task on a free port of this machine, until Ctrl-C.",
    )
    parser.parse_args(arguments)
    with suppress(KeyboardInterrupt), served(practice()) as url:
        tokens = f"SWITCHBOARD_READING={TOKENS.reading} SWITCHBOARD_CHANGING={TOKENS.changing}"
        sys.stdout.write(f"{tokens} codeblue switchboard check {url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
