"""What PostgreSQL says when it takes no more connections, and whether that is the incident or a limit of ours.

Who is let in all the same is said beforehand.
"""

from __future__ import annotations

import psycopg
import pytest
from pydantic import SecretStr

from blocks.postgres import Postgres, TooManyConnections
from journal.facts.words import Answer
from runbook import Permanent
from sandbox.database import as_admin
from sandbox.systems.rung.wiring import database
from sandbox.systems.rung.world import World

DATABASE = Postgres(
    host="db",
    port=5432,
    dbname="rung",
    reader="rung_reader",
    reader_password=SecretStr("x"),
    changer="rung_changer",
    changer_password=SecretStr("x"),
)


@pytest.mark.parametrize("limit", ['role "rung_reader"', 'database "rung"'])
def test_a_limit_of_our_own_is_not_a_full_server(limit: str) -> None:
    said = DATABASE._explain(psycopg.OperationalError(f"FATAL:  too many connections for {limit}"), "rung_reader")
    assert isinstance(said, Permanent)
    assert "a connection limit of its own" in str(said)


@pytest.mark.parametrize(
    "words",
    [
        "sorry, too many clients already",
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        'remaining connection slots are reserved for roles with privileges of the "pg_use_reserved_connections" role',
        "remaining connection slots are reserved for non-replication superuser connections",
    ],
)
def test_a_server_whose_slots_are_taken_is_full_in_each_version_s_words(words: str) -> None:
    said = DATABASE._explain(psycopg.OperationalError(f"connection failed: FATAL:  {words}"), "rung_reader")
    assert isinstance(said, TooManyConnections)


def test_preflight_says_whether_the_reader_is_let_in_when_every_slot_is_taken(running_world: World) -> None:
    address = running_world.facts.database
    block = database(address)
    (lets_in,) = block.checks()
    assert lets_in.text == "rung_reader can look."
    with as_admin(address) as admin:
        admin.execute("revoke pg_use_reserved_connections from rung_reader")
        try:
            (kept_out,) = block.checks()
        finally:
            admin.execute("grant pg_use_reserved_connections to rung_reader")
    assert kept_out.answer is Answer.YES
    assert "not when every slot is taken: grant pg_use_reserved_connections" in kept_out.text
