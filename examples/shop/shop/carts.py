"""The one change that the shop has of its own: abandoned carts are unlinked, each only as it was approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import WatchError

from journal.facts.words import Answer, Effect, Stake
from runbook import Change, Drifted, NotNeeded, Outcome, Plan, Result, Target, Warrant, changes
from shop.memory import READS, CartsOf, together, untouched
from shop.valkey import Client, Valkey

NEEDS = (
    "valkey:watch:cart",
    "valkey:unwatch",
    "valkey:hget:cart",
    "valkey:ttl:cart",
    "valkey:multi",
    "valkey:exec",
    "valkey:unlink:cart",
)


class Cart(Target):
    """One cart, by its key and by when it was touched: one that is touched again is another."""

    touched_at: int


@changes(Cart, name="valkey.unlink_carts", effect=Effect.DESTRUCTIVE, stake=Stake.WORK, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class UnlinkCarts(Change[Cart]):
    """Unlink carts that nobody has touched for long, and that do not expire by themselves; the oldest first."""

    valkey: Valkey
    carts: CartsOf
    at_most: int = 2000

    @property
    def about(self) -> CartsOf:
        return self.carts

    def plan(self) -> Plan[Cart] | NotNeeded:
        with self.valkey.reading() as client:
            found = [
                one
                for names in together(client, f"{self.carts.prefix}*")
                for one in untouched(client, self.carts, names)
            ]
        if not found:
            return NotNeeded(why="No cart has been left untouched for so long.")
        oldest = sorted(found, key=lambda one: (one[1], one[0]))[: self.at_most]
        return Plan(
            change=self.name,
            summary=f"Unlink {len(oldest)} of {len(found)} abandoned carts, the oldest first.",
            targets=tuple(
                Cart(
                    name=name,
                    before=f"untouched since {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC",
                    after="unlinked",
                    touched_at=at,
                )
                for name, at in oldest
            ),
            out_of=len(found),
        )

    def apply(self, plan: Plan[Cart], warrant: Warrant) -> Outcome:
        with self.valkey.changing(warrant) as client:
            gone = {one.name for one in plan.targets if _unlink(client, one)}
        if not gone:
            raise Drifted("None of the approved carts is still as it was; nothing was unlinked.")
        return Outcome(
            ok=True,
            note=f"Unlinked {len(gone)} of {len(plan.targets)} approved carts.",
            results=tuple(
                Result(
                    name=one.name,
                    done=one.name in gone,
                    note="unlinked" if one.name in gone else "left alone: no longer as approved",
                )
                for one in plan.targets
            ),
        )

    def landed(self, plan: Plan[Cart]) -> tuple[Answer, str]:
        """Unlinked carts are gone; while one is left as it was approved, the rest may be unlinked again."""
        with self.valkey.reading() as client:
            there = dict(untouched(client, self.carts, [one.name for one in plan.targets]))
        left = sum(there.get(one.name) == one.touched_at for one in plan.targets)
        if left:
            return Answer.NO, f"{left} of {len(plan.targets)} approved carts are still there."
        return Answer.YES, "None of the approved carts is left as it was."


def _unlink(client: Client, cart: Cart) -> bool:
    """Unlink it if it is as approved at that very moment."""
    with client.pipeline() as turn:
        turn.watch(cart.name)
        touched: Any = turn.hget(cart.name, "touched_at")
        if touched != str(cart.touched_at) or turn.ttl(cart.name) != -1:
            turn.unwatch()
            return False
        turn.multi()
        turn.unlink(cart.name)
        try:
            return bool(turn.execute()[0])
        except WatchError:
            return False
