"""The storm's own process: sends alerts at a steady rate, whatever the receiver does, and notes every answer.

    python -m benchmarks.storm_load HOST PORT RATE SECONDS PROBLEMS FILE

An alert is due at its time, not when the one before was answered, and its time to the acknowledgement is counted from
then: a receiver that stalls is not spared the alerts that came meanwhile. A 503 or a broken connection is answered as
vendors do, by sending the same again a little later, until the end of the storm and `GRACE` seconds beyond.
Each line of the file is one sending: number, form, problem, final status, seconds to the answer, attempts, receipt.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.storm_senders import Sending, sending

CONNECTIONS = 64
GRACE = 60.0
_RETRY = 0.5
_ANSWER_WITHIN = 20.0


class Line:
    """One connection that is kept open."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body. Raises OSError, EOFError and TimeoutError; the next asking connects anew."""
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await self._ask(request)
        except (OSError, EOFError, TimeoutError, ValueError):
            self.close()
            raise

    async def _ask(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length, closes = 0, False
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
            closes = closes or line == b"connection: close"
        body = await reader.readexactly(length) if length else b""
        if closes:
            self.close()
        return int(head[9:12]), body

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Storm:
    """All sendings of one storm."""

    def __init__(self, host: str, port: int, rate: float, seconds: float, problems: int) -> None:
        self._host, self._port, self._rate, self._problems = host, port, rate, problems
        self._count = int(rate * seconds)
        self._end = 0.0
        self._due: asyncio.Queue[tuple[float, Sending]] = asyncio.Queue()
        self.noted: list[list[object]] = []

    async def blow(self) -> None:
        """Send everything; returns when every sending has its last answer."""
        began = time.monotonic()
        self._end = began + self._count / self._rate + GRACE
        lines = [asyncio.create_task(self._line()) for _ in range(CONNECTIONS)]
        for number in range(self._count):
            due = began + number / self._rate
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            self._due.put_nowait((due, sending(number, self._problems, f"{self._host}:{self._port}")))
        await self._due.join()
        for line in lines:
            line.cancel()
            with suppress(asyncio.CancelledError):
                await line

    async def _line(self) -> None:
        line = Line(self._host, self._port)
        try:
            while True:
                due, one = await self._due.get()
                await self._deliver(line, due, one)
                self._due.task_done()
        finally:
            line.close()

    async def _deliver(self, line: Line, due: float, one: Sending) -> None:
        status, receipt, attempts = 0, None, 0
        while True:
            attempts += 1
            try:
                status, body = await line.ask(one.request)
            except (OSError, EOFError, TimeoutError, ValueError):
                status, body = 0, b""
            if status not in {0, 503} or time.monotonic() > self._end:
                break
            await asyncio.sleep(_RETRY)
        if status == 202:  # noqa: PLR2004 # HTTP's own
            receipt = json.loads(body)["receipts"]
        took = time.monotonic() - due
        self.noted.append([one.number, one.form, one.problem, status, took, attempts, receipt])


def main(argv: Sequence[str]) -> int:
    """Blow once, and write down what became of it."""
    host, port, rate, seconds, problems, file = argv
    storm = Storm(host, int(port), float(rate), float(seconds), int(problems))
    asyncio.run(storm.blow())
    with Path(file).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(noted) + "\n" for noted in storm.noted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
