"""A probe with all that its readings may show, for one environment and form: `AskedSlots[Shop, Params](slots())`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from runbook import Probe
from runbook.probe import E_contra, P_contra, R_co

DEVISED = "devised"
"""The source of a part for which a runbook names no row of its own."""


@dataclass(frozen=True)
class Asked(Generic[E_contra, P_contra, R_co]):
    """Base of those in the parts: each sentence is an attribute and made once, so that causes may share it."""

    probe: Probe[E_contra, P_contra, R_co]
