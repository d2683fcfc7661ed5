"""Short names for long things: hexadecimal digits of a SHA-256 that nobody takes for a number.

Where all digits happen to be decimal, a name may be a valid payment card or a phone: it would be redacted wherever it
is stored, and what it names (a plan that was approved, a dead letter) could never be found again. One of 57,000 was.
"""

from __future__ import annotations

import hashlib
from typing import Final

DIGITS: Final = 16
"""How many say enough to tell apart what one incident names."""


def short(what: bytes, digits: int = DIGITS) -> str:
    """The name of exactly these bytes, from which they cannot be read: so many digits, at most 64."""
    name = hashlib.sha256(what).hexdigest()
    while name[:digits].isdecimal():
        name = hashlib.sha256(name.encode()).hexdigest()
    return name[:digits]
