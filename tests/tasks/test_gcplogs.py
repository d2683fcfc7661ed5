"""Entries of Cloud Logging are counted by Google's own client, whatever they hold and however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.responses import HTMLResponse, JSONResponse

from blocks.google import Google
from journal import clock
from runbook import Permanent, SlowDown, Temporary
from sandbox.google.log_filter import parse
from sandbox.google.logs import Logs
from sandbox.google.refused import Refused
from sandbox.google.serving import READING, email, standing
from sandbox.google.shapes import written
from tasks.gcplogs.read import LONG, PAGES, Entries, read_entries
from tasks.gcplogs.wanted import Wanted, of_service, path
from tasks.logs.read import Kind
from tests.tasks.cloud import bakery
from tests.typing.bakery import PROJECT, SERVICE

HOUR = timedelta(hours=1)
LOG = f"projects/{PROJECT}/logs/run.googleapis.com%2Fstderr"
OF_SERVICE = Wanted(fields=of_service(SERVICE))
MEMORY = Kind(name="memory", pattern=r"^Memory limit of \d+ MiB exceeded")
SLOW = Kind(name="slow", pattern=r"supplier took too long")
AUDIT = "type.googleapis.com/google.cloud.audit.AuditLog"


def entry(minutes: float = 1, **payload: Any) -> dict[str, Any]:
    """One entry of the service, so many minutes ago."""
    at = clock.now() - timedelta(minutes=minutes)
    labels = {"service_name": SERVICE, "revision_name": "api-00003-abc", "location": "europe-west3"}
    resource = {"type": "cloud_run_revision", "labels": labels}
    return {"logName": LOG, "insertId": f"{minutes}", "resource": resource, "timestamp": written(at), **payload}


@pytest.fixture
def logs() -> Logs:
    return Logs(cloud=bakery().cloud)


@pytest.fixture
def google(logs: Logs) -> Iterator[Google]:
    with standing(logs.cloud) as found:
        yield found


def counted(google: Google, wanted: Wanted = OF_SERVICE, *kinds: Kind) -> Entries:
    return read_entries(google, wanted, window=HOUR, kinds=kinds or (MEMORY, SLOW))


# -- whatever an entry holds ------------------------------------------------------------------------------------------


def test_a_text_a_json_an_audit_record_and_a_request_are_told_by_what_they_say(google: Google, logs: Logs) -> None:
    logs.entries = [
        entry(1, textPayload="Memory limit of 512 MiB exceeded with 530 MiB used."),
        entry(2, jsonPayload={"level": "error", "msg": "The supplier took too long", "ms": 31_000}),
        entry(3, jsonPayload={"at": {"deep": "supplier took too long"}}),
        entry(
            4,
            protoPayload={
                "@type": AUDIT,
                "methodName": "ReplaceService",
                "status": {"message": "supplier took too long"},
            },
        ),
        entry(5, httpRequest={"requestMethod": "GET", "status": 503, "requestUrl": "https://x/", "latency": "30s"}),
        entry(6),
    ]
    found = counted(google, OF_SERVICE, MEMORY, SLOW, Kind(name="request", pattern=r"^GET 503 "))
    assert (found.total, found.kinds) == (6, {"memory": 1, "slow": 3, "request": 1})
    assert (found.silent, found.cut, found.complete) == (1, 0, True)
    assert found.began["slow"] == min(datetime.fromisoformat(logs.entries[n]["timestamp"]) for n in (1, 2, 3))
    assert found.last == datetime.fromisoformat(logs.entries[0]["timestamp"])


def test_an_entry_of_256_kb_is_cut_and_makes_no_kind_absent(google: Google, logs: Logs) -> None:
    logs.entries = [
        entry(1, textPayload="Memory limit of 512 MiB exceeded " + "x" * 256 * 1024),
        entry(2, textPayload="y" * 256 * 1024 + "supplier took too long"),
    ]
    found = counted(google)
    assert (found.of("memory"), found.of("slow"), found.cut) == (1, 0, 1), "one is told by how it begins"
    with pytest.raises(LookupError, match="1 entries of the log of bakery-prod could not be told by kind"):
        found.none("slow")
    assert len("y" * 256 * 1024) > LONG


def test_no_text_of_an_entry_is_in_what_is_read(google: Google, logs: Logs) -> None:
    planted = ["+49 171 5550123", "lead Anna Muster asks", "sk-planted-token"]
    logs.entries = [entry(1, textPayload=planted[0]), entry(2, jsonPayload={"msg": planted[1], "key": planted[2]})]
    found = counted(google)
    assert found.total == 2
    assert not any(text in f"{found} {found.model_dump_json()}" for text in planted)


# -- however many there are -------------------------------------------------------------------------------------------


def test_a_page_token_that_never_ends_is_given_up_and_unknown(google: Google, logs: Logs) -> None:
    logs.endless = True
    found = counted(google)
    assert len(logs.cloud.asked) == PAGES
    assert (found.total, found.complete) == (0, False)
    with pytest.raises(LookupError, match="was not searched to the end"):
        found.none()


def test_pages_are_turned_to_the_end(google: Google, logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.gcplogs.read.PAGE", 2)
    logs.entries = [entry(minutes, textPayload="supplier took too long") for minutes in range(1, 6)]
    found = counted(google)
    assert (found.of("slow"), found.complete, len(logs.cloud.asked)) == (5, True, 3)


def test_of_more_than_are_counted_the_newest_are(google: Google, logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.gcplogs.read.PAGE", 1)
    logs.entries = [entry(minutes, textPayload="supplier took too long") for minutes in range(1, PAGES + 5)]
    found = counted(google)
    assert (found.total, found.complete) == (PAGES, False)
    assert found.last == datetime.fromisoformat(logs.entries[0]["timestamp"])
    assert "or more" in str(found)


def test_a_log_that_was_searched_and_in_which_something_is_logged_has_none(google: Google, logs: Logs) -> None:
    with pytest.raises(LookupError, match="may be called otherwise"):
        counted(google).none()
    logs.entries = [entry(minutes=2 * 24 * 60, textPayload="well")]
    assert counted(google).none()
    assert counted(google).none("memory")


def test_of_what_a_kind_captures_it_is_told_how_many_are_of_the_five_that_come_most_often(
    google: Google, logs: Logs
) -> None:
    logs.entries = [entry(textPayload=f"shows {key}") for key in "aaabbcdefgh"]
    kinds = (Kind(name="key", pattern="shows ([a-h])"), Kind(name="none", pattern="shows"))
    found = counted(google, OF_SERVICE, *kinds)
    assert (found.kinds, found.alike) == ({"key": 11, "none": 0}, {"key": 3 + 2 + 1 + 1 + 1})


def test_what_is_asked_of_the_place_is_neither_a_text_nor_a_severity_nor_a_length() -> None:
    wanted = Wanted(fields=of_service(SERVICE), above=((("jsonPayload", "ms"), 9.5),), holds=("x",), at_least="ERROR")
    assert wanted.whatever() == Wanted(fields=of_service(SERVICE), above=((("jsonPayload", "ms"), 0.0),))


# -- which are wanted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        'say "please"',
        "a\\b",
        'end" OR severity >= DEFAULT OR textPayload = "',
        "two\nlines\ttabs",
        "käse, 面包",
        "\x07\x7f",
        "(NOT a) OR -b",
        "",
    ],
)
def test_a_value_says_nothing_but_itself(google: Google, logs: Logs, text: str) -> None:
    logs.entries = [entry(1, jsonPayload={"component": text}), entry(2, jsonPayload={"component": f"not {text}"})]
    found = counted(google, Wanted(fields=((("jsonPayload", "component"), text),)))
    assert (found.total, found.complete) == (1, True)


def test_a_text_is_looked_for_as_it_stands(google: Google, logs: Logs) -> None:
    logs.entries = [entry(1, textPayload='he said "no" AND left'), entry(2, textPayload="he said no")]
    assert counted(google, Wanted(holds=('said "no" AND',))).total == 1


def test_fields_severity_and_both_ends_of_the_time_are_asked_for(google: Google, logs: Logs) -> None:
    logs.entries = [
        entry(1, severity="ERROR", textPayload="a"),
        entry(2, severity="INFO", textPayload="a"),
        entry(70, severity="CRITICAL", textPayload="a"),
        {**entry(3, severity="ERROR", textPayload="a"), "resource": {"type": "gce_instance", "labels": {}}},
    ]
    assert counted(google, Wanted(fields=of_service(SERVICE), at_least="WARNING")).total == 1


def test_a_part_of_a_way_that_is_no_word_is_quoted() -> None:
    assert path("labels", "run.googleapis.com/base") == 'labels."run.googleapis.com/base"'
    assert path("jsonPayload", 'a"b') == 'jsonPayload."a\\"b"'
    for empty in ((), ("labels", "")):
        with pytest.raises(Permanent, match="none of whose parts is empty"):
            path(*empty)


def test_the_language_is_read_as_googles_page_has_it() -> None:
    """Examples in the manner of https://docs.cloud.google.com/logging/docs/view/logging-query-language."""
    one = {
        "severity": "ERROR",
        "resource": {"type": "gce_instance"},
        "textPayload": "a Unicorn",
        "labels": {"a.b": "1"},
    }
    for text in (
        'resource.type = "gce_instance" AND severity = ERROR',
        'resource.type=gce_instance severity>=WARNING\ntextPayload:"unicorn"',
        '"unicorn"',
        'labels."a.b" = 1 AND labels."a.b" > 0',
        'textPayload =~ "^a .*n$"',
        "severity != INFO",
        "",
    ):
        assert parse(text)(one), text
    for text in ("severity > ERROR", 'textPayload:"horse"', 'textPayload =~ "unicorn"', 'labels."a.b" = 2'):
        assert not parse(text)(one), text


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("severity >=", 400),
        ('textPayload = "open', 400),
        ("AND severity = ERROR", 400),
        ("severity = ERROR AND", 400),
        ("a = 1 AND AND b = 2", 400),
        ("colour = red", 400),
        ("timestamp >= yesterday", 400),
        ("severity >= BAD", 400),
        ('textPayload = "\\q"', 400),
        ("severity = ERROR OR severity = INFO", 501),
        ("NOT severity = ERROR", 501),
        ("(severity = ERROR)", 501),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(text: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        parse(text)({})
    assert refused.value.status == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resourceNames": []},
        {"resourceNames": ["projects/another"]},
        {"resourceNames": [f"projects/{PROJECT}", "projects/another"]},
        {"resourceNames": [f"projects/{PROJECT}"], "orderBy": "severity"},
        {"resourceNames": [f"projects/{PROJECT}"], "pageSize": "5"},
        {"resourceNames": [f"projects/{PROJECT}"], "pageSize": -1},
        {"resourceNames": [f"projects/{PROJECT}"], "pageToken": "mine"},
        {"resourceNames": [f"projects/{PROJECT}"], "filters": ""},
    ],
)
def test_a_request_that_is_none_is_refused(google: Google, logs: Logs, body: dict[str, Any]) -> None:
    shown = {"Authorization": f"Bearer {logs.cloud.accounts.token(email(READING, PROJECT))}"}
    answer = httpx.post(f"{google.endpoint_url}/v2/entries:list", json=body, headers=shown)
    assert answer.status_code in {400, 403}
    assert answer.json()["error"]["code"] == answer.status_code


