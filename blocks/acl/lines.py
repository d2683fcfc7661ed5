"""What a need means as a line of the ACL.

Needs begin with `redis:`. After it comes a command as the ACL names it (`info`, `memory|usage`), and, for one that
touches keys, a colon and the kind of keys: `redis:unlink:prefix`. Each kind of keys becomes a selector of its own, so
that a user may list one list and unlink one prefix, and neither list the prefix nor unlink the list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from blocks.permissions import Identity, Names, NotNamed

PREFIX = "redis:"

Rights = Mapping[tuple[str, tuple[str, ...]], str]
"""Commands with the patterns of keys that each may touch at once (or none), and the need that each is for."""


def rights_of(needs: Iterable[str], names: Names, identity: Identity) -> Rights:
    """Needs as rights. Raises `NotNamed` for a kind of keys that the block does not name."""
    found: dict[tuple[str, tuple[str, ...]], str] = {}
    mark = "%R~" if identity == "reading" else "~"
    for need in sorted(one for one in needs if one.startswith(PREFIX)):
        command, _, kind = need.removeprefix(PREFIX).partition(":")
        if kind and not names.get(kind):
            raise NotNamed(f"{need} is needed, and the saved block names no {kind}; name it there.")
        found[f"+{command}", tuple(sorted(f"{mark}{one}" for one in names[kind])) if kind else ()] = need
    return found


def line(user: str, rights: Rights) -> str:
    """What gives a user these rights and no others. Its password is set apart, and never printed."""
    by_keys: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for command, keys in rights:
        by_keys[keys].append(command)
    plain = sorted(by_keys.pop((), ()))
    selectors = (f"(-@all {' '.join([*sorted(commands), *keys])})" for keys, commands in sorted(by_keys.items()))
    words = ("on", "clearselectors", "resetkeys", "resetchannels", "-@all", *plain, *selectors)
    return f"ACL SETUSER {user} {' '.join(words)}"
