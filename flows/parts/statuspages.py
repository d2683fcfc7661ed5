"""What a provider says of itself, as evidence: a page that tells of trouble speaks well for it, a green one hints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.statuspage.forms import Wanted
from tasks.statuspage.read import Kind, Status, read_status

E = TypeVar("E")
P = TypeVar("P", bound=Form)


@dataclass(frozen=True)
class AskedStatus(Asked[E_contra, P_contra, Status]):
    """Beside `troubled` a cause needs what our own calls came to; `green` is refused as more than a hint.

    With `green` against it a cause is contested, and so left to a person, for as long as the page lags behind; leave it
    out where our own calls are enough.
    """

    provider: str

    @cached_property
    def troubled(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"{self.provider}'s status page tells of trouble with what we use", lambda r: r.troubled
        )

    @cached_property
    def green(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(f"{self.provider}'s status page is green", lambda r: r.well)


def status(
    provider: str,
    kind: Kind,
    url: Callable[[Context[E, P]], str],
    source: str = DEVISED,
    *,
    wanted: Wanted = Wanted(),  # noqa: B008 # frozen
) -> Probe[E, P, Status]:
    """`url` is that of the page's JSON, as the environment has it; `wanted` is what we use of the provider."""

    @probe(read_status, asks=f"What does {provider} say of itself?", source=source)
    def status(c: Context[E, P]) -> Status:
        return read_status(provider, kind, url(c), wanted=wanted)

    return status
