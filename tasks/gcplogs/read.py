"""Looks at Cloud Logging, as counts by kind. The text of an entry never leaves the reader: it may name a patient.

Silence is not health: a log that is called otherwise, or that nobody writes any more, is as empty as one in which
nothing went wrong. So where nothing was found it is asked whether anything is logged there at all.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from blocks.google import Google
from blocks.google_logs import entries
from journal import clock
from runbook import look
from tasks.gcplogs.wanted import Wanted
from tasks.logs.read import Events, Kind

PAGE, PAGES = 300, 10
"""Entries in a page, and pages in one look: a project may ask for sixty pages a minute, and all looks share them."""

AT_MOST = PAGE * PAGES
BOUND = f"{AT_MOST} entries in {PAGES} pages, counted and dropped; of none one of the last week"

WEEK, LATELY = timedelta(days=7), timedelta(minutes=10)
"""What nothing was logged of for a week may be called otherwise; what is logged all the time was so in ten minutes.
Devised: entries are kept for 30 days unless somebody says so."""

AT_ONCE = timedelta(minutes=3)
"""Within which what has changed has changed everywhere (devised)."""

MOST = 5
"""Different texts that a kind captures which are told apart from those that are all different."""

LONG = 16 * 1024
"""Letters of an entry that are looked at: it may have 256 KB, and kinds are told by how it begins."""

SAYS = ("message", "msg", "error", "err")
"""Fields in which a JSON entry says what happened; they are looked at first."""


class Entries(Events):
    """Events of Cloud Logging. `cut` were longer than is looked at, `silent` said nothing at all: both are of no kind.

    Of a kind that none was seen of while some were cut, nobody knows: `LookupError`. The same where it is `unheard`
    whether anything is logged there at all. Of kinds whose pattern captures something, `alike` are of the five texts
    that were captured most often.
    """

    cut: int = 0
    silent: int = 0
    unheard: bool = False
    alike: Mapping[str, int] = {}
    ended: Mapping[str, datetime] = {}
    """When the last of each kind was."""

    def goes_on(self, kind: str, since: str) -> bool:
        """Whether any of a kind came later than the first of another, by more than what is settled in a moment."""
        if kind not in self.ended or since not in self.began:
            raise LookupError(f"{self.group} has none of {kind if kind not in self.ended else since}")
        return self.ended[kind] > self.began[since] + AT_ONCE

    def none(self, kind: str | None = None) -> bool:
        if self.unheard:
            raise LookupError(UNHEARD.format(self.group))
        nothing = super().none(kind)
        if nothing and kind is not None and self.cut + self.silent:
            raise LookupError(f"{self.cut + self.silent} entries of {self.group} could not be told by kind")
        return nothing

    def __str__(self) -> str:
        return f"{super().__str__()}; {UNHEARD.format(self.group)}" if self.unheard else super().__str__()


UNHEARD = "nobody knows whether {} would tell: what it is asked for is not logged there, or may be called otherwise"


@dataclass(frozen=True, kw_only=True)
class Read:
    """What one entry says: `text` as far as it is looked at, `cut` where it goes on."""

    at: datetime | None
    text: str
    cut: bool = False


@look("google:logging.logEntries.list", bound=BOUND)
def read_entries(
    google: Google,
    wanted: Wanted,
    *,
    window: timedelta,
    kinds: tuple[Kind, ...] = (),
    known_by: Wanted | None = None,
    beside: Wanted | None = None,
    unless: Wanted | None = None,
) -> Entries:
    """Count what is wanted of the last `window`, the newest first. Raises `Permanent` when it may not be read.

    None says something only where `known_by` (whatever is logged in that place, unless it is said) was logged within
    the week, `beside` of late, and where nobody else tells of such (`unless`).
    """
    end = clock.now()
    counts = dict.fromkeys((kind.name for kind in kinds), 0)
    began: dict[str, datetime] = {}
    ended: dict[str, datetime] = {}
    same: defaultdict[str, Counter[str]] = defaultdict(Counter)
    total, cut, silent, complete = 0, 0, 0, False
    newest: datetime | None = None
    for one in _read(google, wanted.within(end - window, end)):
        if one is None:
            complete = True
            break
        total += 1
        newest = max(filter(None, (newest, one.at)), default=None)
        kind, captured = _told(one.text, kinds)
        cut, silent = cut + (one.cut and kind is None), silent + (not one.text)
        if kind is not None:
            counts[kind] += 1
            at = one.at or end
            began[kind], ended[kind] = min(began.get(kind, end), at), max(ended.get(kind, at), at)
            if captured is not None:
                same[kind][captured] += 1
    return Entries(
        group=f"the log of {google.project}",
        total=total,
        kinds=counts,
        complete=complete,
        window=window,
        last=newest,
        began=began,
        until=end,
        cut=cut,
        silent=silent,
        ended=ended,
        alike={kind: sum(count for _, count in found.most_common(MOST)) for kind, found in same.items()},
        unheard=complete
        and not total
        and (
            not is_logged(google, known_by or wanted.whatever(), end - WEEK, end)
            or (beside is not None and not is_logged(google, beside, end - max(window, LATELY), end))
            or (unless is not None and is_logged(google, unless, end - window, end))
        ),
    )


def _told(text: str, kinds: tuple[Kind, ...]) -> tuple[str | None, str | None]:
    """Of which kind a text is, and what the kind's pattern captures of it."""
    for kind in kinds if text else ():
        if found := re.search(kind.pattern, text):
            return kind.name, found[1] if found.re.groups else None
    return None, None


def is_logged(google: Google, wanted: Wanted, begin: datetime, end: datetime) -> bool:
    """Whether anything of it was logged then; of a search that does not come to its end nothing is known to be."""
    for found in entries(google, wanted.within(begin, end), page=1, pages=PAGES):
        return found is not None
    return False


def _read(google: Google, wanted: str) -> Iterator[Read | None]:
    for entry in entries(google, wanted, page=PAGE, pages=PAGES):
        yield None if entry is None else read(entry)


def read(entry: Any) -> Read:
    """What an entry of Google's library says, whichever kind of payload it has."""
    at = entry.timestamp.astimezone(UTC) if isinstance(entry.timestamp, datetime) else None
    try:
        text = "\n".join(_texts(entry.payload, entry.http_request))
    except RecursionError:  # brackets within brackets, just so many that they could be read
        text = ""
    return Read(at=at, text=text[:LONG], cut=len(text) > LONG)


def _texts(payload: Any, request: Any) -> Iterator[str]:
    """A text; of JSON and of an audit record first what it says, then all of it; else the request that was served."""
    match payload:
        case str():
            yield payload
        case {"@type": _, "value": str(), **more} if not more:  # bytes of a kind that Google does not know by name
            return
        case dict():
            known = cast("Mapping[str, Any]", payload)
            yield from (str(known[name]) for name in SAYS if isinstance(known.get(name), str))
            yield json.dumps(known, ensure_ascii=False, default=str)
        case _ if isinstance(request, dict):
            served = cast("Mapping[str, Any]", request)
            yield " ".join(str(served.get(name, "-")) for name in ("requestMethod", "status", "requestUrl", "latency"))
        case _:
            return
