"""Two processes talk in JSON lines, and each notices when the other is gone.

Every child of the sandbox is started by `sandbox.process.Worker`, which holds one end of a `Link`; the child holds
the other on its standard input and output. Either side may ask the other: the world tells a client process to open
sessions, the AWS stand-in tells the world to restart PostgreSQL. End of input means that the other side has died.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import IO, Any, cast

from sandbox.errors import WorkerFailed

Message = Mapping[str, Any]
Handler = Callable[[Message], Message | None]

CALL_SECONDS = 60.0


class Link:
    """One end of the conversation. `handlers` answer what the other side asks; `on_end` runs once, when it is gone."""

    def __init__(
        self,
        *,
        reading: IO[str],
        writing: IO[str],
        handlers: Mapping[str, Handler],
        on_end: Callable[[], None],
        name: str,
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._handlers = handlers
        self._on_end = on_end
        self._name = name
        self._ids = itertools.count(1)
        self._pending: dict[int, Future[Message]] = {}
        self._lock = threading.Lock()
        self._ended = False
        self._thread = threading.Thread(target=self._listen, name=f"link-{name}", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def join(self) -> None:
        """Return when the other side is gone; a child's main thread waits here."""
        self._thread.join()

    def call(self, verb: str, *, seconds: float = CALL_SECONDS, **body: object) -> Message:
        """Ask the other side and wait for its answer; `WorkerFailed` when it refuses, is gone or stays silent."""
        answer: Future[Message] = Future()
        with self._lock:
            if self._ended:
                raise WorkerFailed(f"The {self._name} process has ended; see its log in the sandbox's home folder.")
            number = next(self._ids)
            self._pending[number] = answer
        self._send({"id": number, "do": verb, **body})
        try:
            reply = answer.result(timeout=seconds)
        except TimeoutError:
            raise WorkerFailed(f"The {self._name} process did not answer '{verb}' within {seconds:g} s.") from None
        finally:
            with self._lock:
                self._pending.pop(number, None)
        if "error" in reply:
            raise WorkerFailed(f"The {self._name} process could not do '{verb}': {reply['error']}")
        return reply

    def tell(self, verb: str, **body: object) -> None:
        """Tell the other side something and go on without an answer."""
        self._send({"do": verb, **body})

    def _send(self, message: Message) -> None:
        line = json.dumps(message) + "\n"
        try:
            with self._lock:
                self._writing.write(line)
                self._writing.flush()
        except (OSError, ValueError) as closed:
            raise WorkerFailed(f"The {self._name} process has ended; see its log in the home folder.") from closed

    def _listen(self) -> None:
        try:
            for line in self._reading:
                message = cast("dict[str, Any]", json.loads(line))
                if "re" in message:
                    with self._lock:
                        answer = self._pending.get(int(message["re"]))
                    if answer is not None and not answer.done():
                        answer.set_result(message)
                else:
                    threading.Thread(target=self._handle, args=(message,), daemon=True).start()
        except (OSError, ValueError):
            pass  # The pipe was closed under us or cut in the middle of a line: the same end.
        with self._lock:
            self._ended = True
            waiting = list(self._pending.values())
        for answer in waiting:
            if not answer.done():
                answer.set_result({"error": "the process has ended; see its log in the sandbox's home folder."})
        self._on_end()

    def _handle(self, message: dict[str, Any]) -> None:
        verb = str(message.get("do"))
        number = message.get("id")
        try:
            handler = self._handlers.get(verb)
            reply: Message = {"error": f"unknown verb '{verb}'"} if handler is None else (handler(message) or {})
        except Exception as failure:  # noqa: BLE001 - the border: whatever failed is told to the asking side
            reply = {"error": f"{type(failure).__name__}: {failure}"}
        if number is not None:
            try:
                self._send({"re": number, **reply})
            except WorkerFailed:
                return  # Nobody is left to hear it.
