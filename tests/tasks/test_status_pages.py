"""What providers say of themselves, on a real socket. What is unknown comes first."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from runbook import Permanent, Temporary
from tasks.statuspage import read
from tasks.statuspage.forms import Wanted
from tasks.statuspage.read import FORMS, LONG, NAMED, SIZE, Kind, Status, read_status, status_of
from tests.tasks.raw import RAW
from tests.tasks.test_web_reads import says, server

RECORDED: dict[str, Any] = json.loads((RAW / "statuspage.json").read_text("utf-8"))
HERE = Wanted(places=("eu-central-1", "europe-west1"))


def told(name: str, wanted: Wanted = Wanted(), **changed: Any) -> Status:  # noqa: B008 # frozen
    """What a recorded page says; some of it may be changed."""
    answer = RECORDED[name]["answer"]
    text = json.dumps({**answer, **changed} if changed else answer)
    return status_of("the provider", cast("Kind", name.partition("_")[0]), text, wanted)


# -- unknown ----------------------------------------------------------------------------------------------------------


def test_a_page_that_nobody_serves_is_unknown() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(Temporary, match=r"does not answer .*nobody listens.*that is unknown"):
            read_status("the provider", "slack", f"http://127.0.0.1:{bound.getsockname()[1]}")


@pytest.mark.parametrize(
    ("status", "error"), [(503, Temporary), (404, Permanent), (403, Permanent), (302, Permanent), (204, Permanent)]
)
def test_a_page_that_answers_with_anything_but_a_page_is_unknown(status: int, error: type[Exception]) -> None:
    with server(says(b'{"status": "ok", "active_incidents": []}', status)) as url, pytest.raises(error):
        read_status("the provider", "slack", url)


def test_a_page_that_is_too_large_is_unknown_and_not_half_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "SIZE", 100)
    with (
        server(says(json.dumps(RECORDED["statuspage_down"]["answer"]).encode())) as url,
        pytest.raises(Permanent, match="not there in a form that can be read"),
    ):
        read_status("the provider", "statuspage", url)
    assert SIZE > 1_000_000


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("text", ["", "<html>All systems operational</html>", "{}", '"ok"', "null", '[{"ok": true}]'])
def test_a_page_of_another_form_is_unknown(kind: Kind, text: str) -> None:
    with pytest.raises(Permanent, match=f"has another form than {kind} .*; that is unknown"):
        status_of("the provider", kind, text, HERE)


@pytest.mark.parametrize("kind", FORMS)
def test_a_page_of_another_kind_is_unknown(kind: Kind) -> None:
    for name, recorded in RECORDED.items():
        both_lists = recorded["answer"] == [] and kind in {"google", "aws"}
        if not name.startswith(kind) and not both_lists:
            with pytest.raises(Permanent, match="another form"):
                status_of("the provider", kind, json.dumps(recorded["answer"]), HERE)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("statuspage_well", {"status": {"indicator": "excellent"}}),
        ("statuspage_well", {"components": [{"name": "API Requests", "status": "fine"}]}),
        ("instatus_well", {"page": {"status": "PERFECT"}}),
        ("slack_well", {"status": "broken"}),
    ],
)
def test_a_word_that_nobody_knows_is_not_health(name: str, changed: dict[str, Any]) -> None:
    with pytest.raises(Permanent, match="another form"):
        told(name, **changed)


def test_a_page_that_does_not_tell_of_what_we_use_is_unknown() -> None:
    with pytest.raises(Permanent, match="has no component Checkout"):
        told("statuspage_well", Wanted(parts=("API Requests", "Checkout")))
    with pytest.raises(Permanent, match="does not tell which parts"):
        told("instatus_well", Wanted(parts=("Payments",)))
    with pytest.raises(Permanent, match="name products or regions"):
        told("google_none")
    with pytest.raises(Permanent, match="name the regions"):
        told("aws_none", Wanted(parts=("AWS Lambda",)))


OPEN = {"name": "It burns", "status": "investigating", "impact": "critical", "created_at": "2026-03-14T02:41:00Z"}


def test_trouble_of_nothing_named_is_not_known_to_be_ours_and_no_health() -> None:
    ours = Wanted(parts=("API Requests",))
    for incident in (OPEN, {**OPEN, "components": []}):
        with pytest.raises(Permanent, match="tells of trouble and not of what; that is unknown"):
            told("statuspage_well", ours, incidents=[incident])
        assert told("statuspage_down", ours, incidents=[incident]).level == "down", "its own component says so"
        assert told("statuspage_well", incidents=[incident]).level == "down", "all of it was asked for"
    assert told("statuspage_well", ours, incidents=[{**OPEN, "impact": "none"}]).well
    with pytest.raises(Permanent, match="does not say what"):
        told("slack_well", status="active")


@pytest.mark.parametrize("date", [10**18, -1, "soon"])
def test_a_time_that_is_none_is_another_form(date: object) -> None:
    event = {**RECORDED["aws_down"]["answer"][0], "date": date}
    with pytest.raises(Permanent, match="another form than aws"):
        status_of("AWS", "aws", json.dumps([event]), HERE)


def test_of_a_page_that_cannot_be_read_little_is_repeated() -> None:
    down = RECORDED["instatus_down"]["answer"]
    odd = {**down, "activeIncidents": [{**down["activeIncidents"][0], "started": "x\n GMT" + "x" * 10_000}]}
    event = {**RECORDED["aws_down"]["answer"][0], "impacted_services": {"k" * 10_000: {}}}
    for kind, page in (("instatus", odd), ("aws", [event])):
        with pytest.raises(Permanent) as refused:
            status_of("it", cast("Kind", kind), json.dumps(page), Wanted())
        assert len(str(refused.value)) < 4 * LONG
        assert "\n" not in str(refused.value)


def test_a_page_that_is_busy_or_compressed_by_no_rule_may_be_there_soon() -> None:
    for served in (says(b"", 429), says(b"{}", 200, **{"Content-Encoding": "gzip"})):
        with server(served) as url, pytest.raises(Temporary, match="that is unknown"):
            read_status("the provider", "slack", url)


# -- green ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "statuspage_well",
        "statuspage_resolved",
        "statuspage_compatible",
        "google_none",
        "aws_none",
        "instatus_well",
        "slack_well",
    ],
)
def test_a_green_page_is_well(name: str) -> None:
    seen = told(name, HERE if name.startswith(("google", "aws")) else Wanted())
    assert (seen.level, seen.well, seen.troubled, seen.since) == ("well", True, False, None)
    assert str(seen) == "the provider says of itself: well"


def test_planned_maintenance_is_neither_trouble_nor_health() -> None:
    seen = told("statuspage_maintained", Wanted(parts=("api requests",)))
    assert (seen.level, seen.well, seen.troubled) == ("maintenance", False, False)


# -- red --------------------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-14T{text}+00:00").astimezone(UTC)


def test_a_statuspage_tells_of_its_components_and_incidents() -> None:
    seen = told("statuspage_down")
    assert (seen.level, seen.troubled, seen.parts) == ("down", True, ("API Requests",))
    assert seen.since == at("02:41:12.836")
    assert told("statuspage_down", Wanted(parts=("API Requests",))).level == "down"
    assert told("statuspage_down", Wanted(parts=("Webhooks",))).well, "of what is not ours"


def test_an_incident_that_the_indicator_does_not_tell_of_counts() -> None:
    assert told("statuspage_hidden").level == "impaired"
    assert told("statuspage_hidden", Wanted(parts=("Webhooks",))).level == "impaired"
    assert told("statuspage_hidden", Wanted(parts=("API Requests",))).well


def test_google_tells_of_products_in_regions() -> None:
    belgium = Wanted(parts=("Cloud Run",), places=("europe-west1",))
    seen = told("google_down", belgium)
    assert (seen.level, seen.parts, seen.since) == ("down", ("Cloud Run", "Google Cloud SQL"), at("02:30:00"))
    assert told("google_down", Wanted(parts=("Cloud Run",), places=("us-central1",))).level == "impaired"
    assert told("google_down", Wanted(parts=("Cloud Run",), places=("asia-east1",))).well
    assert told("google_down", Wanted(parts=("Vertex AI",))).well, "a mere notice"
    assert told("google_down", Wanted(parts=("Cloud Build",))).well, "over, or available again"


def test_aws_tells_of_services_in_regions() -> None:
    here = ("eu-central-1",)
    seen = told("aws_down", Wanted(places=here))
    assert (seen.level, seen.parts, seen.since) == ("down", ("AWS Lambda",), at("02:30:00"))
    assert told("aws_down", Wanted(parts=("Amazon DynamoDB",), places=here)).level == "impaired"
    assert told("aws_down", Wanted(parts=("Amazon SQS",), places=here)).well, "well again"
    assert told("aws_down", Wanted(parts=("AWS Lambda",), places=("eu-west-1",))).well
    assert told("aws_down", Wanted(parts=("AWS Billing Console",), places=here)).well, "everywhere, and a mere notice"


def test_instatus_tells_of_what_is_active() -> None:
    seen = told("instatus_down")
    assert (seen.level, seen.parts, seen.since) == ("down", ("Payments fail",), at("02:41:50"))
    assert told("instatus_issues").level == "impaired"


def test_slack_tells_of_its_services() -> None:
    assert (told("slack_down").level, told("slack_down").parts) == ("down", ("Messaging",))
    seen = told("slack_down", Wanted(parts=("Apps/Integrations/APIs",)))
    assert str(seen) == ("the provider says of itself: impaired since 2026-03-14 02:41:00 UTC (Apps/Integrations/APIs)")
    assert told("slack_down", Wanted(parts=("Search",))).well, "a mere notice"
    assert told("slack_down", Wanted(parts=("Files",))).well, "resolved"


def test_of_many_parts_with_long_names_the_first_are_named() -> None:
    many = [{"name": f"{number} {'x' * 500}", "status": "major_outage"} for number in range(40)]
    wanted = Wanted(parts=tuple(one["name"] for one in many))
    seen = told("statuspage_well", wanted, components=many)
    assert (len(seen.parts), max(map(len, seen.parts))) == (NAMED, LONG)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8", "utf-8-sig"])
def test_a_page_is_read_in_whatever_it_is_written(encoding: str) -> None:
    answer = json.dumps(RECORDED["aws_down"]["answer"]).encode(encoding)
    if encoding == "utf-16-be":
        answer = b"\xfe\xff" + answer
    headers = {} if encoding.startswith("utf-8") else {"Content-Type": "application/json;charset=utf-16"}
    with server(says(answer, **headers)) as url:
        assert read_status("AWS", "aws", url, wanted=HERE).level == "down"


def test_every_recording_says_where_its_form_is_published() -> None:
    assert {name.partition("_")[0] for name in RECORDED} == set(FORMS)
    assert all(one["page"].startswith("https://") for one in RECORDED.values())
