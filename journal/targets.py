"""The targets of a plan as people can read them: those of one kind together, and none left out.

A plan may end 85 sessions. Listed one below the other they push its risk out of sight; cut off after ten, somebody
approves what nobody has shown. So what tells them apart (numbers, addresses, times) stands behind what they share.
What nobody sees in a name is shown as a sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from journal.facts.decided import PlannedTarget
from journal.wording import visible

VARIES: Final = "…"
"""Stands where targets of one kind differ."""

_NUMBER: Final = re.compile(r"(?<!\S)[\d.:/+-]*\d[\d.:/+-]*(?!\S)")
"""A word of digits and their punctuation: a process id, an address, a time. `shop-api-2` is a name."""
_SPAN: Final = re.compile(r"\d+(?:\.\d+)? (?:ms|s|min|h|days)(?: \d+ (?:s|min|h))?(?!\S)")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Targets that differ in numbers only. `each` has what differs, one for each target, in the plan's order."""

    name: str
    before: str
    after: str
    each: tuple[str, ...]
    count: int


def kinds(targets: Sequence[PlannedTarget]) -> tuple[Kind, ...]:
    """Every target, by kind; the largest kind first, else as the plan has them."""
    together: dict[tuple[str, str, str], list[PlannedTarget]] = {}
    for target in map(_visible, targets):
        together.setdefault(like(target), []).append(target)
    return tuple(sorted((_kind(found) for found in together.values()), key=lambda kind: -kind.count))


def like(target: PlannedTarget) -> tuple[str, str, str]:
    """What targets of one kind share: all but the numbers of their names, and what is measured of them."""
    return _NUMBER.sub(VARIES, target.name), _unmeasured(target.before), target.after


def _visible(target: PlannedTarget) -> PlannedTarget:
    return target.model_copy(update={name: visible(said) for name, said in target if isinstance(said, str)})


def _kind(found: Sequence[PlannedTarget]) -> Kind:
    first = found[0]
    if len(found) == 1:
        return Kind(name=first.name, before=first.before, after=first.after, each=(), count=1)
    name, names = _shared([target.name.split() for target in found])
    befores = list(dict.fromkeys(target.before for target in found))
    measured = len(befores) > 1
    each = tuple(
        f"{said} ({_measure(target.before)})".strip() if measured else said
        for said, target in zip(names, found, strict=True)
    )
    return Kind(
        name=name,
        before=_unmeasured(first.before) if measured else first.before,
        after=first.after,
        each=each if any(each) else (),
        count=len(found),
    )


def _shared(names: Sequence[Sequence[str]]) -> tuple[str, list[str]]:
    """The words that all have, with the sign where they differ; and what each has there."""
    differ = [len(set(words)) > 1 for words in zip(*names, strict=True)]
    shared = " ".join(VARIES if other else word for word, other in zip(names[0], differ, strict=True))
    return shared, [" ".join(_where(words, differ)) for words in names]


def _where(words: Iterable[str], differ: Iterable[bool]) -> Iterable[str]:
    return (word for word, other in zip(words, differ, strict=True) if other)


def _unmeasured(text: str) -> str:
    return _NUMBER.sub(VARIES, _SPAN.sub(VARIES, text))


def _measure(text: str) -> str:
    return ", ".join([*_SPAN.findall(text), *_NUMBER.findall(_SPAN.sub("", text))])
