"""Models of Bedrock that take long for an answer."""

from __future__ import annotations

from functools import cached_property

from flows.parts.asked import Asked
from runbook import Evidence
from runbook.probe import E_contra, P_contra
from tasks.cloudwatch.dimensions import of_model
from tasks.cloudwatch.read import Metric, Metrics


def latency_of(model: str, *, chart: str = "") -> Metric:
    """How long a model takes; `AskedModel` goes by this name."""
    of = of_model(model)
    return of(name="bedrock", metric="InvocationLatency", statistic="Average", unit="ms", chart=chart)


class AskedModel(Asked[E_contra, P_contra, Metrics]):
    """Metrics of a runbook's own choice, `latency_of` the model among them."""

    @cached_property
    def slow(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "Bedrock takes 4 s or longer for an answer (InvocationLatency at least 4000 ms)",
            lambda r: r.latest("bedrock") >= 4000,
        )

    @cached_property
    def quick(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "Bedrock answers within 2 s (InvocationLatency below 2000 ms)", lambda r: r.latest("bedrock") < 2000
        )
