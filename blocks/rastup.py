"""The environment of Rastup: ECS, RDS PostgreSQL, and what its runbooks call the parts of them.

The page that its runbooks were made from (`rastup.root`, `rastup.overview`) is Engineering's, of 2025-11-18, for all
production services (`rastup.t003`, `rastup.p004`, `rastup.p005`). It names whom to call and not when, so the minutes of
the escalation are devised.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from blocks.aws import Aws
from blocks.environment import Environment
from blocks.parts import Pool
from blocks.permissions import Names
from blocks.postgres import Postgres, PostgresReplica
from runbook import Escalation, Level

POOLS = (Pool(application="api-service", service="api-service"),)


class Rastup(Environment):
    """Everything the Rastup runbooks need to know about one installation.

    Example:
        Load a saved environment:
        ```python
        from blocks.rastup import Rastup

        rastup = Rastup.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue Rastup"
    _block_type_slug = "codeblue-rastup"

    aws: Aws
    database: Postgres
    replica: PostgresReplica
    application_user: str = Field(default="rastup_app", description="Database role of the application.")
    table_owner: str = Field(default="rastup_owner", description="Database role that owns the tables.")
    migration_user: str = Field(
        default="rastup_migrations", description="Database role by which deployments change tables."
    )
    db_instance: str = Field(default="rastup-prod", description="RDS instance identifier.")
    replica_instance: str = Field(default="rastup-prod-replica", description="RDS instance identifier of the replica.")
    parameter_group: str = Field(default="rastup-prod", description="RDS parameter group of the instance.")
    ecs_cluster: str = Field(default="rastup-prod", description="ECS cluster of the services.")
    message_queue: str = Field(default="rastup-messages", description="SQS queue of the messages to deliver.")
    dead_letter_queue: str = Field(
        default="rastup-messages-dead", description="SQS queue of those that could not be processed."
    )
    message_processor: str = Field(
        default="rastup-message-processor", description="Lambda function that the queue feeds."
    )
    notification_log: str = Field(
        default="/aws/ecs/rastup-prod/notification-service", description="Log group of the notification service."
    )
    pools: tuple[Pool, ...] = Field(default=POOLS, description="Services that keep connection pools.")

    DATABASE: ClassVar[Escalation] = Escalation(
        issue="Database",
        source="devised rastup.t589 rastup.t590 rastup.t592",
        levels=(
            Level(name="On-Call Engineer", after=timedelta(minutes=15)),
            Level(name="Database Administrator", after=timedelta(minutes=30), if_unresolved=True),
            Level(name="Engineering Manager", after=timedelta(minutes=60), if_unresolved=True),
        ),
    )

    SERVICES: ClassVar[Escalation] = Escalation(
        issue="Services",
        source="devised rastup.t589 rastup.t592",
        levels=(
            Level(name="On-Call Engineer", after=timedelta(minutes=15)),
            Level(name="Engineering Manager", after=timedelta(minutes=60), if_unresolved=True),
        ),
    )

    def resources(self) -> Names:
        return {
            "db_instance": (self.db_instance,),
            "parameter_group": (self.parameter_group,),
            "ecs_cluster": (self.ecs_cluster,),
            "queue": (self.message_queue, self.dead_letter_queue),
            "function": (self.message_processor,),
            "tuned_function": (self.message_processor,),
            "log_group": (self.notification_log,),
            "table_owner": (self.table_owner,),
        }
