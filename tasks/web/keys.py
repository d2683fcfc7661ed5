"""Looks at whether a service accepts a key, by a page that needs one: asked without it, and with it.

A page that answers whoever asks, as health pages do, tells nothing of a key. The key goes into one header and nowhere
else: a reading has its fingerprint, the first eight hexadecimal digits of its SHA-256.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final, Literal

from pydantic import SecretStr

from journal.short import short
from runbook import Facts, Permanent, Temporary, look
from tasks.web.read import PATIENCE, Page, ask

REFUSED: Final = 401
NOT_FOR_US: Final = frozenset({401, 403})

Why = Literal["", "unknown", "expired", "withdrawn"]
_WHY: Final[tuple[tuple[Why, str], ...]] = (
    ("withdrawn", r"(?i)\b(?:revoked|withdrawn|disabled|blocked)\b"),
    ("expired", r"(?i)\bexpired\b"),
    ("unknown", r"(?i)\b(?:invalid|unknown|incorrect)\b"),
)
"""What a refusal says of a key, in the words that services use; the rest of its body is dropped."""


def fingerprint(value: SecretStr) -> str:
    """What may be said of a key: it cannot be worked out from that, since a key is long and drawn by lot."""
    return short(value.get_secret_value().encode(), digits=8)


class Tried(Facts):
    """What a page answered without a key (`without`) and with it (`status`), and `why` it was refused.

    `print` is the fingerprint of what was shown.
    """

    host: str
    without: int
    status: int
    why: Why = ""
    print: str

    def refused(self) -> bool:
        """Whether the key is refused. Raises `LookupError` where the page does not tell, since it needs none."""
        if self.without not in NOT_FOR_US:
            raise LookupError(f"{self.host} answers {self.without} to whoever shows no key, so it tells nothing of one")
        if self.status != REFUSED and not 200 <= self.status < 300:  # noqa: PLR2004 # HTTP's own
            raise LookupError(f"{self.host} answered {self.status}, which says nothing of the key")
        return self.status == REFUSED

    def refused_as(self, why: Why) -> bool:
        return self.refused() and self.why == why

    def __str__(self) -> str:
        said = f" ({self.why})" if self.why else ""
        return (
            f"{self.host} answers {self.without} without a key and {self.status}{said} with the one whose fingerprint"
            f" is {self.print}"
        )


@look("http:GET", bound="one page, twice; of a refusal only which kind it is")
def read_key(url: str, header: str, value: SecretStr, *, patience: timedelta = PATIENCE) -> Tried:
    """Ask a page that needs a key without one, and with it. Raises `Temporary` where it does not answer.

    Raises `Permanent` where the key could not be sent as it is.
    """
    shown = value.get_secret_value()
    if not re.fullmatch(r"[!-~]{8,512}", shown):
        raise Permanent("The key to test is shorter than 8 characters, or holds blanks; save it anew.")
    without, page = (ask(url, patience=patience, headers=more) for more in ({}, {header: shown}))
    status = _status(page.page)
    said: list[Why] = [kind for kind, words in _WHY if status == REFUSED and re.search(words, page.text)]
    return Tried(
        host=page.page.host,
        without=_status(without.page),
        status=status,
        why=said[0] if said else "",
        print=fingerprint(value),
    )


def _status(page: Page) -> int:
    if page.kind != "answered" or page.status is None:
        raise Temporary(f"{page.host} does not answer ({page}), so whether the key is accepted is unknown.")
    return page.status
