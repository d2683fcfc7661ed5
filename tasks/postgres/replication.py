"""Looks at a streaming replica: by its own word, at who holds its replay up there, and by its primary's word.

How late a replica is has two traps. The moment of the last replayed commit is old on a primary that nobody writes to,
although nothing lags: where all that the primary has written is replayed nothing is late, whatever that moment says.
And what was received says nothing where nothing is received: then that moment is all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocks.postgres import Postgres
from journal import clock
from journal.wording import moment, span
from runbook import Facts, Permanent, Selection, look
from tasks.postgres.read import STATS, see_all
from tasks.postgres.selection import SessionsOf
from tasks.postgres.sessions import HOLDS, WAITING, Filter

SAMPLES = 5
SILENT = timedelta(seconds=60)
"""A receiver that has heard nothing for so long has lost its primary: that says something each half a minute."""

NOT_PAUSED = "not paused"
MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ReplayOf(Selection):
    """The replay of one replica."""

    server: str


class Replay(Facts):
    """How a replica receives and replays, in `samples` looks over a moment (`over`).

    `behind` is what the primary has written, as far as the receiver knows, and is not replayed (bytes), in the first
    and the last look; `received` and `replayed` are what came and was replayed meanwhile. `lags` is the least that the
    lag was, absent where it is not known, and `too_late` what it is held against. `held` counts the looks in which
    replay waited for a session (`waits_for`), and `tolerates` is how long it may, absent where for ever. `silent` is
    how long ago the primary was heard, absent where nothing is received.
    """

    samples: int
    over: timedelta
    too_late: timedelta
    pause: str
    silent: timedelta | None
    behind_first: int
    behind: int
    received: int
    replayed: int
    held: int
    waits_for: str
    lags: timedelta | None
    last_replayed: datetime | None
    tolerates: timedelta | None

    @property
    def lag(self) -> timedelta:
        """How late it is at least. Raises `LookupError` where it has not replayed any commit yet."""
        if self.lags is None:
            raise LookupError("it has not replayed any commit since it was started")
        return self.lags

    @property
    def paused(self) -> bool:
        """Whether replay is paused, or was asked to."""
        return self.pause != NOT_PAUSED

    @property
    def receives(self) -> bool:
        """Whether it hears its primary."""
        return self.silent is not None and self.silent <= SILENT

    @property
    def waits(self) -> bool:
        """Whether replay waits for a session, as it did in most looks."""
        return self.held > self.samples / 2

    def caught_up_in(self) -> timedelta:
        """How long until all that was received is replayed, at the pace of the moment.

        Raises `LookupError` where that does not become less.
        """
        less = self.behind_first - self.behind
        if less <= 0:
            raise LookupError("what waits to be replayed does not become less")
        return self.over * (self.behind / less)

    def catches_up(self, within: timedelta) -> bool:
        """Whether what waits to be replayed becomes less, and will have gone within so long."""
        try:
            return self.caught_up_in() <= within
        except LookupError:
            return False

    def figures(self) -> Mapping[str, tuple[float, str]]:
        found = {"written and not replayed": (round(self.behind / MB, 2), "MB")}
        if self.lags is not None:
            found["replication lag"] = (round(self.lags.total_seconds(), 1), "s")
        return found

    def __str__(self) -> str:
        late = "an unknown time" if self.lags is None else span(self.lags)
        heard = "its receiver is gone" if self.silent is None else f"its primary was heard {span(self.silent)} ago"
        last = "nothing" if self.last_replayed is None else f"what was committed at {moment(self.last_replayed)}"
        waits = f"; replay waited for a session ({self.waits_for}) in {self.held} of {self.samples} looks"
        return (
            f"replay is {self.pause}, {late} late; {_mb(self.behind_first)} and {span(self.over)} later"
            f" {_mb(self.behind)} waited to be replayed, {_mb(self.received)} came meanwhile; {heard}; it replayed last"
            f" {last}{waits if self.held else ''}"
        )


STATE = """
with replay as (
    select pg_get_wal_replay_pause_state() as pause, pg_last_wal_receive_lsn() as received,
           pg_last_wal_replay_lsn() as replayed, pg_last_xact_replay_timestamp() as last_replayed
    where pg_is_in_recovery()
), receiver as (
    select latest_end_lsn as written, pg_catalog.clock_timestamp() - last_msg_receipt_time as silent
    from pg_stat_wal_receiver where status = 'streaming'
)
select pause, last_replayed,
       coalesce(greatest(pg_wal_lsn_diff(greatest(received, written), replayed), 0), 0)::bigint as behind,
       pg_wal_lsn_diff(coalesce(received, replayed), '0/0')::bigint as received,
       pg_wal_lsn_diff(replayed, '0/0')::bigint as replayed,
       silent, pg_catalog.clock_timestamp() - last_replayed as since,
       (select wait_event from pg_stat_activity where backend_type = 'startup'
        and (wait_event_type = 'Lock' or wait_event like 'RecoveryConflict%')) as waits_for,
       (select setting::bigint from pg_settings where name = 'max_standby_streaming_delay') as tolerates
from replay left join receiver on true
"""
"""By the server's own clock, as the moments that it is held against.

