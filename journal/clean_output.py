"""What a process writes to its log and its terminal, without secrets. Each part calls `keep_clean()` first.

Log records are redacted when they are made, with their tracebacks, before any handler sees them: those of Prefect send
lines to its server. What is written around logging (a warning, a crash, `print`) passes a stream that redacts lines.
"""

from __future__ import annotations

import io
import logging
import sys
import traceback
from typing import Any, Final, TextIO, cast

_LONGEST: Final = 100_000
"""Characters of a line that are held back until it ends."""


def keep_clean(*streams: str) -> None:
    """From now on nothing that this process logs or writes holds a secret that redaction knows; idempotent.

    `streams` are stdout and stderr, if not named: a command prints to stdout what the journal holds, with the names of
    those who signed.
    """
    if logging.getLogRecordFactory() is not _record:
        logging.setLogRecordFactory(_record)
    for name in streams or ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is not None and not isinstance(stream, CleanStream):
            setattr(sys, name, CleanStream(stream))


def cleaned(text: str) -> str:
    """A text for a log. Never raises: what could not be judged is not written."""
    try:
        from journal.redaction import redact  # a command that says nothing must not wait for its patterns

        return str(redact(text))
    except Exception:  # noqa: BLE001 # a log line must not end the process that writes it, nor leave unjudged
        return "[redacted: unreadable]"


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = logging.LogRecord(*args, **kwargs)
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = cleaned("".join(traceback.format_exception(*record.exc_info)).rstrip())
    if record.stack_info:
        record.stack_info = cleaned(record.stack_info)
    try:
        said = record.getMessage()
    except Exception as fault:  # noqa: BLE001 # logging would print the arguments, unredacted, to stderr
        record.msg, record.args = f"A log line could not be written: {type(fault).__name__}", None
        return record
    if (clean := cleaned(said)) != said:
        _replace(record, clean)
    return record


def _replace(record: logging.LogRecord, clean: str) -> None:
    # Uvicorn's own formatter takes the arguments one by one, so they are kept where that is enough.
    if record.args and isinstance(record.args, tuple):
        args = tuple(cleaned(one) if isinstance(one, str) else one for one in record.args)
        if cleaned(said := str(record.msg) % args) == said:
            record.args = args
            return
    record.msg, record.args = clean, None


def beneath(stream: TextIO) -> TextIO:
    """What is behind a clean stream, for a handler of log records: they are clean when they are made."""
    return stream.under if isinstance(stream, CleanStream) else stream


class CleanStream(io.TextIOBase):
    """A text stream in front of another: whole lines pass redacted, and what has no end yet waits for a flush."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.under = stream
        self._held = ""

    def write(self, text: str, /) -> int:
        held = self._held + text
        lines, end, self._held = held.rpartition("\n")
        if end:
            self.under.write(cleaned(lines) + "\n")
        if len(self._held) > _LONGEST:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._held:
            held, self._held = self._held, ""
            self.under.write(cleaned(held))
        self.under.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(cast("Any", self.under), name)

    def fileno(self) -> int:
        return self.under.fileno()

    def isatty(self) -> bool:
        return self.under.isatty()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] # a property in truth
        return self.under.encoding
