"""Unlinking keys of a prefix that come again, in small steps that keep nobody waiting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from blocks.redis import Client, Redis
from journal.facts.words import Answer, Effect, Stake
from journal.wording import counted
from runbook import Change, Drifted, NotNeeded, NotSafe, Outcome, Plan, Result, Selection, Target, Warrant, changes
from tasks.redis.info import INFO, primary
from tasks.redis.walk import Pace, Walk, sizes

COUNTS = timedelta(seconds=5)
"""For how long keys are counted. Of more, so many are unlinked as were found."""

FEW, MOST = 0.1, 0.9
"""Shares of what was planned. Keys come again, so none at all is not to be expected."""

SAMPLE = 200


@dataclass(frozen=True, kw_only=True)
class PrefixOf(Selection):
    """Keys of one database that begin alike."""

    prefix: str
    db: int


class PrefixTarget(Target):
    """The keys of one prefix, and how many of them at most."""

    prefix: str
    db: int
    keys: int


@changes(
    PrefixTarget,
    name="redis.unlink_prefix",
    effect=Effect.DISRUPTIVE,
    stake=Stake.WORK,
    needs=("redis:scan", "redis:unlink:prefix"),
    reads=(INFO, "redis:scan", "redis:memory|usage:key"),
)
@dataclass(frozen=True, kw_only=True)
class UnlinkPrefix(Change[PrefixTarget]):
    """Unlink keys of a prefix of which the block says that they come again (`medicalcor.c335`, which blocks everybody).

    `within` bounds the act as a whole; what is left then is said.
    """

    redis: Redis
    prefix: str
    within: timedelta = timedelta(minutes=5)

    @property
    def about(self) -> PrefixOf:
        return PrefixOf(prefix=self.prefix, db=self.redis.db)

    @property
    def lock(self) -> str:
        return f"redis:{self.redis.where}:{self.prefix}"

    def plan(self) -> Plan[PrefixTarget] | NotNeeded:
        allowed = self.redis.regenerating(self.prefix)
        names = [name for one in self.redis.dead_letters for name in (one.key, one.queue)]
        kept = [name for name in names if name.startswith(self.prefix)]
        if kept:
            raise NotSafe(f"{self.prefix} would reach {', '.join(kept)}, which must not be lost; correct the block.")
        with self.redis.reading(works=COUNTS) as client:
            primary(client, self.redis)
            walk = self._walk(client, allowed.at_most)
            found = [name for names in walk for name in names]
            sample = found[:: max(1, len(found) // SAMPLE)]
            taken = sum(sizes(client, sample)) * len(found) / max(len(sample), 1)
        if not found:
            return NotNeeded(why=f"No key of database {self.redis.db} begins with {self.prefix}.")
        more = "" if walk.complete else "; there may be more, which are left"
        target = PrefixTarget(
            name=f"keys {self.prefix}… of database {self.redis.db}",
            before=f"{counted(len(found), 'key')}, about {taken / 1e6:.1f} MB",
            after="unlinked",
            prefix=self.prefix,
            db=self.redis.db,
            keys=len(found),
        )
        return Plan(
            change=self.name,
            summary=f"Unlink {counted(len(found), 'key')} that begin with {self.prefix}, in small steps{more}.",
            targets=(target,),
            out_of=len(self.redis.prefixes),
            warnings=(f"What is lost: {allowed.loses}.", f"{allowed.owner} answers for them."),
        )

    def apply(self, plan: Plan[PrefixTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        self.redis.regenerating(target.prefix)
        gone, pace = 0, Pace()
        with self.redis.changing(warrant, works=self.within) as client:
            for names in self._walk(client, target.keys, self.within):
                gone += sum(int(client.unlink(*step)) for step in pace.steps(names))  # pyright: ignore[reportArgumentType] # no coroutine
        if not gone:
            raise Drifted(f"No key begins with {target.prefix} any more; nothing was unlinked.")
        note = f"Unlinked {gone} of the {target.keys} keys that were counted."
        return Outcome(ok=True, note=note, results=(Result(name=target.name, done=True, note=note),))

    def landed(self, plan: Plan[PrefixTarget]) -> tuple[Answer, str]:
        """Keys come again, so few are left where it happened, and most where it did not. It may well be repeated."""
        (target,) = plan.targets
        with self.redis.reading(works=COUNTS) as client:
            walk = self._walk(client, target.keys)
            left = sum(len(names) for names in walk)
        said = f"{left} of the {target.keys} keys that were counted, or as many others, are there."
        if left >= MOST * target.keys:
            return Answer.NO, said
        if walk.complete and left <= FEW * target.keys:
            return Answer.YES, said
        return Answer.UNKNOWN, f"{said} They come again, so nobody can tell."

    def _walk(self, client: Client, at_most: int, within: timedelta = COUNTS) -> Walk:
        return Walk(client, prefix=self.prefix, at_most=at_most, within=within)
