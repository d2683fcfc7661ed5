"""What a measure, a certificate and an alarm say is decided without a server."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, SecretStr, ValidationError

from blocks.rung_parts import Workflows
from deployments.checks.alarms import amiss
from deployments.checks.certificates import endpoints_of, stage_of
from deployments.checks.measures import NAME, Ahead, Measure
from flows.rung.system import SYSTEM
from runbook import Permanent, Temporary, Trend, trend
from tasks.cloudwatch.alarms import Alarm, Alarms
from tasks.cloudwatch.read import Metrics, Series
from tasks.tls.read import Certificate, read_certificate

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def metrics(*values: float, age: timedelta = timedelta(minutes=1)) -> Metrics:
    at = tuple(NOW - age - timedelta(minutes=len(values) - 1 - n) for n in range(len(values)))
    return Metrics(
        series={NAME: Series(values=values, at=at)} if values else {}, asked_at=NOW, period=timedelta(minutes=1)
    )


def measure(**other: object) -> Measure:
    return Measure.model_validate({"title": "t", "namespace": "n", "metric": "m", "above": 5} | other)


@pytest.mark.parametrize("limits", [{"above": None}, {"above": 1, "below": 1}])
def test_a_measure_has_exactly_one_limit(limits: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="give one limit"):
        measure(**limits)


def test_old_and_missing_values_are_unknown() -> None:
    with pytest.raises(LookupError):
        measure().of(metrics())
    with pytest.raises(LookupError, match="old"):
        measure().of(metrics(1, 2, age=timedelta(hours=1)))
    with pytest.raises(LookupError, match="old"):
        measure(value="growth").of(metrics(1, 2, age=timedelta(hours=1)))


@pytest.mark.parametrize(
    ("value", "expected"), [("latest", 4), ("highest", 9), ("total", 15), ("mean", 5), ("growth", 2)]
)
def test_what_counts_of_the_values(value: str, expected: float) -> None:
    assert measure(value=value).of(metrics(2, 9, 4)) == expected


def test_a_limit_is_passed_beyond_it_and_not_at_it() -> None:
    assert [measure().passed(value) for value in (4, 5, 6)] == [False, False, True]
    assert [measure(above=None, below=5).passed(value) for value in (4, 5, 6)] == [True, False, False]


# -- what is to come --------------------------------------------------------------------------------------------------

FULL = Ahead(limit=0, says="The disk is full", within=timedelta(days=3))
GB, HOUR = 1e9, timedelta(hours=1)


def free(*, hours: int = 72, a_day: float, left: float) -> Trend:
    """A disk that has so many bytes left now, and has gone so for a while."""
    at = tuple(NOW - HOUR * ago for ago in reversed(range(hours)))
    values = tuple(left - a_day * ((NOW - moment) / timedelta(days=1)) for moment in at)
    return trend(Series(values=values, at=at), unit="bytes")


def test_people_are_told_when_a_disk_is_full_soon() -> None:
    seen = free(a_day=-20 * GB, left=54 * GB)
    left = FULL.soon(seen)
    assert left is not None
    assert FULL.said(left, seen) == (
        "The disk is full in about 3 days, at the pace of the last 3 days: 54.83 GB, -20 GB a day (-20 GB to -20 GB)"
    )


def test_nobody_is_told_of_what_is_far_away() -> None:
    assert FULL.soon(free(a_day=-5 * GB, left=54 * GB)) is None


@pytest.mark.parametrize(
    ("a_day", "left", "why"),
    [(0, 54, "neither clearly rises nor falls"), (3, 54, "moves away"), (-1, 54, "too far to tell")],
)
def test_what_nobody_can_tell_is_no_forecast(a_day: float, left: float, why: str) -> None:
    with pytest.raises(LookupError, match=why):
        FULL.soon(free(a_day=a_day * GB, left=left * GB))


def test_the_disk_of_rung_is_looked_at_ahead() -> None:
    given = next(check for check in SYSTEM.checks if check.name == "disk").parameters["measure"]
    ahead = Measure.model_validate(given).ahead
    assert ahead is not None
    assert (ahead.limit, ahead.over) == (0, timedelta(days=3))


# -- certificates -----------------------------------------------------------------------------------------------------


def left(**time: float) -> Certificate:
    return Certificate(endpoint="a:443", names=(), not_after=NOW + timedelta(**time), seen_at=NOW)


@pytest.mark.parametrize(
    ("days", "stage"), [(31, None), (30, 30), (15, 30), (14, 14), (4, 14), (3, 3), (0.5, 3), (0, 0), (-9, 0)]
)
def test_people_are_told_at_thirty_fourteen_and_three_days_and_when_it_is_over(days: float, stage: int | None) -> None:
    assert stage_of(left(days=days)) == stage


def test_an_expired_certificate_says_so() -> None:
    assert str(left(days=-1)).endswith("expired on 2026-01-01")
    assert "13 days left" in str(left(days=13, hours=2))


@contextmanager
def serving(folder: Path, until: datetime) -> Iterator[str]:
    """A TLS endpoint on loopback with a certificate of our own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rung.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=90))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("rung.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as ears:

        def answer() -> None:
            caller, _ = ears.accept()
            with caller, context.wrap_socket(caller, server_side=True) as secure:
                secure.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"127.0.0.1:{ears.getsockname()[1]}"
        finally:
            thread.join()


@pytest.mark.parametrize("days", [20, -2])
def test_the_certificate_of_an_endpoint_is_read_even_when_it_has_expired(tmp_path: Path, days: int) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    with serving(tmp_path, until) as endpoint:
        seen = read_certificate(endpoint)
    assert (seen.not_after, seen.names) == (until, ("rung.example",))


def test_what_an_environment_reaches_by_https_is_looked_at() -> None:
    class Part(BaseModel):
        url: str

    class Whole(BaseModel):
        one: Part
        two: Part
        plain: str = "http://a.example"
        secret: SecretStr = SecretStr("https://hooks.example/token")
        name: str = "https"

    whole = Whole(one=Part(url="https://n8n.example"), two=Part(url="https://b.example:8443/path"))
    assert list(endpoints_of(whole)) == ["n8n.example:443", "b.example:8443"]
    assert list(endpoints_of(Workflows())) == ["n8n.internal.rung.health:443"]


def test_an_endpoint_that_cannot_be_seen_is_no_good_news() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ears:
        port = ears.getsockname()[1]
    with pytest.raises(Temporary, match="cannot be reached"):
        read_certificate(f"127.0.0.1:{port}")
    with pytest.raises(Permanent, match="host:port"):
        read_certificate("rung.example")


# -- alarms -----------------------------------------------------------------------------------------------------------

WAITS = {"rung.a": ("PostgresDown", "rung-*a*"), "rung.b": ("rung-b",), "rung.c": ("OnlyPrometheus",)}


def alarm(name: str, *, enabled: bool = True, tells: tuple[str, ...] = ("arn:x",)) -> Alarm:
    return Alarm(name=name, state="OK", since=NOW, changed=NOW, enabled=enabled, tells=tells, tells_ok=())


def seen(*alarms: Alarm) -> Alarms:
    return Alarms(prefix="rung-", alarms={one.name: one for one in alarms}, asked_at=NOW)


def test_a_runbook_whose_alarm_is_missing_off_or_silent_is_named() -> None:
    found = seen(alarm("rung-xay", enabled=False), alarm("rung-za", tells=()))
    first, second = amiss(WAITS, "rung-", found)
    assert first.startswith("No alarm that starts rung.a reaches anybody (rung-xay, rung-za)")
    assert second == "No alarm is there that starts rung.b; it waits for rung-b."


def test_one_alarm_that_reaches_somebody_is_enough() -> None:
    found = seen(alarm("rung-xay", enabled=False), alarm("rung-za"), alarm("rung-b"))
    assert list(amiss(WAITS, "rung-", found)) == []
