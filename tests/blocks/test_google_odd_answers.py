"""What answers as Google and is not, hangs, or refuses for a reason of its own is told as such, and tells no secret."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse, RedirectResponse, Response

from blocks.google import Google
from runbook import Drifted, Permanent, SlowDown, Temporary
from sandbox.google.access import ACT_AS
from sandbox.google.logs import Logs
from sandbox.google.run import Run
from sandbox.google.serving import RUNS_AS, email, standing
from tasks.cloudrun.change import SendTrafficBack
from tasks.cloudrun.read import read_revisions, read_service
from tasks.gcplogs.read import read_entries
from tasks.gcplogs.wanted import Wanted
from tasks.logs.read import Kind
from tests.tasks.cases import WARRANT, planned
from tests.tasks.cloud import SECOND, bakery
from tests.typing.bakery import PROJECT, SERVICE

SERVICES = "run.projects.locations.services"
ACTS = "iamcredentials.projects.serviceAccounts.generateAccessToken"
LEAD = "Anna has a toothache"
PHONE, TOKEN = "+49 151 23456789", "ya29.a0AfB_byC-planted0123456789abcdefghij"


@pytest.fixture
def run() -> Run:
    return bakery()


@pytest.fixture
def google(run: Run) -> Iterator[Google]:
    with standing(run.cloud) as found:
        yield found


def told(raised: pytest.ExceptionInfo[Exception]) -> str:
    return "".join(traceback.format_exception(raised.value))


# -- hanging ----------------------------------------------------------------------------------------------------------


@contextmanager
def dripping(begins: bytes, drop: bytes) -> Generator[str]:
    """The address of something that begins an answer and goes on in drops, each of them in time."""
    ended = threading.Event()

    def drip(taken: socket.socket) -> None:
        with taken, suppress(OSError):
            taken.recv(65536)
            taken.sendall(begins)
            while not ended.wait(0.05):
                taken.sendall(drop)

    def listen() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


DRIPS = [
    (b"", b"H"),
    (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
    (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
]


@pytest.mark.parametrize(("begins", "drop"), DRIPS)
def test_an_answer_in_drops_is_given_up_wherever_it_drips(google: Google, begins: bytes, drop: bytes) -> None:
    """httplib2 asks once more where it was cut before the answer began: that one must end as well."""
    with dripping(begins, drop) as url, pytest.raises(Temporary, match="it answers too slowly"):
        read_service(google.model_copy(update={"endpoint_url": url, "patience": timedelta(seconds=0.2)}), SERVICE)


@pytest.mark.parametrize(("begins", "drop"), DRIPS[:2])
def test_who_gives_tokens_in_drops_is_given_up_too(google: Google, begins: bytes, drop: bytes) -> None:
    with dripping(begins, drop) as url, pytest.raises(Temporary, match="it answers too slowly"):
        read_service(with_tokens_at(google, url).model_copy(update={"patience": timedelta(seconds=0.2)}), SERVICE)


# -- who is let in ----------------------------------------------------------------------------------------------------


def with_tokens_at(google: Google, url: str) -> Google:
    assert google.reading_key is not None
    key = {**json.loads(google.reading_key.get_secret_value()), "token_uri": url}
    return google.model_copy(update={"reading_key": SecretStr(json.dumps(key))})


@pytest.fixture
def acting(google: Google, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Google:
    """The project without keys: the machine's own identity acts as its accounts."""
    assert google.reading_key is not None
    own = run.cloud.accounts.of(email(RUNS_AS, PROJECT))
    own.allowed[f"projects/{PROJECT}"] = {ACT_AS}
    (tmp_path / "own.json").write_text(
        json.dumps(own.key(json.loads(google.reading_key.get_secret_value())["token_uri"]))
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "own.json"))
    return google.model_copy(update={"reading_key": None, "changing_key": None})


