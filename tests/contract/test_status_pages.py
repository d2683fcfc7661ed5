"""A status page is never decisive, and a green one is a hint at most; the rule refuses what was planted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from flows.parts.statuspages import AskedStatus, status
from flows.rung.high_latency import RUNBOOK, SLOW_BEDROCK
from runbook import Form, Hypothesis, Runbook, Strength
from tasks.statuspage.read import Status
from tests.contract.runbooks import RUNBOOKS

PAGE = AskedStatus[Any, Form](status("AWS", "aws", lambda _: "https://health.example"), "AWS")
WORTH = {Strength.HINT: "a hint", Strength.GOOD: "good evidence"}
GREEN, RED = (Status(provider="p", kind="slack", level=level) for level in ("well", "down"))


def trusted_too_much(runbook: Runbook[Any, Any]) -> Iterator[str]:
    """Sentences about a status page that weigh more than such a page is worth."""
    for one in runbook.hypotheses:
        for said in (*one.supported_by, *one.refuted_by):
            if said.probe.reads is Status:
                most = Strength.HINT if said.holds(GREEN) else Strength.GOOD
                if one.weight_of(said) > most.value:
                    yield f"{runbook.name}.{one.name}: that {said.sentence} is {WORTH[most]} at most"
        if all(said.probe.reads is Status for said in one.supported_by):
            yield f"{runbook.name}.{one.name}: nothing but a status page speaks for it"


@pytest.mark.parametrize("runbook", RUNBOOKS.values(), ids=RUNBOOKS.keys())
def test_no_status_page_is_trusted_too_much(runbook: Runbook[Any, Any]) -> None:
    assert list(trusted_too_much(runbook)) == []


def test_the_sentences_say_what_a_page_says() -> None:
    assert [said.holds(page) for said in (PAGE.troubled, PAGE.green) for page in (RED, GREEN)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert PAGE.probe.permissions == ("http:GET",)


def with_cause(**changed: Any) -> Runbook[Any, Any]:
    cause: Hypothesis[Any, Any] = replace(SLOW_BEDROCK, **changed)
    others = tuple(one for one in RUNBOOK.hypotheses if one is not SLOW_BEDROCK)
    return replace(RUNBOOK, hypotheses=(*others, cause), mitigations=())


def test_a_page_beside_our_own_calls_is_taken_for_what_it_is_worth() -> None:
    planted = with_cause(
        supported_by=(*SLOW_BEDROCK.supported_by, PAGE.troubled),
        refuted_by=(*SLOW_BEDROCK.refuted_by, PAGE.green),
        strength=((PAGE.green, Strength.HINT),),
    )
    assert list(trusted_too_much(planted)) == []


def test_a_green_page_that_refutes_well_is_refused() -> None:
    (refused,) = trusted_too_much(with_cause(refuted_by=(*SLOW_BEDROCK.refuted_by, PAGE.green)))
    assert refused == "rung.high_latency.slow_bedrock: that AWS's status page is green is a hint at most"


def test_a_red_page_that_decides_is_refused() -> None:
    supported, strength = (*SLOW_BEDROCK.supported_by, PAGE.troubled), ((PAGE.troubled, Strength.DECISIVE),)
    (refused,) = trusted_too_much(with_cause(supported_by=supported, strength=strength))
    assert refused.endswith("tells of trouble with what we use is good evidence at most")


def test_a_red_page_alone_is_refused() -> None:
    (refused,) = trusted_too_much(with_cause(supported_by=(PAGE.troubled,), strength=()))
    assert refused == "rung.high_latency.slow_bedrock: nothing but a status page speaks for it"
