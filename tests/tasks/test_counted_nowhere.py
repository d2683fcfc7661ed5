"""What no metric counts is seen all the same, in the log of whoever suffers it; and a limit nobody reaches is a gap."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from blocks.parts.alarms import RequiredAlarm
from tasks.bedrock.calls import KINDS, LEAST, TURNED_BACK, Calls
from tasks.cloudwatch.coverage import deaf_of
from tasks.n8n.caller import Address
from tasks.n8n.delivery import ANSWERED, IN_VAIN, REFUSED, Delivery
from tasks.n8n.read import Webhooks
from tasks.s3.denials import PATTERN
from tasks.web.read import Page

NONE: dict[str, Any] = {"served": 0, "throttled": 0, "refused": 0, "failed": 0, "unreached": 0, "late": 0}


def calls(**more: float) -> Calls:
    return Calls.model_validate({**NONE, "latency": None, "peak": 1, "seconds": 600, **more})


@pytest.mark.parametrize(
    "line",
    [
        "An error occurred (ExpiredTokenException) when calling the InvokeModel operation",
        "UnrecognizedClientException: The security token included in the request is invalid.",
        "InvalidSignatureException: Signature expired: 20260203T035000Z is now earlier than 20260203T040000Z",
    ],
)
def test_a_call_that_is_turned_back_at_the_door_is_told_from_one_that_is_not_allowed(line: str) -> None:
    assert next(kind.name for kind in KINDS if re.search(kind.pattern, line)) == TURNED_BACK


def test_calls_that_are_turned_back_bring_nothing_though_no_metric_counts_them() -> None:
    assert calls(served=4, turned_back=4).share_lost == 0.5
    assert "4 turned back at its door" in str(calls(served=4, turned_back=4))


@pytest.mark.parametrize("tried", range(LEAST))
def test_one_lost_call_of_a_few_is_no_rate(tried: int) -> None:
    with pytest.raises(LookupError, match="called"):
        _ = calls(refused=tried).share_lost
    assert calls(refused=LEAST).share_lost == 1


@pytest.mark.parametrize(
    "code", ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed"]
)
def test_whom_s3_does_not_know_it_refuses_as_well(code: str) -> None:
    assert f"?{code}" in PATTERN.split()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("httpx.ConnectTimeout: POST https://n8n.example/webhook/a", IN_VAIN),
        ("request to https://n8n.example/webhook/a failed: connect ECONNREFUSED 10.0.0.1:5678", IN_VAIN),
        ("POST https://n8n.example/webhook/a timed out after 3000 ms", IN_VAIN),
        ("Client error '403 Forbidden' for url 'https://n8n.example/webhook/a'", ANSWERED),
    ],
)
def test_an_event_that_was_not_answered_is_told_from_one_that_was_refused(line: str, kind: Any) -> None:
    assert [one for one in (ANSWERED, IN_VAIN) if re.search(one.pattern, line)] == [kind]


def test_n8n_is_well_and_events_wait_in_vain() -> None:
    here: Any = SimpleNamespace(
        address=Address.model_construct(configured="n8n", wanted="n8n"),
        page=Page.model_construct(kind="answered", status=200, as_expected=True),
        webhooks=Webhooks(methods={"a": ("POST",)}),
    )

    def seen(lost: int) -> Delivery:
        return Delivery.model_construct(**vars(here), queue=None, refused=0, lost=lost, requests=8, unseen="")

    assert seen(0).works
    with pytest.raises(LookupError, match="too few to tell chance from trouble"):
        _ = seen(REFUSED - 1).works
    with pytest.raises(LookupError, match="were not answered lately, and n8n is well, seen from here"):
        _ = seen(REFUSED).works


@pytest.mark.parametrize(
    ("limit", "comparison", "deaf"),
    [
        (50.0, "GreaterThanThreshold", False),
        (51.0, "GreaterThanThreshold", True),
        (0.5, "LessThanThreshold", False),
        (0.4, "LessThanThreshold", True),
        (None, "GreaterThanThreshold", False),
    ],
)
def test_an_owner_may_tune_an_alarm_and_not_put_it_out_of_reach(
    limit: float | None, comparison: Any, deaf: bool
) -> None:
    required = RequiredAlarm(
        name="a",
        about="x",
        namespace="N",
        metric="M",
        statistic="Sum",
        threshold=5,
        comparison=comparison,
        period=timedelta(minutes=1),
    )
    found: Any = SimpleNamespace(limit=limit)
    assert deaf_of((required,), {"a": found}) == (("a",) if deaf else ())
