"""Whether a service accepts a key is told by a page that needs one, and the key is told by nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from runbook import Permanent, Temporary
from sandbox.switchboard.serving import served
from tasks.web.keys import Tried, fingerprint, read_key

GOOD, HEADER = "oven_live_0practice0nly", "X-Oven-Key"
SAID = {
    "oven_live_0practice1nly": "API key expired",
    "oven_live_0practice2nly": "This key was revoked",
    "oven_live_0practice3nly": "Unauthorized",
}


async def needs_key(request: Request) -> JSONResponse:
    shown = request.headers.get(HEADER)
    if shown == GOOD:
        return JSONResponse({"bread": []})
    return JSONResponse({"error": SAID.get(shown or "", f"Invalid key {shown}")}, 401)


async def health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def broken(request: Request) -> JSONResponse:
    return JSONResponse({}, 503 if HEADER in request.headers else 401)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    routes = [Route("/bread", needs_key), Route("/health", health), Route("/broken", broken)]
    with served(Starlette(routes=routes)) as found:
        yield found


def tried(url: str, shown: str = GOOD, path: str = "bread") -> Tried:
    return read_key(f"{url}/{path}", HEADER, SecretStr(shown))


def test_a_key_that_is_good_is_accepted_and_told_by_its_fingerprint(url: str) -> None:
    found = tried(url)
    assert (found.without, found.status, found.refused()) == (401, 200, False)
    assert found.print == fingerprint(SecretStr(GOOD)) == "c525d766"
    assert GOOD not in found.model_dump_json() + str(found)


@pytest.mark.parametrize(
    ("shown", "why"), [*zip(SAID, ("expired", "withdrawn", ""), strict=True), ("oven_live_0practice4nly", "unknown")]
)
def test_why_a_key_is_refused_is_told_and_what_was_answered_is_not(url: str, shown: str, why: str) -> None:
    found = tried(url, shown)
    assert (found.refused(), found.why) == (True, why)
    assert shown not in found.model_dump_json() + str(found)


def test_a_page_that_answers_whoever_asks_tells_nothing_of_a_key(url: str) -> None:
    with pytest.raises(LookupError, match="answers 200 to whoever shows no key"):
        tried(url, path="health").refused()


def test_what_fails_for_another_reason_is_no_refusal(url: str) -> None:
    with pytest.raises(LookupError, match="answered 503, which says nothing of the key"):
        tried(url, path="broken").refused()


def test_who_does_not_answer_has_not_refused() -> None:
    with pytest.raises(Temporary, match="whether the key is accepted is unknown"):
        tried("http://127.0.0.1:9")


@pytest.mark.parametrize("shown", ["", "tiny7", "oven live 0practice", "oven_live_0practice0nly\r\nX-Other: 1"])
def test_what_is_no_key_is_not_sent(url: str, shown: str) -> None:
    with pytest.raises(Permanent, match="save it anew") as refused:
        tried(url, shown)
    assert shown == "" or shown not in str(refused.value)
