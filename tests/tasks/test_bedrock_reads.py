"""What is read of Bedrock on the running sandbox, and how the calls are counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.rung import Rung
from runbook import Permanent
from sandbox.systems.rung.world import World
from tasks.bedrock.calls import BY_FATE, counted, wanted
from tasks.bedrock.read import read_models, read_quota
from tasks.cloudwatch.read import Metrics, Series
from tasks.logs.read import Events

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 24, 14, tzinfo=UTC)
MODEL = "anthropic.claude-3-5-sonnet-20240620-v1:0"


def models(env: Rung) -> Any:
    return read_models(env.aws, env.models.model, env.models.alternate)


def test_models_in_good_times(env: Rung) -> None:
    read = models(env)
    assert read.used.callable
    assert read.alternate.callable
    assert (read.used.name, read.used.provider) == ("Claude 3.5 Sonnet", "Anthropic")


@pytest.mark.parametrize(("how", "told"), [("gone", "not among"), ("closed", "has been taken away")])
def test_a_model_that_cannot_be_called(how: str, told: str, env: Rung, world: World) -> None:
    world.break_("bedrock_model_gone", how=how)
    read = models(env)
    assert not read.used.callable
    assert read.alternate.callable
    assert told in str(read.used)


def test_an_inference_profile_is_looked_up_by_its_model(env: Rung) -> None:
    read = read_models(env.aws, f"us.{MODEL}", env.models.alternate)
    assert (read.used.id, read.used.callable) == (f"us.{MODEL}", True)


def test_the_quota_is_found_on_a_later_page(env: Rung) -> None:
    assert read_quota(env.aws, env.models.model).per_minute == 1000
    assert read_quota(env.aws, env.models.alternate).per_minute == 2000
    with pytest.raises(Permanent, match="Service Quotas console"):
        read_quota(env.aws, "nobody.knows-this")


def test_the_blind_see_no_model_and_no_quota(blind: Rung) -> None:
    with pytest.raises(Permanent, match="grant the generated policy"):
        models(blind)
    with pytest.raises(Permanent, match="grant the generated policy"):
        read_quota(blind.aws, blind.models.model)


def metrics(at_work: bool = True, **fates: tuple[float, ...]) -> Metrics:
    at = tuple(NOW - MINUTE * (3 - number) for number in range(3))
    series = {f"{fate} m": Series(values=fates.get(fate, (0.0, 0.0, 0.0)), at=at) for fate in BY_FATE}
    if at_work:
        series["requests"] = Series(values=(5.0, 5.0, 5.0), at=at)
    return Metrics(series=series, asked_at=NOW, period=MINUTE)


def events(**kinds: int) -> Events:
    return Events(group="g", total=sum(kinds.values()), kinds=kinds, complete=True, window=MINUTE)


def test_throttled_calls_and_calls_that_never_arrived_are_calls_all_the_same() -> None:
    read = counted(metrics(served=(90, 2, 2), throttled=(0, 3, 1)), events(unreached=2), ("m",))
    assert (read.served, read.throttled, read.unreached, read.lost) == (4, 4, 2, 6)
    assert read.share_lost == pytest.approx(0.6)
    assert read.part(read.throttled) == pytest.approx(4 / 6)
    assert read.peak == 90


def test_calls_that_were_answered_too_late_are_counted_once() -> None:
    read = counted(metrics(served=(0, 2, 2)), events(late=4), ("m",))
    assert read.share_lost == 1


def test_no_calls_at_all_are_unknown() -> None:
    with pytest.raises(LookupError, match="no model was called"):
        _ = counted(metrics(), events(), ("m",)).share_lost


def test_without_a_caller_at_work_nothing_is_known() -> None:
    with pytest.raises(Permanent, match="says nothing"):
        counted(metrics(at_work=False), events(), ("m",))


def test_every_metric_of_the_calls_is_one_that_bedrock_publishes() -> None:
    asked = {one.metric for one in wanted(("m",), "f") if one.namespace == "AWS/Bedrock"}
    assert asked == {
        "Invocations",
        "InvocationThrottles",
        "InvocationClientErrors",
        "InvocationServerErrors",
        "InvocationLatency",
    }
