"""From a verified message to receipts: persisted first, acknowledged after. `app` calls it.

Each alert waits in a thread for its commit; the inbox lets all that wait share one, so a storm costs few flushes.

A delivery that was kept before makes nothing, whatever it is. What its sender reads depends on what it proves:
  - signed anew after the first was kept (a retry, because our answer was lost): 202, the first receipts, `new: false`;
  - the very same signed bytes again (a replay, or SNS's retry, which looks the same): 409, which ends SNS's retries;
  - from a vendor that signs no time (Alertmanager): 202 and the first receipts. Its regular repeats are no replays:
    they are deliveries of their own and join the incident.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from deployments.receiver.formats import Item, Message
from deployments.receiver.refusals import Refused
from journal.errors import JournalError
from journal.inbox import Delivery, Inbox, Receipt

_THREADS = 64
"""Alerts that wait for a commit at the same time; more wait for a thread, holding no more than their body."""


class Intake:
    """The writing side of the inbox, for asynchronous callers."""

    def __init__(self, inbox: Inbox, *, within: float) -> None:
        self._inbox, self._within = inbox, within
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="inbox")

    async def take(self, format_name: str, message: Message) -> tuple[Sequence[Receipt], bool]:
        """Persist a message's alerts; their receipts, and whether any of them was new.

        Raises Refused: 503 when the journal does not commit within the time, 409 for a replay.
        """
        loop = asyncio.get_running_loop()
        waiting = [
            loop.run_in_executor(self._threads, self._inbox.put, _delivery(format_name, item)) for item in message.items
        ]
        try:
            async with asyncio.timeout(self._within):
                receipts = await asyncio.gather(*waiting)
        except (JournalError, SQLAlchemyError, TimeoutError) as exc:
            # A commit that comes later all the same is no harm: the sender's next attempt finds it kept.
            raise Refused(
                503, "The alert could not be kept.", "Send it again; the receiver's journal is away.", retry_after=5
            ) from exc
        new = any(receipt.new for receipt in receipts)
        if receipts and not new and _replayed(message, receipts[0]):
            raise Refused(
                409,
                f"This delivery was accepted before, as {', '.join(str(r.id) for r in receipts)}.",
                "Nothing more is needed; to retry a delivery, sign it again with the same id and the present time.",
            )
        return receipts, new

    def close(self) -> None:
        """Wait for the commits under way."""
        self._threads.shutdown()


def _replayed(message: Message, first: Receipt) -> bool:
    """Whether a delivery that was kept before is the same sending once more, and not one that was signed anew."""
    return message.once or (message.sent_at is not None and message.sent_at <= first.received_at)


def _delivery(format_name: str, item: Item) -> Delivery:
    alert = item.alert.model_dump(mode="json")
    if item.blind:
        alert["blind"] = True
    return Delivery(format=format_name, delivery=item.delivery, fingerprint=item.alert.fingerprint, alert=alert)
