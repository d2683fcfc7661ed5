"""The environment of rung: API Gateway, Lambda, RDS PostgreSQL, Cognito, n8n on ECS, Bedrock, S3, CloudWatch."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from blocks.aws import Aws
from blocks.environment import Environment
from blocks.postgres import Postgres
from runbook import Escalation, Level


class Pool(BaseModel):
    """A client that keeps a pool of connections in each running task of its ECS service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application: str = Field(description="application_name under which its sessions appear.")
    service: str = Field(description="ECS service whose running tasks each keep a pool.")
    variable: str = Field(
        default="DB_POOL_SIZE", description="Environment variable of its task definition that sets the pool's size."
    )


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
    db_instance: str = Field(default="rung-prod", description="RDS instance identifier.")
    parameter_group: str = Field(default="rung-prod", description="RDS parameter group of the instance.")
    ecs_cluster: str = Field(default="rung-prod", description="ECS cluster that runs the clients of the database.")
    pools: list[Pool] = Field(default_factory=list, description="Clients that keep connection pools.")

    DATA: ClassVar[Escalation] = Escalation(
        issue="Data issues",
        source="rung.t563",
        levels=(
            Level(name="L1", after=timedelta(0)),
            Level(name="L2", after=timedelta(0)),
            Level(name="L3", after=timedelta(0)),
        ),
    )