@pytest.mark.parametrize("answer", [b"<html>log in here</html>", b"[]", b"7", b'{"a": 1}', b'{"access_token": 7}', b""])
def test_whoever_gives_no_token_is_told(google: Google, answer: bytes) -> None:
    whole = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
    with dripping(whole, b"") as url, pytest.raises((Permanent, Temporary), match=r"token|could not be reached"):
        read_service(with_tokens_at(google, url), SERVICE)


def test_a_clock_that_is_not_right_is_said_to_be(google: Google, run: Run) -> None:
    run.cloud.accounts.skewed = True
    with pytest.raises(Permanent, match=r"this machine's clock is not right.*; set it"):
        read_service(google, SERVICE)


@pytest.mark.parametrize(("status", "kind"), [(503, Temporary), (500, Temporary), (429, SlowDown), (403, Permanent)])
def test_why_nobody_may_act_as_an_account_is_told_apart(
    acting: Google, run: Run, status: int, kind: type[Exception]
) -> None:
    refusal = {"error": {"code": status, "message": "not now", "status": "X"}}
    run.cloud.instead[ACTS] = lambda _: JSONResponse(refusal, status)
    run.cloud.handlers[ACTS] = lambda _: {}
    with pytest.raises(kind) as raised:
        read_service(acting, SERVICE)
    assert type(raised.value) is kind


def test_a_token_that_cannot_be_read_is_in_no_error(acting: Google, run: Run) -> None:
    """The library puts the whole answer into its error, with the token."""
    run.cloud.instead[ACTS] = lambda _: JSONResponse({"accessToken": TOKEN, "expireTime": "tomorrow"})
    with pytest.raises(Permanent) as raised:
        read_service(acting, SERVICE)
    assert TOKEN not in told(raised)


# -- refusals ---------------------------------------------------------------------------------------------------------


def refused(status: int, **error: Any) -> Response:
    return JSONResponse({"error": {"code": status, "message": "no", **error}}, status)


def why(reason: str) -> list[dict[str, str]]:
    return [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (refused(403), Permanent, "grant it the generated roles"),
        (refused(403, details=why("IAM_PERMISSION_DENIED")), Permanent, "grant it the generated roles"),
        (refused(403, details=why("BILLING_DISABLED")), Permanent, "BILLING_DISABLED.*no role of ours"),
        (refused(403, details=why("CONSUMER_SUSPENDED")), Permanent, "CONSUMER_SUSPENDED.*no role of ours"),
        (refused(403, details=why("SECURITY_POLICY_VIOLATED")), Permanent, "SECURITY_POLICY_VIOLATED.*no role of ours"),
        (refused(403, details=why("SERVICE_DISABLED")), Permanent, "enable it"),
        (refused(403, errors=[{"reason": "dailyLimitExceeded"}]), SlowDown, "slow down"),
        (refused(403, errors=[{"reason": "forbidden"}]), Permanent, "grant it the generated roles"),
        (refused(429), SlowDown, "slow down"),
        (Response("<html>", 429), SlowDown, "slow down"),
        (refused(409), Drifted, "changed meanwhile"),
        (refused(412), Drifted, "changed meanwhile"),
        (refused(404), Permanent, "Google knows nothing there"),
        (refused(501), Temporary, "error of its own"),
        (Response("<html>", 502), Temporary, "error of its own"),
        (Response("<html>", 403), Permanent, "is no JSON"),
        (Response("<html>", 200), Permanent, "is no JSON"),
        (Response(status_code=204), Permanent, "is no JSON"),
        (RedirectResponse("http://127.0.0.1:1/elsewhere", 302), Permanent, "status 302"),
        (RedirectResponse("/v2/elsewhere", 308), Permanent, "status 308"),
        (JSONResponse({"error": {"code": 403}}), Permanent, "does not name it"),
    ],
)
def test_a_refusal_is_told_with_what_mends_it(
    google: Google, run: Run, answer: Response, kind: type[Exception], says: str
) -> None:
    run.cloud.instead[f"{SERVICES}.get"] = lambda _: answer
    with pytest.raises(kind, match=says):
        read_service(google, SERVICE)


