"""What a service tells of its parts is read in the shape that was declared, and in no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from journal.redaction import redact
from runbook import CodeBlueError, Permanent, SlowDown, Temporary
from tasks.web.parts import BREAKERS, CHECKS, DEPENDENCIES, MANY, Parts, Shape, read_parts
from tests.tasks.test_web_reads import says, server

READY = {"status": "ready", "checks": {"database": {"status": "ok", "latencyMs": 2}, "redis": {"status": "degraded"}}}
DEEP = {
    "status": "unhealthy",
    "dependencies": [
        {"name": "postgresql", "status": "unhealthy", "message": "refused for +40 721 555 014"},
        {"name": "trigger.dev", "status": "not_configured"},
    ],
}
CIRCUITS = {
    "openCircuits": ["openai"],
    "services": [{"name": "openai", "state": "OPEN"}, {"name": "stripe", "state": "HALF_OPEN"}],
}


def read(told: Any, shape: Shape = CHECKS, status: int = 200) -> Parts:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    with server(says(body, status)) as url:
        return read_parts(url, shape)


@pytest.mark.parametrize(
    "told",
    [
        b"<html>maintenance</html>",
        b"",
        b'{"checks": {"database": {"status": "o',
        b"[]",
        {"status": "ok"},
        {"checks": "all well"},
        {"checks": {"database": {"status": "wobbly"}}},
        {"checks": {"database": {"status": None}}},
        {"checks": {"database": {}}},
        {"checks": {"database": 4}},
        {"checks": {"a\nb": {"status": "ok"}}},
        {"checks": {f"part {number}": {"status": "ok"} for number in range(MANY + 1)}},
        {"checks": [{"status": "ok"}]},
        {"checks": [{"name": "a", "status": "ok"}, {"name": "a", "status": "error"}]},
    ],
)
def test_another_form_than_was_declared_is_unreadable(told: Any) -> None:
    with pytest.raises(Permanent, match="another form than was declared"):
        read(told)


@pytest.mark.parametrize("status", [204, 301, 401, 404, 500])
def test_another_status_than_those_that_tell_of_parts_is_unreadable(status: int) -> None:
    with pytest.raises(Permanent, match="form that can be read"):
        read(READY, status=status)


def test_a_page_that_is_too_long_is_unreadable() -> None:
    with pytest.raises(Permanent, match="form that can be read"):
        read({**READY, "more": "x" * 70_000})


def test_a_service_that_is_asked_too_often_is_asked_more_rarely() -> None:
    with pytest.raises(SlowDown):
        read(READY, status=429)


def test_a_service_that_does_not_answer_is_unknown() -> None:
    with server(says(b"")) as url:
        pass
    with pytest.raises(Temporary, match="nobody listens"):
        read_parts(url, CHECKS)


def test_checks_are_told_by_name() -> None:
    found = read(READY)
    assert found.states == {"database": "well", "redis": "impaired"}
    assert found.well("database")
    assert not found.down("redis")


def test_a_service_that_is_not_ready_says_why() -> None:
    assert read({"checks": {"database": {"status": "error"}}}, status=503).down("database")


def test_dependencies_are_told_in_a_list_and_their_texts_are_dropped() -> None:
    found = read(DEEP, DEPENDENCIES, 503)
    assert found.down("postgresql")
    assert "721" not in found.model_dump_json() + str(found)


def test_a_part_may_be_its_own_word() -> None:
    assert read({"checks": {"database": "error"}}).down("database")


def test_a_part_that_is_not_told_of_or_not_used_is_unknown() -> None:
    found = read(DEEP, DEPENDENCIES, 503)
    for name in ("redis", "trigger.dev"):
        with pytest.raises(LookupError):
            found.down(name)


def test_no_part_at_all_is_no_health() -> None:
    for told in ({"checks": {}}, {"checks": {"trigger": {"status": "not_configured"}}}):
        with pytest.raises(LookupError):
            read(told).well("trigger")


def test_breakers_are_open_half_open_or_closed() -> None:
    found = read(CIRCUITS, BREAKERS)
    assert found.states == {"openai": "down", "stripe": "impaired"}


def test_an_error_that_is_raised_quotes_nothing() -> None:
    asked: tuple[Callable[[], Parts], ...] = (
        lambda: read({"checks": {"lead": {"status": "+40 721 555 014"}}}),
        lambda: read(b"+40 721 555 014"),
    )
    for one in asked:
        with pytest.raises(CodeBlueError) as refused:
            one()
        assert "721" not in str(refused.value)


@pytest.mark.parametrize("name", ["openai", "whatsapp", "mailer", "auth", "session-token"])
def test_a_reading_survives_the_journal_whatever_a_part_is_called(name: str) -> None:
    found = read({"services": [{"name": name, "state": "OPEN"}]}, BREAKERS)
    assert Parts.model_validate(redact(found.model_dump(mode="json"))) == found
