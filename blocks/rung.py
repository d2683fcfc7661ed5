"""The environment of rung: API Gateway, Lambda, RDS PostgreSQL, Cognito, n8n on ECS, Bedrock, S3, CloudWatch.

The page that its runbooks were made from (`rung.root`) is version 1.0 of 2026-02-02 by the Operations Team
(`rung.document_control`, `rung.t007`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field, SecretStr

from blocks.aws import Aws
from blocks.environment import Environment
from blocks.n8n import N8n
from blocks.parts import Pool, RequiredAlarm
from blocks.permissions import Names
from blocks.postgres import Postgres
from blocks.rung_alarms import required_alarms
from blocks.rung_parts import Api, LogGroups, Login, Models, Network, Storage, Workflows
from runbook import Escalation, Level

IMMEDIATELY = timedelta(0)


def policy(issue: str, source: str, first: timedelta, second: timedelta, third: timedelta) -> Escalation:
    """One row of the escalation matrix (`rung.escalation_matrix`).

    L1 responds, L2 is told if the incident is unresolved by then, then L3.
    """
    return Escalation(
        issue=issue,
        source=source,
        levels=(
            Level(name="L1", after=first),
            Level(name="L2", after=second, if_unresolved=second > IMMEDIATELY),
            Level(name="L3", after=third, if_unresolved=third > IMMEDIATELY),
        ),
    )


def _minutes(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


class Rung(Environment):
    """Everything the rung runbooks need to know about one installation of rung.

    Example:
        Load a saved environment:
        ```python
        from blocks.rung import Rung

        rung = Rung.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue rung"
    _block_type_slug = "codeblue-rung"

    database: Postgres
    aws: Aws
    application_user: str = Field(default="rung_app", description="Database role of the application.")
    table_owner: str = Field(default="rung_owner", description="Database role that owns the tables and their indexes.")
    db_instance: str = Field(default="rung-prod", description="RDS instance identifier.")
    parameter_group: str = Field(default="rung-prod", description="RDS parameter group of the instance.")
    ecs_cluster: str = Field(default="rung-prod", description="ECS cluster that runs the clients of the database.")
    pools: list[Pool] = Field(default_factory=list, description="Clients that keep connection pools.")

    api: Api = Field(default=Api(), description="API Gateway and the function behind it.")
    logs: LogGroups = Field(default=LogGroups(), description="Where each component writes its log.")
    login: Login = Field(default=Login(), description="The Cognito user pool.")
    workflows: Workflows = Field(default=Workflows(), description="n8n and its webhooks.")
    n8n_key: SecretStr | None = Field(default=None, description="Key of n8n's public API, for looking at workflows.")
    n8n_changing_key: SecretStr | None = Field(
        default=None, description="Key of n8n's public API, for approved changes; a person does them where it is empty."
    )
    models: Models = Field(default=Models(), description="Bedrock's models.")
    storage: Storage = Field(default=Storage(), description="The bucket of the voice memos.")
    network: Network = Field(default=Network(), description="The VPC.")
    alarm_prefix: str = Field(default="rung", description="Prefix of the names of this system's alarms.")
    alarm_topic: str = Field(
        default="arn:aws:sns:us-east-1:111122223333:rung-alerts", description="SNS topic that alarms notify."
    )

    API: ClassVar[Escalation] = policy(
        "API Errors", "rung.t561 rung.t561b rung.t561c", _minutes(5), _minutes(15), _minutes(30)
    )
    AUTH: ClassVar[Escalation] = policy(
        "Auth Issues", "rung.t562 rung.t562b rung.t562c", _minutes(5), _minutes(15), _minutes(30)
    )
    DATA: ClassVar[Escalation] = policy(
        "Data Issues", "rung.t563 rung.t563b rung.t563c", IMMEDIATELY, IMMEDIATELY, IMMEDIATELY
    )
    PERFORMANCE: ClassVar[Escalation] = policy(
        "Performance", "rung.t564 rung.t564b rung.t564c", _minutes(15), _minutes(30), _minutes(60)
    )

    by_hand: ClassVar[frozenset[str]] = frozenset({"http", "n8n"})

    def resources(self) -> Names:
        logs = self.logs
        return {
            "alarm": (f"{self.alarm_prefix}*",),
            "topic_arn": (self.alarm_topic,),
            "log_group": (logs.api, f"{logs.functions}*", logs.audit, logs.security, logs.n8n),
            "db_instance": (self.db_instance,),
            "parameter_group": (self.parameter_group,),
            "ecs_cluster": (self.ecs_cluster,),
            "task_role": (f"{self.workflows.service}-*",),
            "function": (self.api.function, self.login.function),
            "alias": (f"{self.api.function}:{self.api.alias}", f"{self.login.function}:{self.login.alias}"),
            "tuned_function": (self.api.function,),
            "user_pool": (self.login.pool,),
            "bucket": (self.storage.bucket,),
            "role": (self.storage.role,),
            "model": (self.models.model, self.models.alternate),
            "table_owner": (self.table_owner,),
        }

    @property
    def required_alarms(self) -> tuple[RequiredAlarm, ...]:
        """The alarms that must exist for this installation's incidents to be noticed."""
        return required_alarms(api=self.api, logs=self.logs, models=self.models, database=self.db_instance)

    @property
    def n8n(self) -> N8n:
        """n8n with the keys of this environment."""
        return N8n(url=self.workflows.url, reading_key=self.n8n_key, changing_key=self.n8n_changing_key)
