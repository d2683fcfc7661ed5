"""What is said to somebody who typed a command in another way than it is read, and what was perhaps meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cyclopts import App
from cyclopts.exceptions import CycloptsError, UnusedCliTokensError

from journal.near import perhaps

_DIGEST: Final = re.compile(r"[0-9a-f]{8,}", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[^=]+")
_PAIR: Final = re.compile(r"[^=]+=.*", re.DOTALL)

_OPTIONS: Final[Mapping[str, tuple[tuple[re.Pattern[str], str], ...]]] = {
    "approve": ((_DIGEST, "--plan"),),
    "reject": ((_DIGEST, "--plan"),),
    "done": ((_DIGEST, "--task"),),
    "run": ((_PAIR, "--param"), (_PLAIN, "--environment")),
    "break": ((_PAIR, "--bound"),),
    "silence": ((_PAIR, "--label"),),
    "incidents": ((_PLAIN, "--system"),),
}
"""Which option a word was meant for that a command does not take by itself."""


def told(error: CycloptsError, asked: str | None) -> str:
    """The sentence about arguments that do not fit."""
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        chain = error.command_chain or ([asked] if asked else [])
        return f"{_not_taken(list(chain), error.unused_tokens)} See: codeblue {' '.join(chain)} --help"
    return f"{' '.join(str(error).split())} See: codeblue {asked} --help"


def _not_taken(chain: Sequence[str], words: Sequence[str]) -> str:
    first = words[0]
    options = _OPTIONS.get(chain[-1], ()) if chain else ()
    meant = next((option for form, option in options if form.fullmatch(first)), None)
    hint = f" Perhaps {meant} {first}?" if meant else ""
    return f"`codeblue {' '.join(chain)}` takes no further {' '.join(words)!r}.{hint}"


def misplaced(arguments: Sequence[str], app: App, commands: Iterable[str]) -> str:
    """The sentence about an option that stands before the command, where only those of every command may stand."""
    option, names = arguments[0].partition("=")[0], set(commands)
    behind = [number for number, word in enumerate(arguments) if word in names]
    for number in behind:
        chain, known = _options(app, arguments[number:])
        if option in known:
            return f"{option} belongs behind `{chain}`. See: codeblue {chain} --help"
    if not behind:
        return f"There is no option {option} before a command. See: codeblue --help"
    chain, known = _options(app, arguments[behind[0] :])
    return (
        f"Options stand behind the command, and `{chain}` has no {option}.{perhaps(option, known, '{}')}"
        f" See: codeblue {chain} --help"
    )


def _options(app: App, words: Sequence[str]) -> tuple[str, set[str]]:
    """The command that these words begin with, such as `sandbox break`, and its options."""
    chain = [words[0]]
    found = app[words[0]]
    below = [name for name in found if not name.startswith("-")]
    if (verb := next((word for word in words[1:] if word in below), None)) is not None:
        chain.append(verb)
        found = found[verb]
    known = found.assemble_argument_collection() if found.default_command is not None else ()
    return " ".join(chain), {name for one in known for name in one.names if name.startswith("-")}
