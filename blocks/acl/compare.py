"""What a user of the ACL may do, held against what is generated for it."""

from __future__ import annotations

from collections.abc import Iterator

from blocks.acl.lines import Rights
from blocks.acl.rights import Held
from blocks.permissions import Difference, Identity, Users, without

SHOWN = 12
"""Rights that are more than generated; of more of them, the number is told."""


def compare(identity: Identity, held: Held, wanted: Rights, users: Users) -> Difference:
    """How they differ, in sentences."""
    who = f"The {identity} Redis user"
    lacking = [right for right in sorted(wanted) if not _has(held, *right)]
    more = sorted({_named(command, (key,)) for command, key in _pairs(held) if not _is_wanted(command, key, wanted)})
    grouped = sorted({name for names, _ in held.selectors for name in names if name.startswith("+@")} - {"+@all"})
    said = [f"{who} is switched off."] if not held.enabled else []
    unclear: tuple[str, ...] = ()
    if lacking and grouped:
        unclear = (f"Whether {', '.join(_named(*one) for one in lacking)} is in {', '.join(grouped)} is not told.",)
    else:
        lost = [(_named(*right), without(identity, users.get(wanted[right], ()))) for right in lacking]
        said += [f"{who} lacks {name}{loses}" for name, loses in lost]
    said += [f"{who} may do {name}, which is not generated; take it away." for name in more[:SHOWN]]
    if len(more) > SHOWN:
        said.append(f"{who} may do {len(more) - SHOWN} things more that are not generated; take them away.")
    if held.anybody:
        said.append(f"{who} needs no password; give it one.")
    if held.channels:
        said.append(f"{who} may use the channels {', '.join(held.channels)}, which is not generated; take them away.")
    return Difference(said=tuple(said), unclear=unclear)


def _pairs(held: Held) -> Iterator[tuple[str, str]]:
    for names, keys in held.selectors:
        yield from ((name, key) for name in names for key in (keys or {""}))


def _has(held: Held, command: str, keys: tuple[str, ...]) -> bool:
    """Whether one selector allows the command with all these keys at once."""
    everything = {"~*"} if any(key.startswith("~") for key in keys) else {"~*", "%R~*"}
    also = {command, command.partition("|")[0], "+@all"}
    return any(names & also and (set(keys) <= mine or mine & everything) for names, mine in held.selectors)


def _is_wanted(command: str, key: str, wanted: Rights) -> bool:
    return any(name == command and (key in keys or key == "" == "".join(keys)) for name, keys in wanted)


def _named(command: str, keys: tuple[str, ...]) -> str:
    return f"{command} {' '.join(keys)}".rstrip()
