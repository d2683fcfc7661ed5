"""The installation's own facts, kept in the ledger: stop switch, freezes, shadows, silences, every incident's chain."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from journal.facts.words import Said


class Registered(Said):
    """An incident's chain began (`closing` false) or was closed with this head: binds the chains together."""

    kind: Literal["registered"] = "registered"
    incident: str
    head: str
    closing: bool


class Witnessed(Said):
    """An incident's chain had this hash at this number: whatever came before cannot be rewritten unseen any more."""

    kind: Literal["witnessed"] = "witnessed"
    incident: str
    number: int
    head: str


class Switched(Said):
    """The stop switch: while `stopped`, no change is applied anywhere."""

    kind: Literal["switched"] = "switched"
    stopped: bool
    by: str
    why: str


class Frozen(Said):
    """A freeze window: no changes to `system` (`*` = all) between the two times.

    In one for `maintenance`, alerts of the system open no incident either.
    """

    kind: Literal["frozen"] = "frozen"
    system: str
    starts: datetime
    ends: datetime
    by: str
    why: str
    maintenance: bool = False


class Thawed(Said):
    """All freeze windows set for `system` so far are lifted."""

    kind: Literal["thawed"] = "thawed"
    system: str
    by: str
    why: str


class Shadow(Said):
    """A system's shadow was turned on or off: while it is on, nothing is asked of people there, and nothing changed."""

    kind: Literal["shadow"] = "shadow"
    system: str
    on: bool
    by: str
    why: str


class Silenced(Said):
    """Alerts of this name with these labels (`*` and `?` stand for anything) open no incident between the two times."""

    kind: Literal["silenced"] = "silenced"
    name: str
    labels: dict[str, str]
    starts: datetime
    ends: datetime
    by: str
    why: str


class Unsilenced(Said):
    """The silence that is the ledger's entry of that number is lifted."""

    kind: Literal["unsilenced"] = "unsilenced"
    silence: int
    by: str
    why: str
