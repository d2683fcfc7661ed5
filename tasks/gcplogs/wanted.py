"""Which entries are wanted, in the language of Cloud Logging. Every value is quoted, so none says anything else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from runbook import Permanent

Severity = Literal["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"]

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Entries whose fields are these or `above` a number, that are at least so severe, and hold each of these texts.

    A field is the way to it: `("resource", "labels", "service_name")`.
    """

    fields: tuple[tuple[tuple[str, ...], str], ...] = ()
    above: tuple[tuple[tuple[str, ...], float], ...] = ()
    at_least: Severity | None = None
    holds: tuple[str, ...] = ()

    def within(self, begin: datetime, end: datetime) -> str:
        """The filter, with both ends of the time: without them, Google's library would ask for the last day."""
        parts = [f'timestamp >= "{begin.isoformat()}"', f'timestamp < "{end.isoformat()}"']
        parts += [f"{path(*way)} = {quoted(value)}" for way, value in self.fields]
        parts += [f"{path(*way)} > {value:g}" for way, value in self.above]
        parts += [f"severity >= {self.at_least}"] if self.at_least else []
        return " AND ".join([*parts, *map(quoted, self.holds)])

    def whatever(self) -> Wanted:
        """Whatever is logged in the same place: however severe, however long it took, and whatever it says."""
        return Wanted(fields=self.fields, above=tuple((way, 0.0) for way, _ in self.above))


def of_service(name: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """The fields of what a service of Cloud Run logs."""
    return ((("resource", "type"), "cloud_run_revision"), (("resource", "labels", "service_name"), name))


def path(*way: str) -> str:
    """The way to a field; a part that is no word, such as a label with dots, is quoted."""
    if not way or not all(way):
        raise Permanent("A field of an entry is named by the way to it, none of whose parts is empty.")
    return ".".join(part if _WORD.fullmatch(part) else quoted(part) for part in way)


def quoted(text: str) -> str:
    """A text as the language has it, whatever stands in it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")
