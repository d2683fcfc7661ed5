"""`make redaction`, or `python -m tests.redaction`: what passes of planted secrets and people, and what is eaten wrongly.

By kind for the function itself, and in one line for every sink. Ends with 1 when fewer than 95 % are recognised or more
than 2 % of harmless texts are changed. `--quick` leaves out the sinks that need a Prefect server. The tables come last;
what Prefect and its server say meanwhile goes to a file, which is named before it starts.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from journal.redaction import forget, redact
from tests.redaction import sinks
from tests.redaction.corpus import HALVES, half, ordinary
from tests.redaction.finding import leaked, passed
from tests.redaction.making import Planted

RECOGNISED, FALSE = 95.0, 2.0
"""Per cent: at least, and at most."""


def main(arguments: Sequence[str]) -> int:
    """Measure, then print."""
    halves = {which: list(half(which)) for which in HALVES}
    texts = [one.text for part in halves.values() for one in part]
    handle, path = tempfile.mkstemp(prefix="redaction-", suffix=".log")
    out = Console(highlight=False)
    out.print(f"What Prefect says meanwhile is in {path}.", soft_wrap=True)
    with _elsewhere(handle):
        shown = dict(_sinks(texts, quick="--quick" in arguments))
    good = tables(out, halves, list(ordinary()), shown)
    _speed(out)
    return 0 if good else 1


def tables(
    out: Console,
    halves: Mapping[str, Sequence[Planted]],
    harmless: Sequence[tuple[str, str]],
    shown: Mapping[str, str | Sequence[str]],
    clean: Callable[[str], str] = redact,
) -> bool:
    """Print all, and say whether every goal is met."""
    every = [one for part in halves.values() for one in part]
    alone = [clean(one.text) for one in every]
    good = [_by_kind(out, which, part, clean) for which, part in halves.items()]
    good.append(_harmless(out, harmless, clean))
    table = Table("sink", "planted", "passed", "recognised", title="Every sink")
    for name, said in shown.items():
        kept = passed(every, said, alone)
        share = 100 * (1 - len(kept) / len(every))
        good.append(share >= RECOGNISED)
        table.add_row(name, str(len(every)), str(len(kept)), f"{share:.1f} %")
    out.print(table)
    return all(good)


def _sinks(texts: Sequence[str], *, quick: bool) -> Iterator[tuple[str, str | Sequence[str]]]:
    yield from sinks.journal_and_documents(texts).items()
    yield "logs", sinks.logs(texts)
    if not quick:
        yield "notifications", sinks.notifications(texts)
        yield "Prefect's tables", sinks.prefect_tables(texts)


def _by_kind(out: Console, which: str, part: Sequence[Planted], clean: Callable[[str], str]) -> bool:
    planted = Counter(one.kind for one in part)
    missed = Counter(one.kind for one in part if leaked(one, clean(one.text)))
    table = Table("kind", "planted", "passed", title=f"Secrets and people, {which}")
    for kind, number in planted.items():
        table.add_row(kind, str(number), str(missed[kind] or ""))
    share = 100 * (1 - missed.total() / planted.total())
    table.add_section()
    table.add_row(f"{len(planted)} kinds, {share:.1f} % recognised", str(planted.total()), str(missed.total()))
    out.print(table)
    return share >= RECOGNISED


def _harmless(out: Console, texts: Sequence[tuple[str, str]], clean: Callable[[str], str]) -> bool:
    all_, false = Counter(kind for kind, _ in texts), Counter(kind for kind, text in texts if clean(text) != text)
    table = Table("kind", "texts", "changed", title="Harmless texts")
    for kind, number in all_.items():
        table.add_row(kind, str(number), str(false[kind] or ""))
    share = 100 * false.total() / all_.total()
    table.add_section()
    table.add_row(f"{len(all_)} kinds, {share:.1f} % false", str(all_.total()), str(false.total()))
    out.print(table)
    return share <= FALSE


def _speed(out: Console) -> None:
    texts = [text for _, text in ordinary()]
    forget()
    began = time.process_time()
    for text in texts:
        redact(text)
    first = (time.process_time() - began) / len(texts)
    began = time.process_time()
    for text in texts:
        redact(text)
    again = (time.process_time() - began) / len(texts)
    out.print(f"A harmless text takes {first * 1e6:.0f} µs, and {again * 1e6:.0f} µs when it comes again.", style="dim")


@contextmanager
def _elsewhere(handle: int) -> Iterator[None]:
    """Meanwhile all that this process and its children write goes to a file: handlers keep the streams they began with."""
    sys.stdout.flush()
    sys.stderr.flush()
    before = [os.dup(number) for number in (1, 2)]
    for number in (1, 2):
        os.dup2(handle, number)
    os.close(handle)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, kept in zip((1, 2), before, strict=True):
            os.dup2(kept, number)
            os.close(kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