# -- what is in the way -----------------------------------------------------------------------------------------------


def refusal(status: int, word: str, reason: str = "") -> JSONResponse:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    error = {"code": status, "message": "Said by the vendor.", "status": word, "details": details}
    return JSONResponse({"error": error}, status)


@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        (lambda: refusal(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"), SlowDown, "asks to slow down"),
        (lambda: refusal(403, "PERMISSION_DENIED", "RATE_LIMIT_EXCEEDED"), SlowDown, "asks to slow down"),
        (lambda: refusal(403, "PERMISSION_DENIED"), Permanent, "grant it the generated roles"),
        (lambda: refusal(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), Permanent, "switched off in the project"),
        (lambda: refusal(400, "INVALID_ARGUMENT"), Permanent, r"refused .*\(INVALID_ARGUMENT\): Said by the vendor\."),
        (lambda: refusal(503, "UNAVAILABLE"), Temporary, "an error of its own"),
        (lambda: HTMLResponse("<html>busy</html>", 502), Temporary, "an error of its own"),
        (lambda: HTMLResponse("<html>sign in</html>"), Permanent, "is no JSON"),
        (lambda: JSONResponse([]), Permanent, "is no JSON"),
        (lambda: HTMLResponse("", 302, headers={"Location": "http://127.0.0.1:1/"}), Permanent, "is no JSON"),
        (lambda: JSONResponse({"entries": [{"timestamp": "now"}]}), Permanent, "an entry of another form"),
        (lambda: JSONResponse({"entries": ["text"]}), Permanent, "an entry of another form"),
        (lambda: JSONResponse({"entries": 7}), Permanent, "an entry of another form"),
    ],
)
def test_an_answer_that_is_none_counts_nothing(google: Google, logs: Logs, answer: Any, kind: Any, why: str) -> None:
    logs.cloud.instead["logging.entries.list"] = lambda _: answer()
    with pytest.raises(kind, match=why):
        counted(google)


