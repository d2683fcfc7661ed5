"""A look at whether dead letters still come, and whether some came back that had been processed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from blocks.redis import Redis
from journal import clock
from journal.wording import counted
from runbook import Facts, look
from runbook.shares import FEW
from tasks.redis.letters import ENDS, bodies_of, form_of, item_of
from tasks.redis.letters import READS as OF_LETTERS
from tasks.redis.moves import Moves

LATELY = timedelta(minutes=5)
"""Within which a dead letter is new: what came before is from a trouble that may be over."""


class Backlog(Facts):
    """Dead letters that can be processed again: they are `named`, since they have an id. All but `length` is of `read`.

    `lately` are those that came within five minutes for the first time, `returned` those that had been processed again
    and lie there anew; `undated` do not say when they came, so that they may be new.
    """

    length: int
    read: int
    named: int
    lately: int
    returned: int
    undated: int

    @property
    def waits(self) -> bool:
        """Whether any could be processed again. Raises `LookupError` where none was read and there are more."""
        if not self.named and self.length > self.read:
            raise LookupError(f"none of the {self.read} items that were read has an id, and there are more")
        return self.named > 0

    @property
    def still_come(self) -> bool:
        return self.lately >= FEW

    @property
    def come_no_more(self) -> bool:
        """Whether none is new. Raises `LookupError` where one may be, which does not say when it came."""
        if not self.lately and self.undated:
            raise LookupError(f"{counted(self.undated, 'item')} do not say when they failed")
        return not self.lately

    def __str__(self) -> str:
        return (
            f"{counted(self.length, 'dead letter')}; of {self.read} read, {self.named} have an id, {self.lately} came"
            f" within five minutes and {self.returned} came back after they had been processed again"
        )

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"dead letters": (float(self.length), "items")}


@look(*OF_LETTERS, "redis:hmget:moving", bound=f"{ENDS} items at either end")
def read_backlog(redis: Redis, key: str) -> Backlog:
    """Of dead letters at either end: which are new, and which came back. Raises `Permanent` for a key that is none."""
    letters, since = redis.letters(key), clock.now() - LATELY
    with redis.reading() as client:
        _, length = form_of(client, letters)
        bodies, _ = bodies_of(client, letters, ENDS)
        named = [one for body in bodies if (one := item_of(body, letters)) is not None and one.id]
        moves = Moves(client=client, letters=letters)
        counts = moves.counts([one.id for one in named]) if letters.queue else {}  # without one, we move none
    first = [one for one in named if not counts.get(one.id)]
    return Backlog(
        length=length,
        read=len(bodies),
        named=len(named),
        lately=sum(one.at is not None and one.at >= since for one in first),
        returned=len(named) - len(first),
        undated=sum(one.at is None for one in first),
    )
