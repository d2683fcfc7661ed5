"""Moments that AWS writes are read as botocore reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.utils import parse_timestamp

from blocks.aws_session import Renewed, moment, session, session_of

SAID = (
    1772625600,
    1772625600.123,
    "1772625600",
    "1.7726256E9",
    "2026-03-04T12:00:00Z",
    "2026-03-04T12:00:00.250Z",
    "2026-03-04T13:00:00+01:00",
    "20260304T120000Z",
    "Wed, 04 Mar 2026 12:00:00 GMT",
)


@pytest.mark.parametrize("said", SAID, ids=str)
def test_a_moment_is_the_one_that_botocore_reads(said: Any) -> None:
    assert moment(said) == parse_timestamp(said)
    assert moment(said).tzinfo is UTC


@pytest.mark.parametrize("said", ["soon", "", "2026-13-40"])
def test_what_is_no_moment_is_refused_as_botocore_does(said: str) -> None:
    with pytest.raises(ValueError, match="timestamp"):
        parse_timestamp(said)
    with pytest.raises(ValueError, match="timestamp"):
        moment(said)


def test_one_without_a_zone_is_in_utc() -> None:
    assert moment("2026-03-04T12:00:00") == datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_clients_read_moments_so() -> None:
    client: Any = session().client("ecs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    body = b'{"services": [{"createdAt": 1772625600.5}]}'
    client.meta.events.register("before-send", lambda request, **_: AWSResponse(request.url, 200, {}, Raw(body)))
    (service,) = client.describe_services(services=["any"])["services"]
    assert service["createdAt"] == datetime(2026, 3, 4, 12, 0, 0, 500_000, tzinfo=UTC)
    assert service["createdAt"].tzinfo is UTC, "botocore's own parser gives the zone of the machine"


class Raw(BytesIO):
    """A body as urllib3 hands it out."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def test_clients_go_on_with_credentials_that_were_renewed() -> None:
    credentials = Renewed({"AccessKeyId": "first", "SecretAccessKey": "x", "SessionToken": "one"})
    client: Any = session_of(credentials).client("ecs", region_name="us-east-1")
    seen: list[tuple[str, str]] = []

    def answer(request: Any, **_: object) -> AWSResponse:
        signed = request.headers["Authorization"].decode()
        key = signed.partition("Credential=")[2].partition("/")[0]
        seen.append((key, request.headers["X-Amz-Security-Token"].decode()))
        return AWSResponse(request.url, 200, {}, Raw(b"{}"))

    client.meta.events.register("before-send", answer)
    client.list_clusters()
    credentials.renew({"AccessKeyId": "second", "SecretAccessKey": "y", "SessionToken": "two"})
    client.list_clusters()
    assert seen == [("first", "one"), ("second", "two")]
