"""Who was told, what the cause turned out to be, and how the incident ended."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from journal.facts.words import Ending, Said


class Handing(Said):
    """A runbook that is to be tried, and what it is started with."""

    mitigation: str
    to: str
    title: str
    params: dict[str, JsonValue] = Field(default_factory=dict)


class HandedOff(Said):
    """Another runbook was started. `after` are those to be tried, in order, if it ends in vain.

    One that `returns` leaves this incident open: it goes on when the other one has ended.
    """

    kind: Literal["handed_off"] = "handed_off"
    mitigation: str
    to: str
    title: str
    flow_run: str
    after: tuple[Handing, ...] = ()
    returns: bool = False


class Notified(Said):
    """One address was told, or could not be. `to` is a name or the kind of service, never the address."""

    kind: Literal["notified"] = "notified"
    to: str = ""
    title: str
    delivered: bool
    text: str


class Noted(Said):
    """Something worth keeping that no other kind says. `by` is a person or `codeblue`."""

    kind: Literal["noted"] = "noted"
    by: str
    text: str


class Confirmed(Said):
    """What a person found to be the true cause; of several, the last counts. May come after the closing.

    `cause` is the name of a hypothesis, or `other` for one that the runbook does not name.
    """

    kind: Literal["confirmed"] = "confirmed"
    cause: str
    claim: str
    by: str
    identity_proven: bool
    why: str


class Closed(Said):
    kind: Literal["closed"] = "closed"
    ending: Ending
    text: str
