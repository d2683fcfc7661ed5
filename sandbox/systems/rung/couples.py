"""Couples, their links and who may merge them: rung's own rule, asked of the real database."""

from __future__ import annotations

import psycopg

from sandbox.database import Address, as_admin

LINK = "8f14e45f-ceea-167a-5a36-dedd4bea2543"
"""The link that incidents are about: number 7 of the seeded ones."""
THERAPIST, ANOTHER = 2, 31
"""The therapist of every seeded link, and one who has nothing to do with them."""
STATUS, PARTNERS = "ACTIVE", (281, 321)

MAY_MERGE = """
SELECT l.status = 'ACTIVE' AND l.therapist_id = %(requester)s
       AND a.therapist_id = l.therapist_id AND b.therapist_id = l.therapist_id
FROM couple_links l JOIN clients a ON a.id = l.partner_a_id JOIN clients b ON b.id = l.partner_b_id
WHERE l.id = %(link)s
"""


class Couples:
    """The couples of the practice database."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def may_merge(self, link: str, requester: int) -> bool:
        """Whether rung lets a therapist merge a couple; not while the database is away."""
        try:
            with as_admin(self._address) as connection:
                row = connection.execute(MAY_MERGE, {"link": link, "requester": requester}).fetchone()
        except psycopg.OperationalError:
            return False
        return bool(row and row[0])

    def set_status(self, status: str) -> None:
        """Give the link another status."""
        with as_admin(self._address) as connection:
            connection.execute("UPDATE couple_links SET status = %s WHERE id = %s", (status, LINK))

    def give_partner_to(self, therapist: int) -> None:
        """Make another therapist responsible for the second partner."""
        with as_admin(self._address) as connection:
            connection.execute("UPDATE clients SET therapist_id = %s WHERE id = %s", (therapist, PARTNERS[1]))

    def remove(self) -> None:
        """Delete the link."""
        with as_admin(self._address) as connection:
            connection.execute("DELETE FROM couple_links WHERE id = %s", (LINK,))

    def restore(self) -> None:
        """Put link and partners back to what is usual."""
        with as_admin(self._address) as connection:
            connection.execute(
                "INSERT INTO couple_links (id, partner_a_id, partner_b_id, therapist_id, status)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (id) DO UPDATE"
                " SET status = excluded.status, therapist_id = excluded.therapist_id",
                (LINK, *PARTNERS, THERAPIST, STATUS),
            )
            connection.execute("UPDATE clients SET therapist_id = %s WHERE id = ANY(%s)", (THERAPIST, list(PARTNERS)))
