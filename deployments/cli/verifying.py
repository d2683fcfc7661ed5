"""`codeblue verify`: has anybody touched the record? One sentence for each thing that does not fit."""

from __future__ import annotations

import re
from typing import Final

from rich.text import Text

from deployments import places
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Usage

_ANCHOR: Final = re.compile(r"[0-9]{1,18}:[0-9a-f]+")


def verify(*, anchor: str | None = None, options: Options = DEFAULTS) -> int:
    """Walk the whole journal and look for edited, removed or reordered entries. Exit code 1 if anything is found.

    Parameters
    ----------
    anchor
        COUNT:HEAD that an earlier verify printed and that was kept elsewhere; shows a journal rewritten as a whole.
        The one that is kept in the home if left out.
    """
    from journal import anchor as anchors
    from journal import verify as verification

    given = anchors.kept(options.place.path) if anchor is None else _anchor(anchor)
    with places.journal(options.place) as journal:
        found = verification.verify(journal, anchor=given)
    if found.intact:
        anchors.keep(options.place.path, found.count, found.head)
    kept = f"{found.count}:{found.head}"
    options.document(
        {
            "intact": found.intact,
            "empty": found.empty,
            "incidents": found.incidents,
            "entries": found.entries,
            "findings": [finding.model_dump() for finding in found.findings],
            "more": found.more,
            "anchor": kept,
        }
    )
    if found.intact:
        options.say(Text(str(found), style="green"))
    elif found.empty:
        options.say(Text(str(found), style="yellow"))
    else:
        first, *rest = str(found).splitlines()
        options.say(Text(first, style="bold red"), *(Text(f"✗ {line}") for line in rest))
    options.line(f"anchor: {kept}")
    return Exit.OK if found.intact else Exit.FINDINGS


def _anchor(given: str) -> tuple[int, str]:
    count, _, head = given.partition(":")
    if not _ANCHOR.fullmatch(given):
        raise Usage(f"{given!r} is no anchor; give the COUNT:HEAD that an earlier verify printed.")
    return int(count), head
