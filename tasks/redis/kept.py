"""Looks at how a Redis server keeps its data: on disk, and on other servers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from blocks.redis import Redis
from journal import clock
from journal.wording import counted, span
from runbook import Facts, look
from tasks.redis.info import INFO, info


class Persistence(Facts):
    """How it is kept on disk. `saved` is how long ago a snapshot was written; `changes` were made since.

    `appending` is whether each write is logged as well. `well` is what it says of its last attempts, not that a copy
    could be read.
    """

    loading: bool
    saved: timedelta
    changes: int
    snapshot_well: bool
    appending: bool
    append_well: bool

    @property
    def well(self) -> bool:
        return self.snapshot_well and (self.append_well or not self.appending)

    def __str__(self) -> str:
        log = ("log well" if self.append_well else "log failing") if self.appending else "no log"
        snapshot = "well" if self.snapshot_well else "failed"
        loads = "; it loads its data now" if self.loading else ""
        changes = counted(self.changes, "change")
        return f"last snapshot {span(self.saved)} ago ({snapshot}), {changes} since; {log}{loads}"


@look(INFO, bound="one answer")
def read_persistence(redis: Redis) -> Persistence:
    """Whether what it holds would survive its end."""
    with redis.reading() as client:
        told = info(client)
    saved = datetime.fromtimestamp(told.number("rdb_last_save_time"), UTC)
    return Persistence(
        loading=bool(told.number("loading")),
        saved=max(clock.now() - saved, timedelta(0)),
        changes=told.number("rdb_changes_since_last_save"),
        snapshot_well=told.word("rdb_last_bgsave_status") == "ok",
        appending=bool(told.number("aof_enabled")),
        append_well=told.word("aof_last_write_status") == "ok",
    )


class Replication(Facts):
    """Who follows whom. `linked` is whether a replica hears its primary; of a primary it is unknown."""

    role: str
    replicas: int
    linked: bool | None
    silent: timedelta | None

    def __str__(self) -> str:
        if self.role == "primary":
            return f"primary with {counted(self.replicas, 'replica')}"
        if self.linked:
            return "replica that hears its primary"
        return f"replica that has not heard its primary{f' for {span(self.silent)}' if self.silent else ''}"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"replicas": (float(self.replicas), "")} if self.role == "primary" else {}


@look(INFO, bound="one answer")
def read_replication(redis: Redis) -> Replication:
    """Whether it is a primary with replicas, or a replica that hears its primary."""
    with redis.reading() as client:
        told = info(client)
    if told.word("role") == "master":
        return Replication(role="primary", replicas=told.number("connected_slaves"), linked=None, silent=None)
    away = told.get("master_link_down_since_seconds")
    return Replication(
        role="replica",
        replicas=told.number("connected_slaves"),
        linked=told.word("master_link_status") == "up",
        silent=timedelta(seconds=away) if isinstance(away, int) and away >= 0 else None,
    )
