"""A clock is told by the `Date` of an answer, beside those of three others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from journal import clock
from runbook import Temporary
from sandbox.switchboard.serving import served
from tasks.web.clocks import Clock, read_clock

HALF_A_MINUTE = timedelta(seconds=30)
NOBODY = "http://127.0.0.1:9"


async def ahead(request: Request) -> Response:
    by, age = (int(request.path_params[name]) for name in ("by", "age"))
    at = clock.now() + timedelta(seconds=by - age)
    return Response(headers={"Date": format_datetime(at, usegmt=True), **({"Age": str(age)} if age else {})})


async def behind(request: Request) -> Response:
    at = clock.now() - timedelta(seconds=int(request.path_params["by"]))
    return Response(headers={"Date": format_datetime(at, usegmt=True)})


async def silent(_: Request) -> Response:
    return Response()


async def odd(_: Request) -> Response:
    return Response(headers={"Date": "a quarter past nine"})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    routes = [Route("/{by:int}/{age:int}", ahead), Route("/-{by:int}/{age:int}", behind)]
    with served(Starlette(routes=[*routes, Route("/silent", silent), Route("/odd", odd)]), dated=False) as found:
        yield found


def read(url: str, own: str, *others: str) -> Clock:
    return read_clock(f"{url}/{own}", [f"{url}/{one}" for one in others])


@pytest.mark.parametrize(("own", "off"), [("0/0", False), ("20/0", False), ("90/0", True), ("-90/0", True)])
def test_a_clock_is_off_that_is_not_as_the_middle_one_of_three(url: str, own: str, off: bool) -> None:
    assert read(url, own, "0/0", "0/0", "0/0").is_off(HALF_A_MINUTE) is off


def test_one_of_three_others_that_is_off_says_nothing(url: str) -> None:
    found = read(url, "0/0", "0/0", "3600/0", "0/0")
    assert not found.is_off(HALF_A_MINUTE)
    assert str(found).endswith("of 3 other clocks")


def test_an_answer_that_was_kept_says_for_how_long(url: str) -> None:
    assert not read(url, "0/0", "0/600", "0/600", "0/0").is_off(HALF_A_MINUTE)


@pytest.mark.parametrize("third", ["silent", "odd"])
def test_of_two_others_nobody_knows_who_is_right(url: str, third: str) -> None:
    with pytest.raises(LookupError, match="only 2 of those"):
        read(url, "90/0", "0/0", "0/0", third).is_off(HALF_A_MINUTE)


def test_who_does_not_say_the_time_is_unknown(url: str) -> None:
    with pytest.raises(Temporary, match="does not say what time it is"):
        read(url, "silent", "0/0", "0/0", "0/0")
    with pytest.raises(Temporary, match="Nobody else says"):
        read_clock(f"{url}/0/0", [NOBODY])