def test_silence_is_temporary(google: Google) -> None:
    with pytest.raises(Temporary, match="could not be reached to read the entries"):
        counted(google.model_copy(update={"endpoint_url": "http://127.0.0.1:1"}))


def test_an_account_that_may_not_read_is_told_so(google: Google, logs: Logs) -> None:
    for held in logs.cloud.accounts.of(email(READING, PROJECT)).allowed.values():
        held.discard("logging.logEntries.list")
    with pytest.raises(Permanent, match=f"does not allow {email(READING, PROJECT)} to read the entries of its log"):
        counted(google)


def test_what_is_asked_is_what_googles_client_says(google: Google, logs: Logs) -> None:
    """`_use_grpc` keeps it on HTTP, by the endpoint that is given; the day that it adds by itself is not added."""
    bodies: list[Any] = []
    handler = logs.cloud.handlers["logging.entries.list"]
    logs.cloud.handlers["logging.entries.list"] = lambda call: (bodies.append(call.body), handler(call))[1]
    logs.entries = [entry(textPayload="well")]
    counted(google)
    (body,) = bodies
    assert body["resourceNames"] == [f"projects/{PROJECT}"]
    assert (body["orderBy"], body["pageSize"]) == ("timestamp desc", 300)
    assert body["filter"].count("timestamp") == 2
