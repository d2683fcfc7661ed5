"""The watch's own sign of life: a note in the home for `codeblue doctor`, and a ping for a monitor elsewhere.

Imports no Prefect, because `doctor` reads the note also when Prefect is away.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import httpx

from blocks.in_time import get
from deployments.stack_home import Home

log = logging.getLogger("codeblue.watch")

NOTE = "watch.json"
"""What the watch leaves in the home after each round."""

PING_EVERY = 60.0
"""Seconds between two pings at least; a monitor's patience is counted in minutes."""

PATIENCE = 5.0
"""Seconds of each wait for that monitor. The watch does nothing else meanwhile, so there is an end to all of them."""


@dataclass(kw_only=True)
class Pulse:
    """The watch's own sign of life: a note in the home, and a page that a monitor elsewhere waits for."""

    home: Home
    address: str | None = None
    pinged: float = field(default=float("-inf"))

    def beat(self, trouble: str | None) -> None:
        """After each round; `trouble` is why it was cut short. Only a whole round is worth a ping."""
        at = datetime.now(UTC).isoformat()
        last = at if trouble is None else (last_round(self.home) or {}).get("whole")
        note = self.home.path / NOTE
        part = note.with_suffix(".new")
        try:
            part.write_text(json.dumps({"at": at, "whole": last, "trouble": trouble}))
            part.replace(note)
        except OSError as full:  # `doctor` sees that no round is noted; a full disk is no reason to page nobody
            log.warning("The round cannot be noted (%s).", type(full).__name__)
            return
        if trouble is None and self.address and time.monotonic() - self.pinged >= PING_EVERY:
            self.pinged = time.monotonic()
            try:
                get(self.address, seconds=PATIENCE, follow_redirects=True).raise_for_status()
            except (httpx.HTTPError, httpx.InvalidURL) as deaf:
                # The address often holds a token, so it is not logged, nor is the error, which quotes it.
                log.warning("The ping was not taken (%s); its monitor will raise the alarm.", type(deaf).__name__)


def last_round(home: Home) -> dict[str, str | None] | None:
    """When the watch of this home last went round (`at`), last did so wholly (`whole`), and its `trouble`."""
    try:
        found: object = json.loads((home.path / NOTE).read_text())
    except (OSError, ValueError):
        return None
    return cast("dict[str, str | None]", found) if isinstance(found, dict) else None
