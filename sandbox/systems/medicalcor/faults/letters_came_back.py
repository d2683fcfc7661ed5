"""Dead letters were processed again by our own means, and came back: the code does not understand them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sandbox.systems.medicalcor.faults.dead_letters import DEAD
from sandbox.systems.medicalcor.faults.letters_not_understood import LettersNotUnderstood
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.wiring import redis
from tasks.redis.letters import item_of
from tasks.redis.moves import Moves

MANY = 5


@dataclass(kw_only=True)
class LettersCameBack(LettersNotUnderstood):
    def begins(self, parts: Parts) -> None:
        """Move the oldest, as an earlier incident did."""
        super().begins(parts)
        letters = redis(parts.valkey).letters(DEAD)
        moves = Moves(client=parts.valkey.owner, letters=letters)
        for body in cast("list[bytes]", parts.valkey.owner.lrange(DEAD, 0, MANY - 1)):
            known = item_of(body, letters)
            assert known is not None, "these have an id"
            moves.move(body, known.id, 0)
