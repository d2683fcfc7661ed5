"""Switches: each has a lasting value, its owner's, and for a while perhaps another one that somebody has set.

Whatever is set goes back by itself. Its end is judged whenever the switch is looked at, by this server's own clock, so
a restart misses none; and each change, also that one, makes a new version.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

from journal import clock

Value = StrictBool | StrictInt | StrictStr

KEYS_ARE_KEPT = timedelta(hours=24)
"""For how long a repeated request is known."""


class Refused(Exception):
    """A request that is not done: an HTTP status, a word for programs, a sentence for people."""

    def __init__(self, status: int, error: str, says: str) -> None:
        super().__init__(status, error, says)
        self.status, self.error, self.says = status, error, says


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bounds(_Shape):
    """What a value may be: a number within two, a text among some. One without bounds may not be offered."""

    least: int | None = None
    most: int | None = None
    one_of: tuple[str, ...] | None = None


class Set(_Shape):
    """What was asked for the last time, whatever has become of it since."""

    request: str
    incident: str
    value: Value
    after_version: int
    version: int
    expires_at: datetime


class Switch(_Shape):
    """One switch, as it is told and kept."""

    key: str
    type: Literal["bool", "int", "str"]
    value: Value
    lasting: Value
    version: int = 1
    changed_at: datetime
    changed_by: str = "owner"
    expires_at: datetime | None = None
    bounds: Bounds = Bounds()
    at_most_seconds: int = 24 * 3600
    last_set: Set | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        number, text = (self.bounds.least, self.bounds.most), self.bounds.one_of
        if (self.type == "int" and None in number) or (self.type == "str" and not text):
            raise ValueError(f"{self.key} has no bounds; say which values are safe.")
        return self


class Lifting(_Shape):
    """What comes with a request to put the lasting value back."""

    incident: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=500)


class Wish(Lifting):
    """What comes with a request to set."""

    value: Value
    expires_after: StrictInt = Field(ge=1)


class Answered(_Shape):
    """What a request was answered, so that its repetition is answered alike and does nothing."""

    asked: str
    at: datetime
    switch: Switch


class Kept(_Shape):
    """All that must outlast a restart."""

    switches: dict[str, Switch]
    answered: dict[str, Answered] = {}


class Board:
    """The switches of one owner. `file` is where they are kept; in memory only where there is none."""

    def __init__(
        self, switches: Iterable[Switch], *, file: Path | None = None, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._whole, self._file, self._now = threading.RLock(), file, now
        self._kept = Kept(switches={one.key: one for one in switches})
        if file is not None and file.exists():
            before = Kept.model_validate_json(file.read_bytes())
            for key, one in before.switches.items():
                if (offered := self._kept.switches.get(key)) is not None:
                    self._kept.switches[key] = _as_offered(one, offered)
            self._kept.answered.update(before.answered)

    def read(self, key: str) -> Switch:
        """A switch as it is now."""
        with self._whole:
            if key not in self._kept.switches:
                raise Refused(404, "unknown", f"There is no switch {key}.")
            return self._ended(self._kept.switches[key])

    def would_set(self, key: str, wish: Wish, *, version: int, request: str) -> Switch:
        """What `set` would answer. Nothing is changed."""
        with self._whole:
            now = self.read(key)
            self._must_be_at(now, version)
            self._must_fit(now, wish)
            return _as_set(now, wish, request, self._now())

    def set(self, key: str, wish: Wish, *, version: int, request: str) -> Switch:
        """Let a value hold for a while, if the switch is still as the asker saw it."""
        with self._whole:
            asked = f"set {key} {version} {wish.model_dump_json()}"
            if (known := self._known(request, asked)) is not None:
                return known
            return self._keep(self.would_set(key, wish, version=version, request=request), request, asked)

    def lift(self, key: str, lifting: Lifting, *, version: int, request: str) -> Switch:
        """Let the lasting value hold again."""
        with self._whole:
            asked = f"lift {key} {version} {lifting.model_dump_json()}"
            if (known := self._known(request, asked)) is not None:
                return known
            now = self.read(key)
            self._must_be_at(now, version)
            if now.expires_at is None:
                return now
            return self._keep(_back(now, lifting.incident, self._now()), request, asked)

    def own(self, key: str, value: Value) -> Switch:
        """The owner decides what lasts; whatever was set ends with it."""
        with self._whole:
            back = _back(self.read(key), "owner", self._now())
            return self._keep(back.model_copy(update={"value": value, "lasting": value}))

    def _ended(self, switch: Switch) -> Switch:
        """Go back if its time is up."""
        if switch.expires_at is None or switch.expires_at > self._now():
            return switch
        return self._keep(_back(switch, "expiry", switch.expires_at))

    def _must_be_at(self, switch: Switch, version: int) -> None:
        if switch.version != version:
            by = f"version {switch.version} by now, changed by {switch.changed_by}"
            raise Refused(412, "changed", f"{switch.key} is at {by}; look again.")

    def _must_fit(self, switch: Switch, wish: Wish) -> None:
        bounds, value = switch.bounds, wish.value
        if type(value).__name__ != switch.type:
            raise Refused(422, "refused", f"{switch.key} takes {switch.type} and no {type(value).__name__}.")
        least, most = bounds.least or 0, bounds.most or 0
        if type(value) is int and not least <= value <= most:
            raise Refused(422, "refused", f"{switch.key} may be {least} to {most}, and not {value}.")
        if type(value) is str and value not in (bounds.one_of or ()):
            raise Refused(422, "refused", f"{switch.key} may be one of {', '.join(bounds.one_of or ())}.")
        if wish.expires_after > switch.at_most_seconds:
            raise Refused(422, "refused", f"{switch.key} may be set for {switch.at_most_seconds} s at most.")

    def _known(self, request: str, asked: str) -> Switch | None:
        before = self._kept.answered.get(request)
        if before is not None and before.asked != asked:
            raise Refused(422, "key_reused", "This Idempotency-Key came with another request; make a new one.")
        return None if before is None else before.switch

    def _keep(self, switch: Switch, request: str = "", asked: str = "") -> Switch:
        now, answered = self._now(), self._kept.answered
        self._kept.switches[switch.key] = switch
        if request:
            answered[request] = Answered(asked=asked, at=now, switch=switch)
        for old in [key for key, one in answered.items() if one.at < now - KEYS_ARE_KEPT]:
            del answered[old]
        if self._file is not None:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(self._kept.model_dump_json(), "utf-8")
            fresh.replace(self._file)
        return switch


def _as_offered(kept: Switch, now: Switch) -> Switch:
    """What was kept, within what its owner offers now: a bound that was narrowed holds from the next start on."""
    declared = {name: getattr(now, name) for name in ("type", "bounds", "at_most_seconds")}
    if kept.type != now.type:
        return now.model_copy(update={"version": kept.version + 1})
    return kept.model_copy(update=declared)


def _as_set(switch: Switch, wish: Wish, request: str, now: datetime) -> Switch:
    ends, version = now + timedelta(seconds=wish.expires_after), switch.version + 1
    made = Set(
        request=request,
        incident=wish.incident,
        value=wish.value,
        after_version=switch.version,
        version=version,
        expires_at=ends,
    )
    changed = {"value": wish.value, "version": version, "changed_at": now, "changed_by": wish.incident}
    return switch.model_copy(update={**changed, "expires_at": ends, "last_set": made})


def _back(switch: Switch, by: str, at: datetime) -> Switch:
    changed = {"value": switch.lasting, "version": switch.version + 1, "changed_at": at, "changed_by": by}
    return switch.model_copy(update={**changed, "expires_at": None})
