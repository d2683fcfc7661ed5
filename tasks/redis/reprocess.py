"""Dead letters are processed again: moved back to the queue that their application takes work from.

A few first, then so many at a time, and no more as soon as too many have come back. Each move is one step of the server
that also counts it, so an item is in the list or in the queue, and none is moved twice by one plan, whenever we end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from blocks.redis import Redis
from blocks.redis_parts import DeadLetters
from journal import clock
from journal.facts.words import Answer, Effect, Stake
from journal.wording import counted, span
from runbook import (
    Change,
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Result,
    Selection,
    Target,
    Warrant,
    changes,
)
from tasks.redis.info import INFO, primary
from tasks.redis.letters import Item
from tasks.redis.moves import NEEDS, READS, Lying, Moves
from tasks.waiting import until

CANARY, BATCH = 5, 50
NOBODY_KNOWS = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class LettersOf(Selection):
    """One list of dead letters."""

    key: str


class LetterTarget(Target):
    """One item: `item` names its id, `body` its content, as hashes.

    `moved` is how often it had been moved before, `times` how many of its id lay there: one that comes back makes as
    many of them again.
    """

    item: str
    body: str
    moved: int
    times: int


@changes(
    LetterTarget,
    name="redis.reprocess_letters",
    effect=Effect.DISRUPTIVE,
    stake=Stake.WORK,
    needs=NEEDS,
    reads=(INFO, *READS),
)
@dataclass(frozen=True, kw_only=True)
class ReprocessLetters(Change[LetterTarget]):
    """Have dead letters processed again, the oldest first (`medicalcor.c510`, which processes all at once).

    Items without an id are left: nobody could tell whether they were processed twice. After each batch it waits until
    the queue has none of them, at most `within`, and then for `settles`, in which one that fails comes back.
    """

    redis: Redis
    key: str
    at_most_failing: float = 0.1
    settles: timedelta = timedelta(seconds=10)
    within: timedelta = timedelta(minutes=2)

    @property
    def about(self) -> LettersOf:
        return LettersOf(key=self.key)

    @property
    def lock(self) -> str:
        return f"redis:{self.redis.where}:{self.key}"

    def plan(self) -> Plan[LetterTarget] | NotNeeded:
        letters = self.redis.letters(self.key)
        if not letters.queue:
            raise Permanent(f"The environment names no queue of {self.key}; have {letters.owner} process them again.")
        with self.redis.reading() as client:
            primary(client, self.redis)
            moves = Moves(client=client, letters=letters)
            lying, queued = moves.lying(), moves.queued()
            chosen = sorted(lying.items, key=lambda one: (one.at or NOBODY_KNOWS, one.id))[: letters.at_most]
            counts = moves.counts([one.id for one in chosen])
        if not lying.length:
            return NotNeeded(why=f"{self.key} holds no items.")
        if not chosen:
            raise NotSafe(f"No item that was read of {self.key} has an id ({letters.id_field}); ask {letters.owner}.")
        targets = tuple(_target(one, counts[one.id], lying, letters) for one in chosen)
        return Plan(
            change=self.name,
            summary=f"Move {len(targets)} of {counted(lying.length, 'item')} of {self.key} back to {letters.queue}:"
            f" {CANARY} first, then {BATCH} at a time; stop where more than {self.at_most_failing:.0%} fail again.",
            targets=targets,
            out_of=lying.length,
            warnings=tuple(_warnings(letters, lying, counts, queued)),
        )

    def apply(self, plan: Plan[LetterTarget], warrant: Warrant) -> Outcome:
        letters = self.redis.letters(self.key)
        batches = 2 + len(plan.targets) // BATCH
        with self.redis.changing(warrant, works=batches * (self.within + self.settles)) as client:
            moves = Moves(client=client, letters=letters)
            bodies = moves.lying().bodies
            before = moves.counts([one.item for one in plan.targets])
            moved = [one for one in plan.targets if before[one.item] > one.moved]  # by this plan, before we were ended
            rest = [one for one in plan.targets if before[one.item] == one.moved and one.body in bodies]
            if not moved and not rest:
                raise Drifted(f"None of the approved items is still in {self.key} as it was; nothing was moved.")
            failed, why = self._came_back(moves, moved, {}) if moved else (set[str](), "")
            # Some of those may wait in the queue still, so a few go first again, and what becomes of both is judged.
            size, unsettled = CANARY, list(moved)
            while rest and not why:
                some, rest = rest[:size], rest[size:]
                done = [one for one in some if moves.move(bodies[one.body], one.item, one.moved)]
                moved += done
                again, why = self._came_back(moves, [*unsettled, *done], bodies)
                failed |= again
                size, unsettled = BATCH, []
        return _outcome(plan, {one.item for one in moved}, failed, why)

    def landed(self, plan: Plan[LetterTarget]) -> tuple[Answer, str]:
        """Each item's count says whether it was moved; while some are left as approved, it may go on with those."""
        with self.redis.reading() as client:
            moves = Moves(client=client, letters=self.redis.letters(self.key))
            lying = moves.lying()
            counts = moves.counts([one.item for one in plan.targets])
        moved = sum(counts[one.item] > one.moved for one in plan.targets)
        left = sum(counts[one.item] == one.moved and one.body in lying.bodies for one in plan.targets)
        said = f"{moved} of {len(plan.targets)} approved items were moved, {left} are left as they were."
        if left:
            return Answer.NO, said
        if moved and (lying.complete or moved == len(plan.targets)):
            return Answer.YES, said
        return Answer.UNKNOWN, f"{said} What became of the others, nobody has counted."

    def _came_back(
        self, moves: Moves, moved: Sequence[LetterTarget], bodies: Mapping[str, bytes]
    ) -> tuple[set[str], str]:
        """Which of the items moved last failed again, and why to stop; nothing when it may go on."""
        ours = [bodies[one.body] for one in moved if one.body in bodies]
        taken = until(lambda: not moves.waiting(ours), within=self.within, every=timedelta(milliseconds=250))
        if not taken:
            return set(), f"{moves.waiting(ours)} of {len(ours)} wait in {moves.letters.queue} still: nobody takes them"
        clock.sleep(self.settles.total_seconds())
        times = moves.lying().times
        failed = {one.item for one in moved if times.get(one.item, 0) >= one.times}
        if len(failed) > self.at_most_failing * len(moved):
            return failed, f"{len(failed)} of the last {len(moved)} failed again"
        return failed, ""


