"""Setting something for a while, whatever keeps it: compare and set, and what was answered must be what is kept.

Where a setting lives is a `Store`: a switchboard by its contract, or a vendor's store that is used as if it kept it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from blocks.switchboard import Allowed, Value
from journal.facts.words import Answer
from journal.wording import moment, span
from runbook import Drifted, NotNeeded, NotSafe, Outcome, Permanent, Plan, Result, Reversible, Target, Warrant
from tasks.switchboard.read import Switch, same, seconds_of, shown

SLACK = timedelta(seconds=2)
"""By how much the end of a set may differ from what was asked, for the time that the request takes."""


class SwitchTarget(Target):
    """One switch in the version that was looked at: whatever happens to it makes another."""

    key: str
    version: int
    old: Value
    new: Value
    seconds: int


class Store(Protocol):
    """What keeps settings. `ends_by_itself` says whether it ends a set of its own accord."""

    @property
    def ends_by_itself(self) -> bool: ...
    @property
    def may_change(self) -> bool:
        """Whether there is an identity for changes."""
        ...

    def allowed(self, key: str) -> Allowed:
        """What the environment says of a key. Raises `NotSafe` for one that it does not name."""
        ...

    def read(self, key: str) -> Switch:
        """How it is now, by the reading identity."""
        ...

    def would_set(self, now: Switch, to: Value, seconds: int) -> Switch:
        """What setting it would come to; nothing is changed. Raises `NotSafe` where that is refused."""
        ...

    def set(self, target: SwitchTarget, warrant: Warrant) -> Switch:
        """Set it, if it is still at the version; what was answered. Raises `Drifted` when it is not."""
        ...

    def lift(self, target: SwitchTarget, now: Switch, warrant: Warrant) -> None:
        """Let what held before hold again, if it is still at the version of `now`."""
        ...


@dataclass(frozen=True, kw_only=True)
class SetForAWhile(Reversible[SwitchTarget], ABC):
    """Let a setting be `to` for `expires_after`, within what its owner allows; then it is as before."""

    key: str
    to: Value
    expires_after: timedelta

    @property
    @abstractmethod
    def store(self) -> Store:
        """Where the setting lives."""

    def plan(self) -> Plan[SwitchTarget] | NotNeeded:
        allowed = self.store.allowed(self.key)
        if (why := allowed.refusal(self.to, self.expires_after)) is not None:
            raise NotSafe(why)
        if not self.store.may_change:
            raise Permanent(f"There is no identity for changes, so {allowed.owner} must set {self.key}.")
        now = self.store.read(self.key)
        if same(now.value, self.to):
            return NotNeeded(why=f"{now}.")
        if now.is_set:
            raise NotSafe(f"{now}; wait for its end, or have {allowed.owner} lift that.")
        seconds = seconds_of(self.expires_after)
        would = self.store.would_set(now, self.to, seconds)
        ends = not self.store.ends_by_itself or ends_after(would, seconds)
        if not ends or not same(would.value, self.to) or not same(would.lasting, now.lasting):
            raise Permanent(f"The dry run answers with {would}, and that was not asked for; check that it keeps to it.")
        lasts = span(timedelta(seconds=seconds))
        target = SwitchTarget(
            name=self.key,
            before=shown(now.value),
            after=f"{shown(self.to)} for {lasts}",
            key=self.key,
            version=now.version,
            old=now.value,
            new=self.to,
            seconds=seconds,
        )
        ends = "it goes back by itself" if self.store.ends_by_itself else "it is put back"
        return Plan(
            change=self.name,
            summary=f"Set {self.key} from {target.before} to {target.after}; then {ends}.",
            targets=(target,),
            out_of=1,
            warnings=tuple(self._warnings(allowed)),
        )

    def apply(self, plan: Plan[SwitchTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        now = self.store.read(target.key)
        if now.version != target.version:
            raise Drifted(f"{now}, no longer version {target.version}; nothing was set. Plan again.")
        said = self.store.set(target, warrant)
        kept = self.store.read(target.key)
        wrong = self._differs(said, kept, target, warrant)
        note = wrong or f"{kept}."
        return Outcome(ok=not wrong, note=note, results=(Result(name=target.name, done=True, note=note),))

    def landed(self, plan: Plan[SwitchTarget]) -> tuple[Answer, str]:
        """Whether the version that was looked at was followed by our set; each version is followed by one alone."""
        (target,) = plan.targets
        now = self.store.read(target.key)
        if now.version == target.version:
            return Answer.NO, f"{now}."
        if _is_ours(now, target):
            return Answer.YES, f"{now}."
        after = now.last_set.after_version if now.last_set else 0
        followed = now.version == target.version + 1 or after == target.version
        return (Answer.NO if followed else Answer.UNKNOWN), f"{now}."

    def undo(self, plan: Plan[SwitchTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        now = self.store.read(target.key)
        if now.version == target.version or _is_over(now, target):
            return Outcome(ok=True, note=f"{now}.", results=(Result(name=target.name, done=True),))
        if not _holds(now, target) and not _is_on_top(now, target, warrant):
            note = f"{now}, which somebody else decided; it was left alone."
            return Outcome(ok=False, note=note, results=(Result(name=target.name, done=False, note=note),))
        self.store.lift(target, now, warrant)
        kept = self.store.read(target.key)
        back = not kept.is_set and same(kept.value, now.lasting)
        return Outcome(ok=back, note=f"{kept}.", results=(Result(name=target.name, done=back, note=f"{kept}."),))

    def undone(self, plan: Plan[SwitchTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        now = self.store.read(target.key)
        if _holds(now, target):
            return Answer.NO, f"{now}."
        back = now.version == target.version or _is_over(now, target)
        return (Answer.YES if back else Answer.UNKNOWN), f"{now}."

    def _warnings(self, allowed: Allowed) -> list[str]:
        said = [f"{allowed.owner} answers for it."]
        if not self.store.ends_by_itself:
            said.append("What keeps it ends nothing by itself: Code Blue puts it back, and only while it runs.")
        return said

    def _differs(self, said: Switch, kept: Switch, target: SwitchTarget, warrant: Warrant) -> str:
        """How what was answered or kept differs from what was asked for; nothing when it does not."""
        for what, switch in (("answered", said), ("kept", kept)):
            last = switch.last_set
            if not same(switch.value, target.new) or switch.version != target.version + 1:
                return f"{shown(target.new)} was asked for, and what it {what} is: {switch}."
            if self.store.ends_by_itself and switch.expires_at is None:
                return f"{target.key} was to go back by itself, and nothing in what it {what} says when."
            if self.store.ends_by_itself and not ends_after(switch, target.seconds):
                lasts = span(timedelta(seconds=target.seconds))
                return f"{target.key} was to go back after {lasts}, and what it {what} is: {switch}."
            if last is None or last.incident != warrant.incident:
                return f"Somebody else's set is in what it {what}: {switch}."
        if said.expires_at != kept.expires_at:
            ends = [moment(one.expires_at) for one in (said, kept) if one.expires_at]
            return f"{target.key} was said to end at {ends[0]}, and ends at {ends[-1]}."
        return ""


def ends_after(switch: Switch, seconds: int) -> bool:
    """Whether a set ends so long after it was made, both by the clock of whatever keeps it."""
    if switch.expires_at is None:
        return False
    return abs(switch.expires_at - switch.changed_at - timedelta(seconds=seconds)) <= SLACK


def _is_ours(now: Switch, target: SwitchTarget) -> bool:
    """Whether the last set is the one that was planned, whatever became of it."""
    last = now.last_set
    return last is not None and last.after_version == target.version and same(last.value, target.new)


def _holds(now: Switch, target: SwitchTarget) -> bool:
    """Whether what we set holds still, and nothing has happened since."""
    return _is_ours(now, target) and now.is_set and now.version == target.version + 1


def _is_on_top(now: Switch, target: SwitchTarget, warrant: Warrant) -> bool:
    """Whether our set has gone on top of what somebody decided a moment before, where the store compares nothing."""
    last = now.last_set
    ours = last is not None and last.incident == warrant.incident and last.version == now.version
    return now.is_set and ours and same(now.value, target.new)


def _is_over(now: Switch, target: SwitchTarget) -> bool:
    """Whether what we set has ended, by its time or by lifting, and nothing has happened since."""
    ended = _is_ours(now, target) and not now.is_set and now.version == target.version + 2
    return ended and same(now.value, target.old)
