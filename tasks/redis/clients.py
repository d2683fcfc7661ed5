"""Looks at the clients of a Redis server: who holds its connections, and since when they stand still."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from blocks.redis import Client, Redis, ask
from journal.redaction import redact
from journal.wording import brief, counted, span
from runbook import Facts, Permanent, Selection, look
from tasks.redis.info import INFO, info

LIST = "redis:client|list"
IDLE_ONLY = "N"
"""The flag of a client that has nothing special. Others wait on purpose: for a message, an item, a primary."""


@dataclass(frozen=True, kw_only=True)
class ClientsOf(Selection):
    """Clients of one ACL user, and perhaps of one name or address only, that stand still for longer than `idle_for`.

    Each is meant exactly: no part of a name, no pattern. Never those that wait on purpose (subscribers, replicas,
    monitors, who blocks for an item or is in a transaction), and never ours.
    """

    user: str
    named: str | None = None
    address: str | None = None
    idle_for: timedelta


@dataclass(frozen=True, kw_only=True)
class Connected:
    """One client as `CLIENT LIST` tells it. `began` is when it connected, in seconds since 1970."""

    id: int
    user: str
    name: str
    address: str
    flags: str
    idle: int
    began: int

    def is_meant(self, whose: ClientsOf) -> bool:
        """Whether it is one of a selection."""
        named = whose.named in {None, self.name} and whose.address in {None, self.address}
        still = self.flags == IDLE_ONLY and self.idle > whose.idle_for.total_seconds()
        return self.user == whose.user and named and still


def connected(client: Client, redis: Redis, ids: Sequence[int] = ()) -> Iterator[Connected]:
    """All clients but ours, or those of these ids that are still there.

    Raises `Permanent` where the server tells them in another form.
    """
    seconds, _ = _time(client)
    told: bytes = ask(client, "CLIENT", "LIST", *(["ID", *ids] if ids else []))
    lines = told.decode("utf-8", "backslashreplace").rstrip("\n").split("\n")  # a name may hold other breaks
    for line in [] if ids and not told else lines:
        parts = (part.partition("=") for part in line.split(" "))
        found = {name: value for name, _, value in parts}
        try:
            one = Connected(
                id=int(found["id"]),
                user=found["user"],
                name=found["name"],
                address=found["addr"].rpartition(":")[0],
                flags=found["flags"],
                idle=int(found["idle"]),
                began=seconds - int(found["age"]),
            )
        except (KeyError, ValueError) as error:
            raise Permanent("CLIENT LIST tells a client in another form than is known; look by hand.") from error
        if not (one.user in {redis.reader, redis.changer} and one.name.startswith("codeblue-")):
            yield one


class Clients(Facts):
    """Who is connected. `holders` counts them by user, name and address, `meant` are those of the selection."""

    total: int
    limit: int
    blocked: int
    rejected: int
    holders: dict[str, int]
    of_selection: int
    meant: int
    idle_for: timedelta

    @property
    def share(self) -> float:
        """Taken share of maxclients."""
        return self.total / max(self.limit, 1)

    def __str__(self) -> str:
        most = ", ".join(f"{name} {held}" for name, held in list(self.holders.items())[:5])
        return (
            f"{self.total} of {counted(self.limit, 'client')} ({self.share:.0%}): {most or 'nobody'};"
            f" of the {self.of_selection} asked about {self.meant} idle for longer than {span(self.idle_for)};"
            f" {self.rejected} turned away since its start"
        )

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"Redis clients": (round(100 * self.share, 1), "%")}


@look(INFO, LIST, "redis:time", bound="one list of clients, 50 holders")
def read_clients(redis: Redis, of: ClientsOf) -> Clients:
    """Who holds the connections, by user, name and address, and how many of a selection stand still."""
    with redis.reading() as client:
        told = info(client)
        everybody = list(connected(client, redis))
    holders = Counter(f"{one.user} as {one.name or 'unnamed'} from {one.address}" for one in everybody)
    return Clients(
        total=told.number("connected_clients"),
        limit=told.number("maxclients"),
        blocked=told.number("blocked_clients"),
        rejected=told.number("rejected_connections"),
        holders={str(redact(brief(name, 120))): held for name, held in holders.most_common(50)},
        of_selection=sum(one.user == of.user for one in everybody),
        meant=sum(one.is_meant(of) for one in everybody),
        idle_for=of.idle_for,
    )


def _time(client: Client) -> tuple[int, int]:
    told: Any = client.time()
    return told
