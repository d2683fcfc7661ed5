"""CloudWatch Logs filter patterns: which lines a search or a metric filter means. Used by the services of the logs.

Terms (`ERROR timeout`: all of them), phrases (`"timed out"`), excluded terms (`-DEBUG`), optional ones (`?ERROR ?WARN`:
any of them), and JSON patterns (`{ $.status >= 500 && $.path != "/health*" }`). Regular expressions (`%...%`) and
patterns of columns (`[ip, user, ...]`) are AWS's, too, but not understood here: refused, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sandbox.overlay.call import Refused
from sandbox.overlay.filter_pattern_json import parse_json_pattern

LONGEST = 1024

_TERM = re.compile(r'(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))(?:\s+|$)')
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class FilterPattern:
    """A pattern that was understood."""

    text: str
    matches: Callable[[str], bool]


@cache  # those of metric filters are asked for at every turn
def parse(text: str) -> FilterPattern:
    """Understand a pattern; an empty one matches every line. Raises `Refused`."""
    if len(text) > LONGEST:
        raise Refused(
            "InvalidParameterException",
            "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: Member must have"
            f" length less than or equal to {LONGEST}",
        )
    stripped = text.strip()
    if not stripped:
        return FilterPattern(text=text, matches=lambda _: True)
    if stripped.startswith("{"):
        return FilterPattern(text=text, matches=parse_json_pattern(stripped))
    if stripped.startswith(("[", "%")):
        raise unsupported(text)
    return FilterPattern(text=text, matches=_terms(stripped))


def unsupported(text: str) -> Refused:
    """The refusal of a pattern that AWS may know and this sandbox does not."""
    return Refused(
        "InvalidParameterException",
        f"Invalid filter pattern: the sandbox understands terms and JSON comparisons, and not {text!r}.",
    )


def _terms(text: str) -> Callable[[str], bool]:
    signed: dict[str, list[str]] = {"": [], "-": [], "?": []}
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise Refused("InvalidParameterException", "Invalid filter pattern")
        word = found["word"]
        if word is not None and not _WORD.fullmatch(word):
            raise Refused("InvalidParameterException", f"Invalid character(s) in term '{word}'")
        signed[found["sign"]].append(word or re.sub(r"\\(.)", r"\1", found["phrase"]))
        at = found.end()
    wanted, excluded, optional = signed[""], signed["-"], signed["?"]
    if optional and (wanted or excluded):
        # AWS's page says not to combine them and that it ignores the question marks; nobody should rely on that.
        raise unsupported(text)

    def matches(line: str) -> bool:
        return (
            all(term in line for term in wanted)
            and not any(term in line for term in excluded)
            and (not optional or any(term in line for term in optional))
        )

    return matches
