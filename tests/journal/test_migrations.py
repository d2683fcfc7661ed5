"""The shipped migrations give the schema that the code uses, and cost nothing when there is nothing to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from journal.errors import UnsuitableJournal
from journal.facts.closed import Closed, Confirmed, Noted
from journal.facts.decided import Decided
from journal.facts.words import Channel, Ending
from journal.migrating import config
from journal.schema import HEAD, metadata
from journal.store import Journal
from journal.verify import verify
from tests.journal.samples import DIGEST, opened, requested
from tests.journal.server import Postgres


def test_a_schema_from_a_newer_program_is_refused(journal: Journal, url: str) -> None:
    with journal.database.engine.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnsuitableJournal, match="newer than this program"):
        Journal.connect(url)


def test_the_newest_migration_is_the_one_the_code_asks_for(journal: Journal) -> None:
    with journal.database.engine.begin() as tx:
        assert ScriptDirectory.from_config(config(tx)).get_heads() == [HEAD]


def test_the_migrations_give_the_tables_of_the_code(journal: Journal) -> None:
    with journal.database.engine.begin() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_a_current_journal_is_opened_without_alembic_and_without_retry_machinery(journal: Journal, url: str) -> None:
    code = (
        "import sys; from journal.store import Journal; Journal.connect(sys.argv[1]).close(); "
        "print(*(name for name in ('alembic', 'stamina', 'jinja2') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, url], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


def test_the_folder_of_a_new_journal_is_made(tmp_path: Path) -> None:
    with Journal.connect(f"sqlite:///{tmp_path}/new/folder/journal.db") as journal:
        assert journal.incidents() == ()


def test_the_schema_may_live_beside_others_in_a_shared_server(postgres: Postgres) -> None:
    with Journal.connect(postgres.new_database().replace("postgresql:", "postgresql+psycopg:")) as journal:
        assert journal.incidents() == ()


def as_before_0002(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What a journal of the first schema holds: an open incident with a decision, and one confirmed after its end."""
    with monkeypatch.context() as before:
        before.setattr("journal.store.WITNESSED", ())
        open_ = journal.open_incident(opened("open"))[0].id
        journal.append(open_, "ask", requested())
        said = {
            "digest": DIGEST,
            "approve": True,
            "by": "mara",
            "channel": Channel.CLI,
            "identity_proven": False,
            "why": "x",
        }
        journal.append(open_, "decided:1", Decided(**said))
        over = journal.open_incident(opened("over"))[0].id
        journal.append(over, "closed", Closed(ending=Ending.RECOVERED, text="by itself"))
        confirmed = Confirmed(cause="x", claim="It is x.", by="ana", identity_proven=True, why="seen")
        journal.append(over, "confirmed:1", confirmed)
        journal.open_incident(opened("quiet"))
    with journal.database.engine.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    return open_, over


def test_a_journal_of_the_first_schema_is_intact_after_the_migration_and_bound_from_then_on(
    journal: Journal, url: str, tamper: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    incidents = as_before_0002(journal, monkeypatch)
    assert not verify(journal).intact  # decisions that the ledger does not know of
    length = len(journal.entries("ledger"))
    with Journal.connect(url) as migrated:
        assert verify(migrated).intact
        assert len(migrated.entries("ledger")) == length + 3
        assert migrated.append(incidents[0], "n", Noted(by="ana", text="it goes on")).number == 4
        assert verify(migrated).intact
        for incident in incidents:
            last = migrated.entries(incident)[2]
            tamper(f"UPDATE entries SET fact = REPLACE(fact, '\"x\"', '\"y\"') WHERE hash = '{last.hash}'")
            assert not verify(migrated).intact
            tamper(f"UPDATE entries SET fact = REPLACE(fact, '\"y\"', '\"x\"') WHERE hash = '{last.hash}'")
            assert verify(migrated).intact


def test_an_old_home_is_migrated_once_by_many_at_a_time(
    journal: Journal, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_before_0002(journal, monkeypatch)
    length = len(journal.entries("ledger"))
    with ThreadPoolExecutor(8) as pool:
        for opened_ in pool.map(Journal.connect, [url] * 8):
            opened_.close()
    assert len(journal.entries("ledger")) == length + 3
    assert verify(journal).intact
