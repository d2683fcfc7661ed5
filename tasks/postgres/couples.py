"""A look at one couple link: who is responsible for whom, as yes and no. No name and no other column is read."""

from __future__ import annotations

import re

from blocks.postgres import Postgres
from runbook import Facts, Permanent, look

LINK = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ACTIVE = "ACTIVE"


class CoupleLink(Facts):
    """One couple link. `owned`: for how many of the two partners (0 to 2) the link's therapist is responsible.

    `requester_assigned` is absent when nobody said who asked for the merge. All but `found` are absent without a link.
    """

    link: str
    found: bool
    status: str | None
    owned: int | None
    requester_assigned: bool | None

    @property
    def active(self) -> bool:
        """Raises `LookupError` when there is no such link."""
        if self.status is None:
            raise LookupError("there is no such couple link")
        return self.status == ACTIVE

    @property
    def owns_both(self) -> bool:
        """Raises `LookupError` when there is no such link."""
        if self.owned is None:
            raise LookupError("there is no such couple link")
        return self.owned == 2  # noqa: PLR2004 # a couple

    @property
    def by_assigned(self) -> bool:
        """Raises `LookupError` when nobody said who asked, or there is no such link."""
        if self.requester_assigned is None:
            raise LookupError("it is not known who asked for the merge")
        return self.requester_assigned

    def __str__(self) -> str:
        if not self.found:
            return f"there is no couple link {self.link}"
        who = {True: "is", False: "is not", None: "is perhaps"}[self.requester_assigned]
        return (
            f"couple link {self.link} is {self.status}, its therapist is responsible for {self.owned} of 2 partners,"
            f" whoever asked {who} the therapist of the link"
        )


@look(
    "postgres:connect",
    "postgres:select:couple_links(id,therapist_id,status,partner_a_id,partner_b_id)",
    "postgres:select:clients(id,therapist_id)",
    bound="one row of yes and no",
)
def read_couple_link(database: Postgres, link: str | None, requester: str | None) -> CoupleLink:
    """How a link, its two clients and whoever asked for the merge belong together (`rung.c473`, `rung.c480`).

    Link and requester are bound parameters, never part of the statement. Raises `Permanent` when no link is named.
    """
    named = named_link(link)
    if requester and not requester.isdecimal():
        raise Permanent("What is given as `requester` is not a therapist id (a number).")
    with database.reading() as connection:
        row = connection.execute(
            """
            select l.status,
                   (coalesce(a.therapist_id = l.therapist_id, false))::int
                     + (coalesce(b.therapist_id = l.therapist_id, false))::int as owned,
                   l.therapist_id = %(requester)s::bigint as assigned
            from couple_links l
            left join clients a on a.id = l.partner_a_id
            left join clients b on b.id = l.partner_b_id
            where l.id = %(link)s::uuid
            """,
            {"link": named, "requester": int(requester) if requester else None},
        ).fetchone()
    if row is None:
        return CoupleLink(link=named, found=False, status=None, owned=None, requester_assigned=None)
    return CoupleLink(
        link=named, found=True, status=row["status"], owned=row["owned"], requester_assigned=row["assigned"]
    )


def named_link(link: str | None) -> str:
    """The link's id. Raises `Permanent` when none is given, or what is given is none."""
    if not link:
        raise Permanent("No couple link is named; give its id as `link_id` to look at one.")
    if not LINK.fullmatch(link.lower()):
        raise Permanent("What is given as `link_id` is not the id of a couple link (a UUID).")
    return link.lower()
