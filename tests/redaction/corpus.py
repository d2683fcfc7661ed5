"""The corpus: planted texts of two halves, and harmless ones. `python -m tests.redaction` and the tests read it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.redaction import developed, fresh, harmless, held_out, strangers
from tests.redaction.making import COATS, Planted, filled, planted

SEED = 20260102
HALVES = ("developed", "held out", "fresh", "strangers")


def half(which: str, seed: int = SEED) -> Iterator[Planted]:
    """The planted texts of one part."""
    chance = random.Random(seed)
    module = {"developed": developed, "held out": held_out, "fresh": fresh, "strangers": strangers}[which]
    for kind, templates in module.KINDS.items():
        yield from planted(kind, templates, chance)
    for kind, (coat, templates) in module.COATED.items():
        yield from planted(kind, templates, chance, COATS[coat])


def ordinary(seed: int = SEED) -> Iterator[tuple[str, str]]:
    """Kind and text of what must stay."""
    chance = random.Random(seed)
    for kind, templates in (*harmless.KINDS.items(), *strangers.HARMLESS.items()):
        for template in templates:
            yield kind, filled(template, chance)
