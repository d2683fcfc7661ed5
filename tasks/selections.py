"""What evidence and changes are about, by technology: one small type each, that probe and change are both given.

Sessions have theirs in `tasks.postgres.selection`, which is a condition of SQL as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from runbook import Selection


@dataclass(frozen=True, kw_only=True)
class FunctionOf(Selection):
    """A Lambda function, all versions together."""

    function: str


@dataclass(frozen=True, kw_only=True)
class AliasOf(FunctionOf):
    """A Lambda function as its callers get it."""

    alias: str


@dataclass(frozen=True, kw_only=True)
class MappingOf(Selection):
    """What feeds a queue to a Lambda function."""

    function: str
    queue: str


@dataclass(frozen=True, kw_only=True)
class ServiceOf(Selection):
    """A service of ECS."""

    cluster: str
    service: str


@dataclass(frozen=True, kw_only=True)
class RunServiceOf(Selection):
    """A service of Cloud Run."""

    service: str


@dataclass(frozen=True, kw_only=True)
class WebhooksOf(Selection):
    """The webhooks of n8n that an application calls."""

    paths: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class UserOf(Selection):
    """One user of a pool."""

    pool: str
    user: str | None


@dataclass(frozen=True, kw_only=True)
class BucketOf(Selection):
    """A bucket, as one role gets it."""

    bucket: str
    role: str


@dataclass(frozen=True, kw_only=True)
class AlarmOf(Selection):
    """One alarm."""

    alarm: str


@dataclass(frozen=True, kw_only=True)
class AlarmsOf(Selection):
    """The alarms of a system."""

    prefix: str


@dataclass(frozen=True, kw_only=True)
class InstanceOf(Selection):
    """A database instance with all that is on it."""

    identifier: str


@dataclass(frozen=True, kw_only=True)
class TablesOf(Selection):
    """Tables whose statistics may be taken, and columns (table.column) that may get an index."""

    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def covers(self, other: Selection) -> bool:
        parts = isinstance(other, TablesOf) and ((other.tables, self.tables), (other.columns, self.columns))
        return bool(parts) and all(theirs in ((), ours) for theirs, ours in parts)


@dataclass(frozen=True, kw_only=True)
class SwitchOf(Selection):
    """One switch of a switchboard."""

    key: str


@dataclass(frozen=True, kw_only=True)
class TaskOf(Selection):
    """One task of a switchboard."""

    task: str


@dataclass(frozen=True, kw_only=True)
class ParameterOf(Selection):
    """One parameter of SSM."""

    name: str


@dataclass(frozen=True, kw_only=True)
class SettingOf(Selection):
    """One setting in a profile of AppConfig."""

    profile: str
    key: str