def test_what_a_refusal_repeats_of_people_and_secrets_is_not_told_on(google: Google, run: Run) -> None:
    said = f"cannot send to {PHONE} with {TOKEN}\x1b[31m\u202e"
    for status in (400, 404, 409, 403):
        details = why("SECURITY_POLICY_VIOLATED") if status == 403 else []
        run.cloud.instead[f"{SERVICES}.get"] = lambda _, s=status, d=details: refused(s, message=said, details=d)
        with pytest.raises((Permanent, Drifted)) as raised:
            read_service(google, SERVICE)
        assert not any(one in told(raised) for one in (PHONE, TOKEN, "\x1b", "\u202e")), status


def test_what_an_operation_and_a_service_say_of_people_is_not_told_on(google: Google, run: Run) -> None:
    change = SendTrafficBack(google=google, service=SERVICE, within=timedelta(0))
    plan = planned(change)
    run.fails = f"no answer to {PHONE} with {TOKEN}"
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    seen = str(outcome) + str(read_service(google, SERVICE)) + str(change.landed(plan))
    assert "[redacted: phone]" in seen
    assert not any(one in seen for one in (PHONE, TOKEN))


# -- another form -----------------------------------------------------------------------------------------------------

ODD: tuple[dict[str, Any], ...] = (
    {},
    {"name": 7},
    {"name": "somebody-else"},
    {"traffic": "x"},
    {"traffic": {"a": 1}},
    {"traffic": [7]},
    {"traffic": [{"percent": "many"}]},
    {"trafficStatuses": 7},
    {"trafficStatuses": [None]},
    {"terminalCondition": "x"},
    {"terminalCondition": []},
    {"latestCreatedRevision": [1]},
    {"reconciling": "no"},
    {"etag": {}},
    {"lastModifier": {"a": 1}},
    {"updateTime": 7},
    {"updateTime": "0001-01-01T00:00:00+14:00"},
)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_service_of_another_form_is_unreadable(google: Google, run: Run, odd: dict[str, Any]) -> None:
    whole = {} if not odd else {"name": google.service(SERVICE), **odd}
    run.cloud.instead[f"{SERVICES}.get"] = lambda _: JSONResponse(whole)
    with pytest.raises(Permanent, match=r"look by hand|another form"):
        read_service(google, SERVICE)


def test_numbers_that_are_none_and_fields_twice_are_unreadable(google: Google, run: Run) -> None:
    name = google.service(SERVICE)
    for text in ('"traffic": [{"percent": 1e999}]', '"traffic": [{"percent": NaN}]', '"traffic": [], "traffic": 7'):
        run.cloud.instead[f"{SERVICES}.get"] = lambda _, text=text: Response(f'{{"name": "{name}", {text}}}')
        with pytest.raises(Permanent, match="look by hand"):
            read_service(google, SERVICE)


@pytest.mark.parametrize(
    "odd", [{"revisions": "x"}, {"revisions": [7]}, {"revisions": [{"createTime": 7}]}, {"revisions": {"a": 1}}]
)
def test_revisions_of_another_form_are_unreadable(google: Google, run: Run, odd: dict[str, Any]) -> None:
    run.cloud.instead[f"{SERVICES}.revisions.list"] = lambda _: JSONResponse(odd)
    with pytest.raises(Permanent, match="form"):
        read_revisions(google, SERVICE, window=timedelta(hours=1))


@pytest.mark.parametrize("name", ["a/b", "", "../x", "a?b=c", "A", "x" * 100, "a\n", "a b", "-a", "ünï"])
def test_a_name_that_is_none_asks_for_nothing(google: Google, run: Run, name: str) -> None:
    with pytest.raises(Permanent, match="is no name of a service of Cloud Run"):
        read_service(google, name)
    with pytest.raises(Permanent, match="is no name of a service of Cloud Run"):
        SendTrafficBack(google=google, service=SERVICE, to=name or "/").plan()
    assert not [one for one, _ in run.cloud.asked if one.endswith("revisions.get")]


