"""Secrets of the senders: where they are kept, how two are valid at a time, how one is compared.

A settings file never holds a secret, only references to it: `file:alertmanager.token` (relative to the home),
`env:ALERTMANAGER_TOKEN` or `block:alertmanager` (a saved Webhook Secret with its current and previous one, or Prefect's
own Secret block). Formats hold a `Keys` and ask for `current()` at each delivery; the application refreshes all of them
every half minute. So a secret is rotated without a gap and without a restart: add the new one, change the sender,
remove the old. What cannot be read then, because Prefect is away for instance, leaves the secrets as they were.
"""

from __future__ import annotations

import hmac
import logging
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from deployments.private_files import OpenSecretError, secret

log = logging.getLogger("codeblue.receiver")

AT_MOST = 2
"""Secrets valid at the same time: the one in use and the one it is rotated to."""


class MissingSecretError(Exception):
    """A reference in the settings leads to no secret. Names the reference, never a secret."""

    def __init__(self, reference: str, why: str) -> None:
        super().__init__(reference, why)
        self.reference, self.why = reference, why

    def __str__(self) -> str:
        return f"The secret {self.reference!r} cannot be used: {self.why}."


class Keys:
    """The one or two secrets of a sender. Never empty: a form without a secret is refused at start."""

    def __init__(self, references: Sequence[str], home: Path) -> None:
        self._references, self._home = tuple(references), home
        self._current = self._read()

    def __repr__(self) -> str:
        return f"Keys({', '.join(self._references)})"

    def current(self) -> tuple[bytes, ...]:
        """The secrets that are valid now."""
        return self._current

    def refresh(self) -> None:
        """Read the references again; what cannot be read leaves the secrets as they were, with a warning."""
        try:
            self._current = self._read()
        except MissingSecretError as exc:
            log.warning("%s The secrets read before stay valid.", exc)

    def match(self, presented: bytes) -> bool:
        """Whether `presented` is one of the secrets; takes equally long for each wrong one."""
        return any([hmac.compare_digest(presented, key) for key in self._current])  # noqa: C419  (no early end)

    def _read(self) -> tuple[bytes, ...]:
        found = [line for reference in self._references for line in _lines(reference, self._home)]
        if not found:
            raise MissingSecretError(", ".join(self._references), "it names no secret")
        if len(found) > AT_MOST:
            raise MissingSecretError(", ".join(self._references), f"more than {AT_MOST} secrets are valid at a time")
        return tuple(found)


def _lines(reference: str, home: Path) -> list[bytes]:
    kind, _, name = reference.partition(":")
    match kind:
        case "file":
            try:
                text = secret(home / name)
            except OpenSecretError as exc:
                raise MissingSecretError(reference, f"others on this machine may read it; {exc.remedy}") from None
            except (OSError, UnicodeDecodeError) as exc:
                raise MissingSecretError(reference, "the file cannot be read") from exc
        case "env":
            text = os.environ.get(name, "")
        case "block":
            text = _block(reference, name)
        case _:
            raise MissingSecretError(re.sub(r".", "*", reference), "write file:PATH, env:NAME or block:NAME")
    if not (lines := [line.strip().encode() for line in text.splitlines() if line.strip()]):
        raise MissingSecretError(reference, "it is empty or not set")
    return lines


def _block(reference: str, name: str) -> str:
    from prefect.blocks.system import Secret  # slow to import, and only for those who keep secrets in blocks

    from blocks.webhook_secret import WebhookSecret

    try:
        with suppress(ValueError):  # what Prefect raises when there is no such block of this type
            saved: Any = cast("Any", WebhookSecret).load(name, _sync=True)  # typed as if always awaited
            return "\n".join(saved.valid())
        value: Any = cast("Any", Secret).load(name, _sync=True).get()
    except Exception as exc:  # Prefect raises ValueError, HTTP and settings errors alike
        raise MissingSecretError(reference, f"Prefect does not give the block ({type(exc).__name__})") from exc
    return str(value)
