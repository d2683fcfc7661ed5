"""Looks at the calls of models that an application logs, as counts: for whom, of which model, and how many tokens.

For whom is a hash that the application makes, and even that never leaves the reader. A text that is no hash may name a
patient: then nothing is counted at all, and its owner is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from blocks.google import Google
from blocks.google_logs import entries
from journal import clock
from journal.wording import span
from runbook import Facts, Permanent, look
from runbook.shares import LEAST, share
from tasks.gcplogs.read import BOUND, PAGE, PAGES, UNHEARD, WEEK, is_logged
from tasks.gcplogs.wanted import Wanted

HASH: Final = re.compile(r"[0-9a-f]{16,64}")

REPEATED, FEW = 0.2, 0.05
"""From which share of the calls on leads that come again and again lead, and below which they do not."""

OFTEN = 0.2
"""A model that answers such a share of the calls is not only tried."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """What the fields of such an entry are called, below `jsonPayload`."""

    lead: str
    tokens: str
    model: str
    feature: str


class Calls(Facts):
    """Calls in `window`; `again` of them were for a lead that was asked about `times` times or more.

    `nameless` are for nobody in particular, `most` is how often the lead was asked about that was so most often. Models
    and features by their calls. `complete` tells that the whole window was searched. None of which it is `unheard`
    whether any is logged at all says nothing.
    """

    window: timedelta
    times: int
    total: int
    tokens: int
    leads: int
    nameless: int
    again: int
    most: int
    models: dict[str, int]
    features: dict[str, int]
    complete: bool
    unheard: bool = False

    def repeats(self) -> bool:
        """Whether leads that come again and again make a large share of the calls."""
        return share(self.again, self.total, "calls of models", least=LEAST) >= REPEATED

    def is_even(self) -> bool:
        """Whether hardly any call is for a lead that comes again and again."""
        self._refuse_part()
        return share(self.again + self.nameless, self.total, "calls of models", least=LEAST) < FEW

    def is_calm(self) -> bool:
        """Whether no lead comes again and again, which is so where nobody is asked about at all."""
        self._refuse_part()
        return self.again < REPEATED * max(self.total, 1)

    def of_a_call(self) -> float:
        """Tokens that one call takes. Raises `LookupError` of too few."""
        return share(self.tokens, self.total, "calls of models", least=LEAST)

    def of_a_minute(self) -> float:
        """Leads a minute that are asked about."""
        self._refuse_part()
        return self.leads / (self.window / timedelta(minutes=1))

    def _refuse_part(self) -> None:
        if self.unheard:
            raise LookupError(UNHEARD.format("the log"))
        if not self.complete:
            raise LookupError(f"only the newest {self.total} calls of models were looked at")

    def __str__(self) -> str:
        many = f"{self.total}{'' if self.complete else ' or more'} calls of models in {span(self.window)}"
        led = ", ".join(f"{name} {count}" for name, count in sorted(self.features.items()))
        return (
            f"{many} for {self.leads} leads, {self.tokens} tokens ({led or 'no feature'}); {self.again} for leads that"
            f" came {self.times} times or more, one of them {self.most} times"
        )


class Beside(Facts):
    """Calls now, and those of the same hour a week ago."""

    now: Calls
    before: Calls

    def more_leads(self) -> float:
        """How many times as many leads a minute. Raises `LookupError` where either is not known."""
        if self.before.leads < LEAST:
            raise LookupError(f"there were only {self.before.leads} leads a week ago, too few to tell")
        return share(self.now.of_a_minute(), self.before.of_a_minute(), "leads a week ago", least=0)

    def larger(self) -> float:
        """How many times as many tokens a call takes."""
        return share(self.now.of_a_call(), self.before.of_a_call(), "tokens a week ago", least=0)

    def new_models(self) -> tuple[str, ...]:
        """Models that answer many calls now and answered none a week ago. Raises `LookupError` of too few calls."""
        if not self.before.complete or min(self.before.total, self.now.total) < LEAST:
            raise LookupError("too few calls of models are known, now or a week ago")
        often = [name for name, count in self.now.models.items() if count >= OFTEN * self.now.total]
        return tuple(name for name in sorted(often) if name not in self.before.models)

    def __str__(self) -> str:
        return f"now {self.now}; a week ago {self.before}"


@look("google:logging.logEntries.list", bound=BOUND)
def read_calls(google: Google, wanted: Wanted, named: Named, *, window: timedelta, times: int) -> Calls:
    """Count calls of the last `window`, the newest first. Raises `Permanent` where a lead is no hash, or hidden."""
    return _counted(google, wanted, named, end=clock.now(), window=window, times=times)


@look("google:logging.logEntries.list", bound=f"twice {BOUND}")
def read_beside(google: Google, wanted: Wanted, named: Named, *, window: timedelta, times: int) -> Beside:
    """Calls of the last `window`, beside those of the whole hour that ended a week ago. Raises as `read_calls` does."""
    end = clock.now()
    return Beside(
        now=_counted(google, wanted, named, end=end, window=window, times=times),
        before=_counted(google, wanted, named, end=end - WEEK, window=timedelta(hours=1), times=times),
    )


def _counted(google: Google, wanted: Wanted, named: Named, *, end: datetime, window: timedelta, times: int) -> Calls:
    leads, models, features = Counter[str](), Counter[str](), Counter[str]()
    total, tokens, nameless, complete = 0, 0, 0, False
    for entry in entries(google, wanted.within(end - window, end), page=PAGE, pages=PAGES):
        if entry is None:
            complete = True
            break
        found: Mapping[str, Any] = cast("Mapping[str, Any]", entry.payload) if isinstance(entry.payload, dict) else {}
        total += 1
        tokens += _tokens(found.get(named.tokens))
        models[str(found.get(named.model) or "unknown")] += 1
        features[str(found.get(named.feature) or "unknown")] += 1
        lead = _hashed(found.get(named.lead))
        leads[lead] += 1
        nameless += not lead
    leads.pop("", None)
    return Calls(
        window=window,
        times=times,
        total=total,
        tokens=tokens,
        leads=len(leads),
        nameless=nameless,
        again=sum(count for count in leads.values() if count >= times),
        most=max(leads.values(), default=0),
        models=dict(models),
        features=dict(features),
        complete=complete,
        unheard=complete and not total and not is_logged(google, wanted, end - WEEK, end),
    )


def _tokens(found: Any) -> int:
    if isinstance(found, bool) or not isinstance(found, int | float) or found < 0:
        raise Permanent("An entry about a call of a model does not say how many tokens it took; that is unknown.")
    return int(found)


def _hashed(found: Any) -> str:
    """For whom a call was: a hash, or nobody. Raises `Permanent` for anything else."""
    if found in (None, ""):
        return ""
    if not isinstance(found, str) or not HASH.fullmatch(found):
        raise Permanent(
            "The application logs for whom it calls a model, and not as a hash; nothing of it was counted. Have its"
            " owners log 16 or more hexadecimal digits of a keyed hash."
        )
    return found
