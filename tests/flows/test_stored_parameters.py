"""What an alert or a person names does not stay in Prefect's database when it is somebody's address."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import httpx

from sandbox.rehearsal import Rehearsal

ADDRESS = "ana.lovelace@example.org"


def kept(rehearsal: Rehearsal, words: str) -> list[str]:
    """The places of Prefect's database, table and column, that hold these words."""
    with closing(sqlite3.connect(f"file:{rehearsal.stack.home.database}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return [
            f"{table}.{column}"
            for table in tables
            for _, column, *_ in database.execute(f"pragma table_info('{table}')").fetchall()
            if database.execute(
                f'select count(*) from "{table}" where instr(cast("{column}" as text), ?) > 0',
                (words,),
            ).fetchone()[0]
        ]


def test_an_address_in_the_labels_of_an_alert_reaches_no_table_of_prefect(rehearsal: Rehearsal) -> None:
    incident = rehearsal.alert("PostgresTooManyConnections", labels={"username": ADDRESS, "note": "kept-as-it-is"})
    rehearsal.closed(incident)
    assert "flow_run.parameters" in kept(rehearsal, "kept-as-it-is")
    assert kept(rehearsal, ADDRESS) == []


def test_an_address_typed_into_a_start_form_is_refused_before_it_is_stored(rehearsal: Rehearsal) -> None:
    api, who = rehearsal.stack.api_url, rehearsal.stack.headers
    for name in ("users_cannot_log_in", "mfa_issues"):
        one = httpx.get(f"{api}/deployments/name/rung.{name}/{name}", headers=who, timeout=30).json()
        asked = {"parameters": {"params": {"environment": "nowhere", "username": ADDRESS}}}
        answer = httpx.post(f"{api}/deployments/{one['id']}/create_flow_run", json=asked, headers=who, timeout=30)
        assert answer.status_code == 409, answer.text
    assert kept(rehearsal, ADDRESS) == []
