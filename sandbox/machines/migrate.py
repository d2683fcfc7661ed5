"""Prefect's schema in the sandbox's PostgreSQL, which may lack the extension pg_trgm.

    python -m sandbox.machines.migrate      (the address in PREFECT_SERVER_DATABASE_CONNECTION_URL)

Prefect wants trigram indexes for searching flows and runs by a part of their name. The wheel's PostgreSQL is built
without contributed extensions; there those indexes become ordinary ones, which changes only how fast such a search is.
A real installation's PostgreSQL has the extension.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Any

from prefect.server.database import provide_database_interface
from sqlalchemy import Engine, event

TRIGRAMS = re.compile(r"USING gin \((\w+) gin_trgm_ops\)", re.IGNORECASE)


def without_trigrams(statement: str) -> str:
    """The statement for a server that has no pg_trgm."""
    if "pg_trgm" in statement.lower():
        return "SELECT 1"
    return TRIGRAMS.sub(r"USING btree (\1)", statement)


def main() -> int:
    """Bring the schema up to date."""

    def rewritten(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return without_trigrams(statement), parameters

    event.listen(Engine, "before_cursor_execute", rewritten, retval=True)
    asyncio.run(provide_database_interface().run_migrations_upgrade())
    return 0


if __name__ == "__main__":
    sys.exit(main())
