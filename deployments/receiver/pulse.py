"""Whether the journal answers, asked at most once at a time: a journal that hangs must not use up threads."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor

from deployments.receiver import inbox_queries
from journal.store import Journal

log = logging.getLogger("codeblue.receiver")

_WITHIN = 1.0
"""Seconds after which a journal that says nothing counts as away."""


class Pulse:
    """Asks how many alerts wait. For `/health` and `/ready`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pulse")
        self._asking: Future[int] | None = None

    async def waiting(self) -> int | None:
        """How many alerts are not handled yet; `None` if the journal does not answer in time."""
        if self._asking is None or self._asking.done():
            self._asking = self._thread.submit(inbox_queries.waiting, self._journal)
        done, _ = await asyncio.wait([asyncio.wrap_future(self._asking)], timeout=_WITHIN)
        for answer in done:
            if (error := answer.exception()) is None:
                return answer.result()
            log.warning("The journal does not answer: %s", type(error).__name__)
        return None

    def close(self) -> None:
        """Ask no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
