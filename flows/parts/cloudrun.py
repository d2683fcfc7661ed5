"""A service of Cloud Run: which revision answers, whether the newest one works, and sending the traffic back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from blocks.shapes import HasGoogle
from flows.parts.asked import DEVISED, Asked
from runbook import Approval, Context, Evidence, Form, Guardrail, Hypothesis, Mitigation, Probe, WayBack, probe
from runbook.probe import E_contra, P_contra
from tasks.cloudrun.change import SendTrafficBack
from tasks.cloudrun.read import Service, read_service
from tasks.selections import RunServiceOf

E = TypeVar("E", bound=HasGoogle)
P = TypeVar("P", bound=Form)

GUARDRAIL = Guardrail(at_most=1, cooldown=timedelta(minutes=10))
PUT_BACK = WayBack("The split of the traffic that was there is put back, unless somebody has changed it since.")


@dataclass(frozen=True)
class AskedService(Asked[E_contra, P_contra, Service]):
    """One service, and what it may show."""

    @cached_property
    def newest_failed(self) -> Evidence[E_contra, P_contra]:
        """The newest deployment came to nothing, so an older revision answers or none does."""
        return self.probe.shows("the newest revision is not ready", lambda r: r.newest_failed)

    @cached_property
    def newest_ready(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the newest revision is ready", lambda r: not r.newest_failed)

    @cached_property
    def pinned(self) -> Evidence[E_contra, P_contra]:
        """Somebody has sent the traffic by hand: a fix that was deployed since gets none."""
        return self.probe.shows("its traffic follows no new revision", lambda r: r.pinned)


def service(name: str, source: str = DEVISED) -> Probe[HasGoogle, Form, Service]:
    """Which revision of a service answers, and whether it is as it should be."""

    def of(_c: Context[HasGoogle, Form]) -> RunServiceOf:
        return RunServiceOf(service=name)

    @probe(read_service, asks=f"Which revision of {name} answers, and is it ready?", source=source, about=of)
    def service(c: Context[HasGoogle, Form]) -> Service:
        return read_service(c.env.google, name)

    return replace(service, name=f"service_{name.replace('-', '_')}")


def send_traffic_back(
    treats: Hypothesis[E, P],
    name: str,
    *,
    by: str,
    risk: str,
    validated_by: Evidence[E, P],
    source: str = DEVISED,
) -> Mitigation[E, P]:
    """Let the revision before the one that answers have all requests of a service."""
    return Mitigation(
        name="send_traffic_back",
        title=f"Send the traffic of {name} back to the revision before",
        treats=treats,
        change=lambda c: SendTrafficBack(google=c.env.google, service=name),
        approval=Approval(by=by, risk=risk),
        guardrail=GUARDRAIL,
        undo=PUT_BACK,
        validated_by=validated_by,
        source=source,
    )
