"""What the receiver is held against: the least that a durable receiver can be, in a process of its own.

    python -m benchmarks.bare PORT FILE

The same web server and the same database, with one committed insert for each alert before its 202, and nothing else:
no proof, no format, no redaction, no dispatcher. The same senders send to it at the same rate.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

from benchmarks.figures import Series, Unit
from benchmarks.storm_audit import read
from benchmarks.storm_stage import processor, send
from sandbox.postgres import free_port
from sandbox.rehearsal import wait

_MADE = "create table kept (id integer primary key, alert blob not null)"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How long its senders waited, and what each alert cost it, in seconds of processor."""

    acknowledged: Series
    processor: float


def measure(folder: Path, *, rate: float, seconds: float, problems: int) -> Measured:
    """Let the same senders send to a bare receiver. Raises RuntimeError if it did not keep all of them."""
    port, sent = free_port(), int(rate * seconds)
    folder.mkdir(parents=True)
    running = subprocess.Popen([sys.executable, "-m", "benchmarks.bare", str(port), str(folder / "bare.db")])
    try:
        wait(lambda: _answers(port) or None, within=60, what="the bare receiver")
        before = processor(running.pid)
        notes = read(send(folder / "bare.jsonl", port, rate=rate, seconds=seconds, problems=problems))
        used = processor(running.pid) - before
    finally:
        running.terminate()
        running.wait()
    with closing(sqlite3.connect(folder / "bare.db")) as asked:
        [kept] = asked.execute("select count(*) from kept").fetchone()
    if kept < sent or len(notes) != sent:
        raise RuntimeError(f"The bare receiver kept {kept:,} of {sent:,} alerts")
    series = Series(name="bare receiver", samples=[note.took for note in notes], unit=Unit.MILLISECONDS)
    return Measured(acknowledged=series, processor=used / sent)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
        return True
    return False


class Bare:
    """The application."""

    def __init__(self, file: str) -> None:
        self._kept = sqlite3.connect(file, isolation_level=None)
        for said in ("pragma journal_mode = wal", "pragma synchronous = full", _MADE):  # as the journal has it
            self._kept.execute(said)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the body, and say so."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        number = self._kept.execute("insert into kept (alert) values (?)", (body,)).lastrowid
        said = json.dumps({"receipts": [number]}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": said})


def main(argv: Sequence[str]) -> int:
    """Serve until told to end."""
    port, file = argv
    uvicorn.run(
        Bare(file), host="127.0.0.1", port=int(port), access_log=False, log_level="warning", lifespan="off", ws="none"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
