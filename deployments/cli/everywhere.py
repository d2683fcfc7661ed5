"""The options of every command, given before the command: `codeblue --home /srv/codeblue incidents`.

Cyclopts knows them as the commands' own, so they are put where a command looks for them.
"""

from __future__ import annotations

from typing import Final

_SWITCHES: Final = frozenset({"--json", "--debug"})
_HOME: Final = "--home"


def options_last(arguments: list[str]) -> list[str]:
    """The same arguments, those options of them that stand before the command after everything else."""
    first: list[str] = []
    rest = list(arguments)
    while rest:
        if rest[0] in _SWITCHES or rest[0].startswith(f"{_HOME}="):
            first.append(rest.pop(0))
        elif rest[0] == _HOME and len(rest) > 1:
            first += [rest.pop(0), rest.pop(0)]
        else:
            break
    end = rest.index("--") if "--" in rest else len(rest)  # what follows it is no option
    return [*rest[:end], *first, *rest[end:]]
