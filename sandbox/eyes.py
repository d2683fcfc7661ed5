"""Who looks in a rehearsal: a world is saved as two environments; the identities of one may not look.

A world may offer a third, where something is reached by TLS.
Drills say which they mean by a word, since what it is saved as depends on the system.
"""

from __future__ import annotations

from typing import Final

SEEING: Final = "seeing"
BLIND: Final = "blind"
BY_TLS: Final = "by TLS"

_SAVED: Final = {SEEING: "practice", BLIND: "blind", BY_TLS: "tls"}

EYES: Final = frozenset(_SAVED)


def saved_as(system: str, eyes: str) -> str:
    """The name of the environment, such as `shop-practice`."""
    return f"{system}-{_SAVED[eyes]}"
