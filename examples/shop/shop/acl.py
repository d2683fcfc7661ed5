"""The permission language of Valkey: what a need means as a line of its ACL.

Needs begin with `valkey:`. After it comes a command as the ACL names it (`info`, `memory|usage`), and, for one that
touches keys, a colon and what the environment calls such keys: `valkey:unlink:cart`.
"""

from __future__ import annotations

from collections.abc import Iterable

from blocks.permissions import Difference, Identity, Names, NotNamed, Users, without

PREFIX = "valkey:"


def rights_of(needs: Iterable[str], names: Names) -> tuple[dict[str, str], frozenset[str]]:
    """Commands, each with its need, and patterns of keys. Raises `NotNamed` for keys that the environment does not."""
    commands: dict[str, str] = {}
    patterns: set[str] = set()
    for need in sorted(one for one in needs if one.startswith(PREFIX)):
        command, _, kind = need.removeprefix(PREFIX).partition(":")
        if kind and not names.get(kind):
            raise NotNamed(f"{need} is needed, and the environment names no {kind}; name it in `resources()`.")
        commands[f"+{command}"] = need
        patterns.update(names[kind] if kind else ())
    return commands, frozenset(patterns)


def keys_of(identity: Identity, patterns: Iterable[str]) -> list[str]:
    """Patterns as the ACL writes them: whoever only looks may not write."""
    return sorted(f"{'%R~' if identity == 'reading' else '~'}{one}" for one in patterns)


def line(identity: Identity, user: str, needs: Iterable[str], names: Names) -> str:
    """What gives a user these rights and no others; a password is set apart from it."""
    commands, patterns = rights_of(needs, names)
    words = ["resetkeys", "resetchannels", "-@all", *sorted(commands), *keys_of(identity, patterns)]
    return f"ACL SETUSER {user} on {' '.join(words)}"


def compare(
    identity: Identity, needs: Iterable[str], names: Names, allowed: tuple[str, str], users: Users
) -> Difference:
    """Hold what `ACL GETUSER` tells (commands, keys) against what is generated."""
    commands, patterns = rights_of(needs, names)
    has = {word for word in allowed[0].split() if word != "-@all"}
    keys, wanted = set(allowed[1].split()), set(keys_of(identity, patterns))
    said = [f"It lacks {one}{without(identity, users.get(commands[one], ()))}" for one in sorted(commands.keys() - has)]
    said += [f"It lacks the keys {one}." for one in sorted(wanted - keys)]
    said += [
        f"It is allowed more than is generated: {one}." for one in sorted((has - commands.keys()) | (keys - wanted))
    ]
    return Difference(said=tuple(said))