def _target(item: Item, moved: int, lying: Lying, letters: DeadLetters) -> LetterTarget:
    age = f"failed {span(max(clock.now() - item.at, timedelta(0)))} ago" if item.at else "failed at an unknown time"
    return LetterTarget(
        name=f"item {item.id}",
        before=f"{item.kind}, {age}",
        after=f"in {letters.queue}",
        item=item.id,
        body=item.body,
        moved=moved,
        times=lying.times[item.id],
    )


def _warnings(letters: DeadLetters, lying: Lying, counts: Mapping[str, int], queued: int) -> list[str]:
    said = ["What their receivers have done already, such as a message that was sent, is not taken back."]
    again = sum(count > 0 for count in counts.values())
    if lying.nameless:
        said.append(f"{counted(lying.nameless, 'item')} without an id ({letters.id_field}) or readable form are left.")
    if twice := sum(many - 1 for many in lying.times.values()):
        said.append(f"{counted(twice, 'item')} with an id that lies there twice are left.")
    if again:
        said.append(f"{counted(again, 'item')} had been moved before and came back.")
    if not lying.complete:
        said.append("Not all items were read; plan again for the others.")
    if queued:
        said.append(f"{queued} wait in {letters.queue} already.")
    return [*said, f"{letters.owner} answers for them."]


def _outcome(plan: Plan[LetterTarget], moved: set[str], failed: set[str], why: str) -> Outcome:
    def fate(item: str) -> str:
        if item in failed:
            return "failed again"
        if item in moved:
            return "moved"
        return "left alone: it was stopped" if why else "left alone: no longer as approved"

    stopped = f" Stopped: {why}." if why else ""
    return Outcome(
        ok=not why,
        note=f"Moved {len(moved)} of {len(plan.targets)} approved items; {len(failed)} failed again.{stopped}",
        results=tuple(
            Result(name=one.name, done=one.item in moved - failed, note=fate(one.item)) for one in plan.targets
        ),
    )
