"""What runbooks say alike about whom an application refuses, as it logs that."""

from __future__ import annotations

from typing import TypeVar

from runbook import Evidence, Form, Probe
from tasks.gcplogs.refusals import CHART, Refusals

E = TypeVar("E")
P = TypeVar("P", bound=Form)


def often(asked: Probe[E, P, Refusals], sentence: str) -> Evidence[E, P]:
    """That so many are refused that it is a trouble; the form says how many that are."""
    return asked.shows(sentence, lambda r: r.often(), gauge=CHART)
