"""Setting a switch of a switchboard for a while.

The plan is the server's own dry run. A switch goes back by itself when its time is up, whatever becomes of us; undoing
lifts the set before that, if nobody has changed the switch since.
"""

from __future__ import annotations

from dataclasses import dataclass

from blocks.switchboard import READ, SET, Allowed, Switchboard, Value
from blocks.switchboard_http import told
from journal.facts.words import Effect
from runbook import Warrant, changes
from tasks.selections import SwitchOf
from tasks.switchboard.read import Switch, read_switch, to_switch
from tasks.switchboard.read import would_set as dry_run
from tasks.switchboard.setting import SetForAWhile, SwitchTarget


@dataclass(frozen=True, kw_only=True)
class ByContract:
    """A switchboard as a store of settings."""

    board: Switchboard
    ends_by_itself: bool = True

    @property
    def may_change(self) -> bool:
        return self.board.changing_token is not None

    def allowed(self, key: str) -> Allowed:
        return self.board.allowed(key)

    def read(self, key: str) -> Switch:
        return read_switch(self.board, key)

    def would_set(self, now: Switch, to: Value, seconds: int) -> Switch:
        wish = {"value": to, "expires_after": seconds, "incident": "dry run", "reason": "dry run"}
        return dry_run(self.board, now.key, wish, now.version)

    def set(self, target: SwitchTarget, warrant: Warrant) -> Switch:
        headers = {**self.board.changing(warrant, "set"), "If-Match": f'"{target.version}"'}
        wish = {"value": target.new, "expires_after": target.seconds, **_said(warrant)}
        return to_switch(told(self.board, f"/switches/{target.key}", headers, method="PUT", body=wish), target.key)

    def lift(self, target: SwitchTarget, now: Switch, warrant: Warrant) -> None:
        headers = {**self.board.changing(warrant, "lift"), "If-Match": f'"{now.version}"'}
        told(self.board, f"/switches/{target.key}/lift", headers, method="POST", body=_said(warrant))


@changes(SwitchTarget, name="switchboard.set_switch", effect=Effect.REVERSIBLE, needs=(SET,), reads=(READ,))
@dataclass(frozen=True, kw_only=True)
class SetSwitch(SetForAWhile):
    """Let a switch be `to` for `expires_after`, within what its owner allows; then it is as before by itself."""

    board: Switchboard

    @property
    def store(self) -> ByContract:
        return ByContract(board=self.board)

    @property
    def about(self) -> SwitchOf:
        return SwitchOf(key=self.key)

    @property
    def lock(self) -> str:
        return f"switchboard:{self.key}"


def _said(warrant: Warrant) -> dict[str, str]:
    return {"incident": warrant.incident, "reason": f"{warrant.mitigation} ({warrant.act})"}
