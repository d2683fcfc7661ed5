"""From a verified message to receipts: persisted first, acknowledged after. `app` calls it.

Whatever arrives while one commit is under way shares the next one, and commits begin `_APART` at the earliest, so a
storm costs few flushes and one thread. An alert waits for two commits at most, and for a quiet sender's nobody waits.

A delivery that was kept before makes nothing, whatever it is. What its sender reads depends on what it proves:
  - signed anew after the first was kept (a retry, because our answer was lost): 202, the first receipts, `new: false`;
  - the very same signed bytes again (a replay, or SNS's retry, which looks the same): 409, which ends SNS's retries;
  - from a vendor that signs no time (Alertmanager): 202 and the first receipts. Its regular repeats are no replays:
    they are deliveries of their own and join the incident.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from deployments.receiver.formats import Call, Item, Message
from deployments.receiver.inbox_queries import TESTED
from deployments.receiver.refusals import Refused
from journal.errors import JournalError, JournalUnavailable
from journal.inbox import BATCH, Delivery, Inbox, Receipt
from runbook.alert import fingerprint_of

_APART = 0.01
"""Seconds between the beginnings of two commits: a commit costs more processor than ten of the alerts that share it."""
_EACH = 0.005
"""Seconds more for each alert of a delivery: thousands take many commits."""

_Waiting = tuple[Delivery, "asyncio.Future[Receipt]"]


class Intake:
    """The writing side of the inbox, for asynchronous callers of one event loop."""

    def __init__(self, inbox: Inbox, *, within: float) -> None:
        self._inbox, self._within = inbox, within
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        self._committing: asyncio.Task[None] | None = None
        self._next = 0.0
        """When the next commit may begin, by the loop's clock."""

    async def take(self, format_name: str, message: Message) -> tuple[Sequence[Receipt], bool]:
        """Persist a message's alerts; their receipts, and whether any of them was new.

        Raises Refused: 503 when the journal does not commit within the time, 409 for a replay.
        """
        receipts = await self._kept([_delivery(format_name, item) for item in message.items])
        new = any(receipt.new for receipt in receipts)
        if receipts and not new and _replayed(message, receipts[0]):
            raise Refused(
                409,
                f"This delivery was accepted before, as {', '.join(str(r.id) for r in receipts)}.",
                "Nothing more is needed; to retry a delivery, sign it again with the same id and the present time.",
            )
        return receipts, new

    async def note(self, format_name: str, test: str, call: Call) -> None:
        """Keep that a vendor's test arrived; nothing follows from it. Raises Refused, 503, if it cannot be kept."""
        loop, digest = asyncio.get_running_loop(), fingerprint_of("test", call.now.isoformat(), call.body.hex())
        try:
            async with asyncio.timeout(self._within):
                await loop.run_in_executor(self._thread, self._inbox.note, format_name, digest, test, TESTED)
        except (JournalError, SQLAlchemyError, TimeoutError) as exc:
            raise Refused(
                503, "The test could not be noted.", "Send it again; the receiver's journal is away.", retry_after=5
            ) from exc

    def close(self) -> None:
        """Wait for the commit under way."""
        self._thread.shutdown()

    async def _kept(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt]:
        loop = asyncio.get_running_loop()
        mine = [loop.create_future() for _ in deliveries]
        self._waiting.extend(zip(deliveries, mine, strict=True))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit())
        try:
            async with asyncio.timeout(self._within + _EACH * len(mine)):
                return [await one for one in mine] if len(mine) == 1 else await asyncio.gather(*mine)
        except (JournalError, SQLAlchemyError, TimeoutError) as exc:
            # A commit that comes later all the same is no harm: the sender's next attempt finds it kept.
            raise Refused(
                503, "The alert could not be kept.", "Send it again; the receiver's journal is away.", retry_after=5
            ) from exc

    async def _commit(self) -> None:
        """Commit whatever waits, until nothing does."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            if (early := self._next - loop.time()) > 0:
                await asyncio.sleep(early)
            self._next = loop.time() + _APART
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            batch = [one for one in batch if not one[1].done()]  # else its sender was told 503 and comes again
            if not batch:
                continue
            try:
                receipts = await loop.run_in_executor(self._thread, self._put, [delivery for delivery, _ in batch])
            except Exception as exc:  # noqa: BLE001  (each of the waiting senders is told)
                receipts = [exc] * len(batch)
            for (_, future), receipt in zip(batch, receipts, strict=True):
                if future.done():
                    continue
                if isinstance(receipt, Receipt):
                    future.set_result(receipt)
                else:
                    future.set_exception(receipt)

    def _put(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt | Exception]:
        """In the thread: all in one commit; or one by one, so that one that cannot be kept holds up no other."""
        try:
            return self._inbox.put_all(deliveries)
        except JournalUnavailable:
            raise
        except Exception as exc:
            if len(deliveries) == 1:
                raise
            return [exc if isinstance(exc, JournalError) else self._alone(delivery) for delivery in deliveries]

    def _alone(self, delivery: Delivery) -> Receipt | Exception:
        try:
            return self._inbox.put(delivery)
        except Exception as exc:  # noqa: BLE001  (its sender is told)
            return exc


def _replayed(message: Message, first: Receipt) -> bool:
    """Whether a delivery that was kept before is the same sending once more, and not one that was signed anew."""
    return message.once or (message.sent_at is not None and message.sent_at <= first.received_at)


def _delivery(format_name: str, item: Item) -> Delivery:
    alert = item.alert.model_dump(mode="json")
    if item.blind:
        alert["blind"] = item.blind
    if item.notes:
        alert["notes"] = list(item.notes)
    return Delivery(format=format_name, delivery=item.delivery, fingerprint=item.alert.fingerprint, alert=alert)
