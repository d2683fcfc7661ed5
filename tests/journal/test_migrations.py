"""The shipped migrations give the schema that the code uses, and cost nothing when there is nothing to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from journal.errors import UnsuitableJournal
from journal.migrating import config
from journal.schema import HEAD, metadata
from journal.store import Journal
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
