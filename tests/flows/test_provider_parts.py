"""Why calls of a provider fail is told by what it answers, in the forms that providers publish; and by nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from flows.medicalcor import ai_scoring_failing, hubspot_sync_failing, whatsapp_not_sending
from flows.parts.providers import KEY, LIMITED, NOT_TRIED, OTHER, SLOW, THEIRS, kinds, tried
from runbook import Answer, Reading
from sandbox.systems.medicalcor.api.refusals import WAYS, refusal
from tasks.gcplogs.read import Entries, read

OPENAI, HUBSPOT, WHATSAPP = ai_scoring_failing, hubspot_sync_failing, whatsapp_not_sending
OF = {
    "openai": kinds(*OPENAI.KINDS),
    "hubspot": kinds(),
    "whatsapp": kinds(*WHATSAPP.KINDS),
}
MEANT = {
    "openai": {"key": KEY, "limited": LIMITED, "spent": OPENAI.SPENT, "unavailable": THEIRS, "slow": SLOW},
    "hubspot": {"key": KEY, "limited": LIMITED, "invalid": OTHER, "unavailable": THEIRS, "slow": SLOW},
    "whatsapp": {
        "key": KEY,
        "expired": KEY,
        "limited": LIMITED,
        "number": WHATSAPP.NUMBER,
        "template": WHATSAPP.TEMPLATE,
        "paused": WHATSAPP.TEMPLATE,
        "window": OTHER,
        "unavailable": THEIRS,
        "slow": SLOW,
    },
}


def kind_of(provider: str, payload: dict[str, Any]) -> str | None:
    """The kind that an entry of the log is counted as."""
    text = read(SimpleNamespace(timestamp=datetime.now(UTC), payload=payload, http_request=None)).text
    return next((one.name for one in OF[provider] if re.search(one.pattern, text)), None)


def published() -> Iterator[tuple[str, str]]:
    for provider in MEANT:
        for way in WAYS[provider]:
            yield provider, way


@pytest.mark.parametrize(("provider", "way"), list(published()))
def test_each_refusal_that_is_published_is_of_its_kind(provider: str, way: str) -> None:
    said, more = refusal(provider, way).logged(provider)
    payload = {"level": "error", "msg": said, "component": provider, "duration": 429, **more}
    assert kind_of(provider, payload) == MEANT[provider][way]


@pytest.mark.parametrize(
    ("provider", "payload", "kind"),
    [
        ("hubspot", {"msg": "synced", "duration": 429}, None),
        ("hubspot", {"msg": "synced contact 401", "retries": 503}, None),
        ("hubspot", {"msg": "Request failed with status 503", "duration": 401}, THEIRS),
        ("hubspot", {"msg": "HubSpot API error", "statusCode": 429.0}, LIMITED),
        ("hubspot", {"msg": "HubSpot API error", "status": 504, "statusText": "Gateway Timeout"}, THEIRS),
        ("hubspot", {"msg": "Circuit breaker is open for hubspot", "status": 503}, NOT_TRIED),
        ("hubspot", {"msg": "connect ETIMEDOUT 104.16.0.1:443"}, SLOW),
        (
            "openai",
            {"msg": "openai API error", "status": 400, "errorBody": '{"code": "context_length_exceeded"}'},
            "too_long",
        ),
        ("openai", {"msg": "openai API error", "status": 403}, OTHER),
        ("whatsapp", {"msg": "sent to +40 721 132 001", "status": "delivered"}, None),
        ("whatsapp", {"msg": "WhatsApp API error", "status": 400, "errorBody": '{"to": "131026"}'}, OTHER),
        ("whatsapp", {"msg": "WhatsApp API error", "error": {"code": 131026}}, WHATSAPP.NUMBER),
        (
            "whatsapp",
            {"msg": "x", "status": 400, "errorBody": "You have exceeded the limit of 1 request every 2 seconds."},
            LIMITED,
        ),
    ],
)
def test_no_other_number_and_no_other_word_is_a_kind(provider: str, payload: dict[str, Any], kind: str | None) -> None:
    assert kind_of(provider, payload) == kind


def entries(*, complete: bool = True, **counts: int) -> Entries:
    known = {one.name: 0 for one in OF["hubspot"]} | counts
    return Entries(
        group="the log", total=sum(counts.values()), kinds=known, complete=complete, window=timedelta(minutes=10)
    )


def answer(evidence: Any, seen: Entries) -> Answer:
    reading = Reading(probe=evidence.probe.name, at=datetime.now(UTC), took=timedelta(0), value=seen)
    return evidence.find({evidence.probe.name: reading}).answer


def test_calls_that_the_breaker_kept_back_are_no_part_of_what_failed() -> None:
    seen = entries(theirs=4, not_tried=390)
    assert tried(seen) == 4
    assert answer(HUBSPOT.HUBSPOT.theirs.many, seen) is Answer.YES
    assert answer(HUBSPOT.HUBSPOT.failures.not_tried, seen) is Answer.NO


@pytest.mark.parametrize("counts", [{"theirs": 2}, {"not_tried": 400}, {}])
def test_of_what_few_calls_or_none_came_to_nobody_knows_what_leads(counts: dict[str, Any]) -> None:
    of = HUBSPOT.HUBSPOT.theirs
    assert answer(of.many, entries(**counts)) is Answer.UNKNOWN
    assert answer(of.few, entries(**counts)) is Answer.UNKNOWN


def test_a_breaker_is_stuck_only_where_nothing_was_tried() -> None:
    stuck = HUBSPOT.HUBSPOT.failures.not_tried
    assert answer(stuck, entries(not_tried=7)) is Answer.NO
    assert answer(stuck, entries(not_tried=8)) is Answer.YES
    assert answer(stuck, entries(not_tried=80, slow=1)) is Answer.NO


def test_what_was_not_read_to_its_end_does_not_show_that_there_are_none() -> None:
    assert answer(HUBSPOT.HUBSPOT.key.none, entries(complete=False)) is Answer.UNKNOWN
    assert answer(HUBSPOT.HUBSPOT.key.none, entries(complete=True)) is Answer.YES