@pytest.mark.parametrize("begun", [{}, {"name": "x"}, {"name": 7}, {"name": "projects/x?y"}])
def test_an_operation_with_an_odd_name_is_told_by_the_service(google: Google, run: Run, begun: dict[str, Any]) -> None:
    patched = run.cloud.handlers[f"{SERVICES}.patch"]
    run.cloud.instead[f"{SERVICES}.patch"] = lambda call: (patched(call), JSONResponse(begun))[1]
    outcome = SendTrafficBack(google=google, service=SERVICE).apply(
        planned(SendTrafficBack(google=google, service=SERVICE)), WARRANT
    )
    assert outcome.ok
    assert run.services[SERVICE].share(SECOND) == 100


# -- entries ----------------------------------------------------------------------------------------------------------

TOOTH = (Kind(name="tooth", pattern="toothache"),)


def entry(**more: Any) -> dict[str, Any]:
    name = f"projects/{PROJECT}/logs/x"
    return {"logName": name, "resource": {"type": "global"}, "timestamp": "2026-11-30T00:00:00Z", **more}


@pytest.mark.parametrize(
    "payload",
    [
        {"protoPayload": {"@type": "type.googleapis.com/x.Y", "value": "CgNmb28="}},
        {"jsonPayload": 7},
        {"textPayload": 7},
    ],
)
def test_a_payload_that_is_neither_text_nor_json_makes_no_kind_absent(
    google: Google, run: Run, payload: dict[str, Any]
) -> None:
    Logs(cloud=run.cloud)
    run.cloud.instead["logging.entries.list"] = lambda _: JSONResponse({"entries": [entry(**payload)]})
    found = read_entries(google, Wanted(), window=timedelta(hours=1), kinds=TOOTH)
    assert (found.total, found.silent) == (1, 1)
    with pytest.raises(LookupError, match="could not be told by kind"):
        found.none("tooth")


@pytest.mark.parametrize("depth", [*range(100, 1000, 100), *range(940, 1000, 4), 5000, 50_000])
def test_brackets_within_brackets_are_read_or_unreadable(google: Google, run: Run, depth: int) -> None:
    Logs(cloud=run.cloud)
    deep = json.dumps({"entries": [entry(jsonPayload={"deep": 0})]}).replace(
        '"deep": 0', f'"deep": {"[" * depth}{"]" * depth}'
    )
    run.cloud.instead["logging.entries.list"] = lambda _: Response(deep)
    with suppress(Permanent):
        assert read_entries(google, Wanted(), window=timedelta(hours=1), kinds=TOOTH).total == 1


@pytest.mark.parametrize("odd", [{"timestamp": LEAD}, {"textPayload": LEAD, "logName": None}, {"severity": {LEAD: 1}}])
def test_the_text_of_an_entry_is_in_no_error(google: Google, run: Run, odd: dict[str, Any]) -> None:
    Logs(cloud=run.cloud)
    run.cloud.instead["logging.entries.list"] = lambda _: JSONResponse({"entries": [entry(**odd), 7]})
    with pytest.raises(Permanent, match="cannot be counted") as raised:
        read_entries(google, Wanted(), window=timedelta(hours=1), kinds=TOOTH)
    assert LEAD not in told(raised)


def test_an_endpoint_with_a_password_in_it_is_refused_without_it(google: Google) -> None:
    for url in (
        "https://u:sk-planted@example.com",
        "http://u:sk-planted@example.com",
        "https://example.com?key=sk-planted",
    ):
        given = {**google.model_dump(context={"include_secrets": True}), "endpoint_url": url}
        with pytest.raises(ValueError, match="holds more than host and path") as refusal:
            Google(**given)
        assert "sk-planted" not in str(refusal.value)
