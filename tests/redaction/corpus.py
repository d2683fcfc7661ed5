"""The corpus: planted texts of several parts, and harmless ones. `python -m tests.redaction` and the tests read it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain

from tests.redaction import (
    developed,
    fresh,
    harmless,
    held_out,
    strangers,
    strangers_five,
    strangers_four,
    strangers_seven,
    strangers_six,
    strangers_three,
    strangers_two,
    unseen,
    unseen_three,
    unseen_two,
)
from tests.redaction.making import COATS, Planted, filled, planted

SEED = 20260102
PARTS = {
    "developed": developed,
    "held out": held_out,
    "fresh": fresh,
    "strangers": strangers,
    "strangers, again": strangers_two,
    "strangers, a third time": strangers_three,
    "strangers, a fourth time": strangers_four,
    "strangers, a fifth time": strangers_five,
    "strangers, a sixth time": strangers_six,
    "strangers, a seventh time": strangers_seven,
    "unseen": unseen,
    "unseen, again": unseen_two,
    "unseen, a third time": unseen_three,
}
HALVES = tuple(PARTS)
HARMLESS = (
    harmless.KINDS,
    *(
        one.HARMLESS
        for one in (
            strangers,
            strangers_two,
            strangers_three,
            strangers_four,
            strangers_five,
            strangers_six,
            strangers_seven,
            unseen,
            unseen_two,
            unseen_three,
        )
    ),
)


def half(which: str, seed: int = SEED) -> Iterator[Planted]:
    """The planted texts of one part."""
    chance = random.Random(seed)
    module = PARTS[which]
    for kind, templates in module.KINDS.items():
        yield from planted(kind, templates, chance)
    for kind, (coat, templates) in module.COATED.items():
        yield from planted(kind, templates, chance, COATS[coat])


def ordinary(seed: int = SEED) -> Iterator[tuple[str, str]]:
    """Kind and text of what must stay."""
    chance = random.Random(seed)
    for kind, templates in chain.from_iterable(part.items() for part in HARMLESS):
        for template in templates:
            yield kind, filled(template, chance)