A receiver knows how far its primary has written (`latest_end_lsn`): what is still on a slow way is late as well.
"""


@look("postgres:connect", STATS, bound=f"{SAMPLES} rows")
def read_replay(replica: Postgres, *, over: timedelta, too_late: timedelta) -> Replay:
    """Ask a replica how late it is, and what its replay does, `SAMPLES` times over a moment (`rastup.c428`).

    `rastup.c428` asks the primary, which knows no seconds; `rastup.c438` prints whether a replica replicates, and no
    lag. Raises `Permanent` where it is no replica (any more), or does not show what its receiver does.
    """
    seen: list[dict[str, object]] = []
    with replica.reading() as connection:
        see_all(replica, connection)
        for number in range(SAMPLES):
            if number:
                clock.sleep(over.total_seconds() / (SAMPLES - 1))
            row = connection.execute(STATE.encode()).fetchone()
            if row is None:
                raise Permanent(f"{replica.host}:{replica.port} is no replica; was it promoted, or is the block wrong?")
            seen.append(row)
    return _replay(seen, over, too_late)


def _replay(seen: list[dict[str, object]], over: timedelta, too_late: timedelta) -> Replay:
    first, last = seen[0], seen[-1]
    waits = [str(row["waits_for"]) for row in seen if row["waits_for"]]
    lags = [_late(row) for row in seen]
    tolerates = int(str(last["tolerates"]))
    return Replay.model_validate(
        {
            "samples": len(seen),
            "over": over,
            "too_late": too_late,
            "pause": last["pause"],
            "silent": last["silent"],
            "behind_first": first["behind"],
            "behind": last["behind"],
            "received": int(str(last["received"])) - int(str(first["received"])),
            "replayed": int(str(last["replayed"])) - int(str(first["replayed"])),
            "held": len(waits),
            "waits_for": waits[-1] if waits else "",
            "lags": None if None in lags else min(one for one in lags if one is not None),
            "last_replayed": last["last_replayed"],
            "tolerates": None if tolerates < 0 else timedelta(milliseconds=tolerates),
        }
    )


def _late(row: dict[str, object]) -> timedelta | None:
    """How late it is in one look: not at all where it hears its primary and has replayed all that came."""
    silent, since = row["silent"], row["since"]
    if isinstance(silent, timedelta) and silent <= SILENT and not row["behind"]:
        return timedelta(0)
    return max(since, timedelta(0)) if isinstance(since, timedelta) else None


class Holder(Facts):
    """A session on the replica that keeps what replay waits for."""

    pid: int
    started: datetime
    user: str
    application: str
    state: str
    open_for: timedelta
    meant: bool


class Holders(Facts):
    """Sessions that may hold replay, the oldest first; none where replay waits for nobody."""

    waits: bool
    sessions: tuple[Holder, ...]

    @property
    def meant(self) -> tuple[Holder, ...]:
        """Those of the selection, which have held it for longer than it says."""
        return tuple(one for one in self.sessions if one.meant)

    def __str__(self) -> str:
        if not self.waits:
            return "replay waits for no session"
        named = (
            f"session {one.pid} of {one.application or one.user} ({one.state}, for {span(one.open_for)})"
            for one in self.sessions
        )
        return f"replay waits for a session, of: {'; '.join(named) or 'unknown'}"


@look("postgres:connect", STATS, bound="20 rows")
def read_holders(replica: Postgres, whose: SessionsOf) -> Holders:
    """Who, on the replica, may hold its replay: whoever keeps a snapshot or a lock that replay waits for."""
    which = Filter(kind="holding replay", whose=whose, at_most=20)
    with replica.reading() as connection:
        see_all(replica, connection)
        waits = connection.execute(("select exists (" + WAITING + ") as waits").replace("%%", "%")).fetchone()
        rows = connection.execute(
            "select pid, backend_start as started, coalesce(usename, '') as user,"
            " left(application_name, 64) as application, coalesce(state, '') as state,"
            " coalesce(clock_timestamp() - xact_start, interval '0') as open_for, coalesce("
            + which.where
            + ", false) as meant from pg_stat_activity where "
            + HOLDS
            + " order by xact_start, pid limit 20",
            which.values,
        ).fetchall()
    return Holders(waits=bool(waits and waits["waits"]), sessions=tuple(Holder(**row) for row in rows))


class Stream(Facts):
    """Who receives from a primary. `behind` is what the one that is furthest behind has yet to replay (bytes)."""

    receivers: int
    slots: int
    unused: int
    kept: int
    behind: int | None

    def __str__(self) -> str:
        behind = "" if self.behind is None else f", the last of them {_mb(self.behind)} behind"
        return (
            f"{self.receivers} receive from the primary{behind}; of {self.slots} slots for replicas {self.unused} are"
            f" not used, and {_mb(self.kept)} of WAL are kept for them"
        )

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"WAL kept for replicas": (round(self.kept / MB, 2), "MB")}


@look("postgres:connect", STATS, bound="one row")
def read_stream(primary: Postgres) -> Stream:
    """Who receives from a primary, and what it keeps for whoever does not (`rastup.c428`).

    Raises `Permanent` where it is no primary, or the role does not see what others receive.
    """
    with primary.reading() as connection:
        see_all(primary, connection)
        row = connection.execute(
            """
            with slot as (select active, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint as kept
                          from pg_replication_slots where slot_type = 'physical')
            select (select count(*) from pg_stat_replication where state = 'streaming') as receivers,
                   (select max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::bigint
                    from pg_stat_replication) as behind,
                   (select count(*) from slot) as slots, (select count(*) from slot where not active) as unused,
                   (select coalesce(max(kept), 0) from slot) as kept
            where not pg_is_in_recovery()
            """
        ).fetchone()
    if row is None:
        raise Permanent(f"{primary.host}:{primary.port} is no primary; was it failed over, or is the block wrong?")
    return Stream(**row)


def _mb(size: int) -> str:
    return f"{size / MB:.3g} MB"
