"""What `ACL GETUSER` tells of a user, as the rights that it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from runbook import Permanent


@dataclass(frozen=True, kw_only=True)
class Held:
    """A user as it is: commands with keys, whether it may enter, and whether by any password."""

    selectors: tuple[tuple[frozenset[str], frozenset[str]], ...]
    """Commands with the keys that they may touch; the first is the user's own, the others beside it."""
    enabled: bool
    anybody: bool
    channels: tuple[str, ...]


def rights_in(told: Any) -> Held:
    """The answer of the server, of whichever version. Raises `Permanent` for one of another shape."""
    try:
        user = _fields(told)
        flags = [_text(one) for one in user["flags"]]
        told_apart = [user, *(_fields(one) for one in user.get("selectors", ()))]
        selectors = tuple((_allowed(one), frozenset(_words(one["keys"]))) for one in told_apart)
        channels = tuple(sorted({word for one in told_apart for word in _words(one.get("channels", ""))}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Permanent(
            "The server's answer about its user has another shape than ACL GETUSER has; look by hand."
        ) from (error)
    return Held(selectors=selectors, enabled="on" in flags, anybody="nopass" in flags, channels=channels)


def _allowed(selector: dict[str, Any]) -> frozenset[str]:
    """Commands that a selector allows. What is taken from a category again cannot be counted, so the category stays."""
    return frozenset(word for word in _words(selector["commands"]) if word.startswith("+"))


def _fields(told: Any) -> dict[str, Any]:
    if isinstance(told, dict):
        return {_text(name): value for name, value in cast("dict[Any, Any]", told).items()}
    pairs = cast("list[Any]", told)
    return {_text(name): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _words(told: Any) -> list[str]:
    """Older servers tell lists where newer ones say words."""
    if isinstance(told, list):
        return [_text(one) for one in cast("list[Any]", told)]
    return _text(told).split()


def _text(told: Any) -> str:
    return told.decode("utf-8", "backslashreplace") if isinstance(told, bytes) else str(told)
