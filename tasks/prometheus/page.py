"""One page of metrics in the text form of Prometheus, read strictly: whatever is not quite that form is unreadable.

The parser of `prometheus_client` lets more pass than Prometheus itself, so what it lets pass is asked for here: a page
that says what it is, that is whole, and whose counters are numbers that count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from journal import clock
from journal.wording import brief
from runbook import Permanent, SlowDown, Temporary
from tasks.web.read import Page, ask

SIZE = 1024 * 1024
"""Bytes of a page that are read; of a larger one nothing is, since what counts may stand at its end."""

PATIENCE = timedelta(seconds=5)
SLOWER = timedelta(seconds=10)
"""How much later a service is asked again that asks to slow down."""

SAID = 80
COUNTS = frozenset({"counter", "histogram"})
"""Kinds of which no value ever falls while their process lives."""

Labels = frozenset[tuple[str, str]]
Samples = Mapping[Labels, float]


@dataclass(frozen=True, kw_only=True)
class Scrape:
    """One page. `started` tells its process from any other; `counts` is whatever only grows, by name and labels.

    `kinds` is what each metric is said to be, and `at` when it was asked for, by a clock that only grows.
    """

    host: str
    at: float
    started: float
    kinds: Mapping[str, str]
    counts: Mapping[str, Samples]


def scrape(url: str, *, started: str, headers: Mapping[str, str] | None = None) -> Scrape:
    """Ask for one page of metrics; `started` names the one that says when its process began.

    Raises `Temporary` when the service does not answer, and `Permanent` when it answers in any other form.
    """
    at = clock.monotonic()
    reply = ask(url, patience=PATIENCE, headers={"Accept": "text/plain", **(headers or {})}, at_most=SIZE)
    _refuse(reply.page, reply.headers.get("content-type", ""))
    families = _parsed(reply.page.host, reply.text)
    return Scrape(
        host=reply.page.host,
        at=at,
        started=_started(reply.page.host, families, started),
        kinds={_name(one): one.type for one in families},
        counts=_counts(reply.page.host, families),
    )


def _refuse(page: Page, kind: str) -> None:
    if page.kind != "answered" or page.status is None:
        raise Temporary(f"The metrics of {page.host} cannot be asked for ({page}); they are unknown.")
    if page.status == 429:  # noqa: PLR2004 # HTTP's own
        raise SlowDown(f"{page.host} asks to be asked for its metrics more rarely.", SLOWER)
    if page.status in {401, 403}:
        raise Permanent(
            f"{page.host} does not show us its metrics ({page.status}); correct the key for looking at them."
        )
    if page.status >= 500:  # noqa: PLR2004 # HTTP's own
        raise Temporary(f"{page.host} does not tell its metrics now ({page.status}); they are unknown.")
    if page.status != 200 or not kind.startswith("text/plain"):  # noqa: PLR2004 # HTTP's own
        raise Permanent(f"{page.host} answers with something other than metrics ({page.status}, {_brief(kind)}).")
    if not page.complete:
        raise Permanent(f"The metrics of {page.host} are more than {SIZE // 1024} KiB; of a part nothing can be told.")


def _parsed(host: str, text: str) -> tuple[Metric, ...]:
    if not text.endswith("\n"):
        raise Permanent(f"The metrics of {host} end in the middle of a line; of a part nothing can be told.")
    try:
        return tuple(text_string_to_metric_families(text))
    except ValueError:  # its text quotes the line, which anybody may have written
        raise Permanent(f"The metrics of {host} are not in the text form of Prometheus; they cannot be read.") from None


def _started(host: str, families: Iterable[Metric], name: str) -> float:
    values = [sample.value for one in families for sample in one.samples if sample.name == name]
    if len(values) != 1 or not math.isfinite(values[0]) or values[0] <= 0:
        raise Permanent(
            f"The metrics of {host} do not say by {name} which process they are of; name the metric that does."
        )
    return values[0]


def _counts(host: str, families: Iterable[Metric]) -> dict[str, dict[Labels, float]]:
    found: dict[str, dict[Labels, float]] = {}
    for name, labels, value in _counted(families):
        if not math.isfinite(value) or value < 0:
            raise Permanent(f"{host} tells of {_brief(name)} something that is no count; it cannot be read.")
        samples = found.setdefault(name, {})
        if labels in samples:
            raise Permanent(f"{host} tells {_brief(name)} twice for the same labels; it cannot be read.")
        samples[labels] = value
    return found


def _counted(families: Iterable[Metric]) -> Iterator[tuple[str, Labels, float]]:
    """What only grows. A sum of a histogram may fall, where it is of values that may be below nothing."""
    for one in families:
        if one.type in COUNTS:
            for sample in one.samples:
                if not sample.name.endswith(("_sum", "_created")):
                    yield sample.name, frozenset(sample.labels.items()), float(sample.value)


def _name(one: Metric) -> str:
    return as_counted(one.name) if one.type == "counter" else one.name


def as_counted(name: str) -> str:
    """The name of a counter as the parser gives it to samples, whether it was written so or not."""
    return f"{name.removesuffix('_total')}_total"


def _brief(text: str) -> str:
    return brief(text, SAID) or "nothing"
