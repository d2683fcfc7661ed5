"""The ledger registers what is decided and done: from here on by itself, and here once what older journals hold.

No table changes. Each chain that goes on beyond what the ledger knows of it is registered as it stands at this moment.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from journal.chain import canonical, hash_of
from journal.schema import Moment

revision = "0002"
down_revision = "0001"

LEDGER = "ledger"


def _column(name: str) -> sa.ColumnClause[Any]:
    return sa.column(name)


ENTRIES = sa.table(
    "entries",
    *(_column(name) for name in ("incident", "number", "key", "kind", "fact", "previous", "hash")),
    sa.column("at", Moment),
)
CHAINS = sa.table("chains", *(_column(name) for name in ("incident", "head", "length")))


def upgrade() -> None:
    tx = op.get_bind()
    closing = ENTRIES.alias("closing")
    closed = sa.and_(closing.c.incident == CHAINS.c.incident, closing.c.key == "closed")
    beyond = sa.or_(closing.c.number.is_(None), CHAINS.c.length > closing.c.number)
    query = sa.select(CHAINS).select_from(CHAINS.outerjoin(closing, closed)).where(CHAINS.c.incident != LEDGER, beyond)
    tail: Any = tx.execute(sa.select(CHAINS).where(CHAINS.c.incident == LEDGER).with_for_update()).one()
    number, head, at = tail.length, tail.head, datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for chain in tx.execute(query.order_by(CHAINS.c.incident)).all():
        if not chain.length:
            continue
        number += 1
        fact: dict[str, Any] = {"kind": "witnessed", "incident": chain.incident, "number": chain.length, "head": chain.head}
        row: dict[str, Any] = {"incident": LEDGER, "number": number, "key": f"enrolled:{chain.incident}"}
        row |= {"kind": "witnessed", "fact": canonical(fact), "at": at, "previous": head}
        head = hash_of(**row, flow_run=None, task_run=None)
        rows.append(row | {"hash": head})
    if rows:
        tx.execute(sa.insert(ENTRIES), rows)
        tx.execute(sa.update(CHAINS).where(CHAINS.c.incident == LEDGER).values(head=head, length=number))
