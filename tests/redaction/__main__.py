"""`make redaction`, or `python -m tests.redaction`: what passes of planted secrets and people, and what is eaten wrongly.

By kind for the function itself, and in one line for every sink. Ends with 1 when fewer than 95 % are recognised or more
than 2 % of harmless texts are changed. `--quick` leaves out the sinks that need a Prefect server.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from journal.redaction import forget, redact
from tests.redaction import sinks
from tests.redaction.corpus import HALVES, half, ordinary
from tests.redaction.making import Planted, leaked

RECOGNISED, FALSE = 95.0, 2.0
"""Per cent: at least, and at most."""
_WHOLE_DUMP = 8
"""Characters of a secret that are looked for among all rows: fewer may be there by chance."""


def main(arguments: list[str]) -> int:
    """Measure and print."""
    out = Console(highlight=False)
    halves = {which: list(half(which)) for which in HALVES}
    every = [one for part in halves.values() for one in part]
    good = [_by_kind(out, which, part) for which, part in halves.items()]
    good.append(_harmless(out))
    table = Table("sink", "planted", "passed", "recognised", title="Every sink")
    for name, shown in _sinks(every, quick="--quick" in arguments):
        kept = passed(every, shown)
        share = 100 * (1 - len(kept) / len(every))
        good.append(share >= RECOGNISED)
        table.add_row(name, str(len(every)), str(len(kept)), f"{share:.1f} %")
    out.print(table)
    _speed(out)
    return 0 if all(good) else 1


def passed(every: list[Planted], shown: str | list[str]) -> list[Planted]:
    """What is still there: of each text in its own place, or of all in one dump of a sink."""
    if isinstance(shown, list):
        return [one for one, text in zip(every, shown, strict=True) if leaked(one, text)]
    short = [one for one in every if min(map(len, one.secrets)) < _WHOLE_DUMP]
    # The word that many passwords begin with is no part of one's own: among all of them that tells nothing.
    return [one for one in every if leaked(one, redact(one.text) if one in short else shown, least=_WHOLE_DUMP)]


def _sinks(every: list[Planted], *, quick: bool) -> Iterator[tuple[str, str | list[str]]]:
    texts = [one.text for one in every]
    yield from sinks.journal_and_documents(texts).items()
    yield "logs", sinks.logs(texts)
    if not quick:
        yield "notifications", sinks.notifications(texts)
        yield "Prefect's tables", sinks.prefect_tables(texts)


def _by_kind(out: Console, which: str, part: list[Planted]) -> bool:
    planted, passed = (
        Counter(one.kind for one in part),
        Counter(one.kind for one in part if leaked(one, redact(one.text))),
    )
    table = Table("kind", "planted", "passed", title=f"Secrets and people, {which}")
    for kind, number in planted.items():
        table.add_row(kind, str(number), str(passed[kind] or ""))
    share = 100 * (1 - passed.total() / planted.total())
    table.add_section()
    table.add_row(f"{len(planted)} kinds, {share:.1f} % recognised", str(planted.total()), str(passed.total()))
    out.print(table)
    return share >= RECOGNISED


def _harmless(out: Console) -> bool:
    texts = list(ordinary())
    all_, false = Counter(kind for kind, _ in texts), Counter(kind for kind, text in texts if redact(text) != text)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
