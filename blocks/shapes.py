"""What an environment may have, as protocols: what shared parts of runbooks (`flows/parts`) are written against.

Any environment that has these attributes fits, ours and others' alike; nothing is inherited. The type checker refuses
a part in a runbook whose environment lacks one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from blocks.app_config import Profile
from blocks.aws import Aws
from blocks.google import Google
from blocks.parameters import Parameters
from blocks.postgres import Postgres, PostgresReplica
from blocks.switchboard import Switchboard
from blocks.triggerdev import TriggerDev

if TYPE_CHECKING:  # its library takes a tenth of a second to import, and most environments have no Redis
    from blocks.redis import Redis


class HasDatabase(Protocol):
    """A PostgreSQL database, and the role by which the application uses it."""

    @property
    def database(self) -> Postgres: ...
    @property
    def application_user(self) -> str: ...


class HasMigrations(HasDatabase, Protocol):
    """A database whose tables are changed by a role of their own."""

    @property
    def migration_user(self) -> str: ...


class HasReplica(HasDatabase, Protocol):
    """A database with a streaming replica."""

    @property
    def replica(self) -> PostgresReplica: ...


class HasGoogle(Protocol):
    """A project of Google Cloud."""

    @property
    def google(self) -> Google: ...


class HasCloudSql(HasDatabase, HasGoogle, Protocol):
    """A database that is an instance of Cloud SQL."""

    @property
    def sql_instance(self) -> str: ...


class HasSwitchboard(Protocol):
    """A switchboard, by which flags, settings and tasks of an application are changed."""

    @property
    def switchboard(self) -> Switchboard: ...


class HasTrigger(Protocol):
    """An environment of Trigger.dev, which runs tasks in the background."""

    @property
    def trigger(self) -> TriggerDev: ...


class HasRedis(Protocol):
    """A Redis or Valkey server."""

    @property
    def redis(self) -> Redis: ...
    @property
    def practice_pace(self) -> float: ...


class HasParameters(Protocol):
    """Settings that an application keeps in the Parameter Store."""

    @property
    def parameters(self) -> Parameters: ...


class HasProfile(Protocol):
    """Settings that an application keeps in AppConfig."""

    @property
    def profile(self) -> Profile: ...


class HasAws(Protocol):
    """An account of AWS."""

    @property
    def aws(self) -> Aws: ...


class Stage(Protocol):
    """A stage of a REST API of API Gateway."""

    @property
    def name(self) -> str: ...
    @property
    def stage(self) -> str: ...


class HasAlarms(HasAws, Protocol):
    """Alarms of CloudWatch whose names begin alike."""

    @property
    def alarm_prefix(self) -> str: ...


class HasReplicaInstance(HasReplica, HasAws, Protocol):
    """A replica that is an instance of RDS."""

    @property
    def replica_instance(self) -> str: ...


class HasInstance(HasDatabase, HasAws, Protocol):
    """A database that is an instance of RDS, with a parameter group of its own."""

    @property
    def db_instance(self) -> str: ...
    @property
    def parameter_group(self) -> str: ...


class PoolOfTasks(Protocol):
    """A client that keeps a pool of connections in each running task of an ECS service."""

    @property
    def application(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def variable(self) -> str: ...


class HasPools(HasDatabase, HasAws, Protocol):
    """A database whose clients run on ECS and keep pools."""

    @property
    def ecs_cluster(self) -> str: ...
    @property
    def pools(self) -> Sequence[PoolOfTasks]: ...


class PoolOfInstances(Protocol):
    """A client that keeps a pool of connections in each instance of a service of Cloud Run."""

    @property
    def application(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def container(self) -> str: ...
    @property
    def variable(self) -> str: ...


class HasRunPools(HasDatabase, HasGoogle, Protocol):
    """A database whose clients run on Cloud Run and keep pools."""

    @property
    def pools(self) -> Sequence[PoolOfInstances]: ...


class HasLogin(HasAws, Protocol):
    """A user pool of Cognito."""

    @property
    def login(self) -> UserPool: ...


class UserPool(Protocol):
    """The user pool with the app client that signs users in, and the log in which Cognito's refusals stand."""

    @property
    def pool(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def log(self) -> str: ...
