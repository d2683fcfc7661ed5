"""One module for each form in which monitors send alerts. A module's name is the last part of its address.

A form is a module here with two names: `Options`, the Pydantic model of its part of the settings file, and
`make(options, tools)`, which gives a `Format`. Adding one edits nothing else: write the module, put recorded payloads
into `tests/receiver/payloads/<name>/`. Modules that begin with an underscore are helpers.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field

from deployments.receiver.keys import Keys
from runbook.alert import Alert


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP request, as a format sees it: the raw body, headers under lower-case names, and the time.

    `query` is for vendors who can put their secret nowhere else; it reaches no log. `cut` says that the body is only
    the beginning of one that was too large; formats that cannot read that never get one (see `Format.reads_cut`).
    """

    body: bytes
    headers: Mapping[str, str]
    now: datetime
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Item:
    """One alert of a message. `delivery` is the same for each retry of the same sending, within the format.

    `blind` says in words why the status is neither the problem nor its end, whatever the field says: the monitor cannot
    see, or somebody silenced, merged or snoozed. Such an item opens and closes nothing and is noted in the open
    incident. `notes` are sentences that people should read in the incident beside the alert.
    """

    delivery: str
    alert: Alert
    blind: str = ""
    notes: Sequence[str] = ()


CANNOT_SEE: Final = "the monitor itself cannot see at the moment"
"""The most frequent `blind`."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a delivery said.

    `sent_at` is the signed time of this sending; with it, a known delivery that was not sent anew is a replay and
    refused. `once` says that the vendor never signs a delivery anew, so that a known one is refused. With neither (the
    vendor signs nothing) a known delivery is taken as a repeat.
    `handshake` is what the vendor asks before it sends alerts, or says beside them; it returns a sentence for the log.
    `test` names the vendor's test or ping: it is noted in the inbox and starts nothing.
    """

    items: Sequence[Item] = ()
    sent_at: datetime | None = None
    once: bool = False
    handshake: Callable[[], Awaitable[str]] | None = None
    test: str = ""


def said_nothing(what: str) -> Message:
    """The message of a delivery that is none of our business, but that the vendor wants taken: 200, and no more."""

    async def done() -> str:
        return f"Taken, and nothing follows from {what}."

    return Message(handshake=done)


class Format(Protocol):
    """How one vendor proves itself, and what it says. Both raise `Refused`.

    A format may set `reads_cut`: its proof does not cover the body, and the beginning of a body that is too large says
    enough.
    """

    async def verify(self, call: Call) -> None:
        """Return if the raw body comes from the vendor."""
        ...

    def read(self, call: Call) -> Message:
        """The message of a verified call."""
        ...


class FormatOptions(BaseModel):
    """Base of the options: misspelt ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body_limit: int | None = Field(None, ge=1024)
    """In bytes; instead of the receiver's own."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What formats get from outside. `fetch` gets an https address (already checked) and returns its bounded body."""

    home: Path
    fetch: Callable[[str], Awaitable[bytes]]
    keep: Callable[[Keys], None]
    """Has these keys refreshed."""

    def keys(self, references: Sequence[str]) -> Keys:
        """The secrets behind references, kept fresh. Raises MissingSecretError."""
        keys = Keys(references, self.home)
        self.keep(keys)
        return keys


class FormatModule(Protocol):
    """The two names of a format's module. A third, `BODY_LIMIT`, says how large its vendor's bodies get."""

    Options: type[FormatOptions]

    def make(self, options: FormatOptions, tools: Tools) -> Format: ...


@cache
def known() -> tuple[str, ...]:
    """All formats there are. Each request asks, so the folder is read once."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


def module(name: str) -> FormatModule:
    """A format's module. `name` must be a known one."""
    return cast("FormatModule", importlib.import_module(f"{__name__}.{name}"))
