"""The environment of MedicalCor: Cloud Run, Cloud SQL (PostgreSQL), Memorystore (Redis), and what logs are called.

The page that its runbooks were made from (`medicalcor.root`) is version 1.0 of December 2024 by the Platform Team
(`medicalcor.revision_history`). It names nobody to escalate to, so the ladder is devised.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field, SecretStr

from blocks.environment import Environment
from blocks.google import Google
from blocks.medicalcor_parts import (
    API,
    DEPENDENCIES,
    POOLS,
    WEB,
    CallerKey,
    Dependency,
    Fields,
    ModelCalls,
    Pool,
    RunService,
    SignIns,
)
from blocks.permissions import Names
from blocks.postgres import Postgres
from blocks.redis import Redis
from blocks.switchboard import Switchboard
from blocks.triggerdev import TriggerDev
from runbook import Escalation, Level


class MedicalCor(Environment):
    """Everything the MedicalCor runbooks need to know about one installation.

    What may be touched in Redis is said by its own block: the prefixes that come again (`rate_limit:`,
    `medicalcor.t335`) and the dead letters that must never be lost (`medicalcor:dlq`, `medicalcor.t507`).

    Example:
        Load a saved environment:
        ```python
        from blocks.medicalcor import MedicalCor

        medicalcor = MedicalCor.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue MedicalCor"
    _block_type_slug = "codeblue-medicalcor"

    google: Google
    redis: Redis
    database: Postgres
    switchboard: Switchboard
    trigger: TriggerDev
    application_user: str = Field(default="medicalcor_app", description="Database role of the application.")
    table_owner: str = Field(default="medicalcor_owner", description="Database role that owns the tables.")
    pools: tuple[Pool, ...] = Field(
        default=POOLS, description="Services that keep connection pools (`medicalcor.t202`)."
    )
    api: RunService = Field(default=API, description="The API's service.")
    web: RunService = Field(default=WEB, description="The service of the pages that people see.")
    sql_instance: str = Field(
        default="medicalcor-db-prod", description="Cloud SQL instance of the database (`medicalcor.t269`)."
    )
    cache_instance: str = Field(
        default="medicalcor-cache", description="Memorystore instance of Redis (`medicalcor.t304`)."
    )
    redis_user: str = Field(default="medicalcor", description="ACL user by which the application enters Redis.")
    fields: Fields = Field(default=Fields(), description="What entries of its logs call their parts.")
    model_calls: ModelCalls = Field(default=ModelCalls(), description="Where it says what calls of models take.")
    google_status: str = Field(
        default="https://status.cloud.google.com", description="Google's status page, without a path."
    )
    webhook_gap: timedelta = Field(
        default=timedelta(minutes=3),
        gt=timedelta(0),
        le=timedelta(hours=2),
        description="The longest time without any webhook on a usual day or night; three times as long is silence.",
    )
    caller_key: CallerKey = Field(default=CallerKey(), description="The key by which others call the API.")
    sign_ins: SignIns = Field(default=SignIns(), description="How people who are signed in stay so.")
    issued_key: SecretStr | None = Field(
        default=None, description="That key as it was issued, to test whether the API accepts it."
    )
    dependencies: tuple[Dependency, ...] = Field(default=DEPENDENCIES, description="Services of others that it calls.")

    ON_CALL: ClassVar[Escalation] = Escalation(
        issue="MedicalCor",
        source="devised",
        levels=(
            Level(name="L1", after=timedelta(minutes=5)),
            Level(name="L2", after=timedelta(minutes=15), if_unresolved=True),
            Level(name="L3", after=timedelta(minutes=30), if_unresolved=True),
        ),
    )

    by_hand: ClassVar[frozenset[str]] = frozenset({"http"})

    def resources(self) -> Names:
        services = (self.api, self.web)
        return {
            "run_service": tuple(one.name for one in services),
            "run_identity": tuple(one.runs_as for one in services if one.runs_as),
            "secret": (self.caller_key.kept_as, self.sign_ins.kept_as),
            "table_owner": (self.table_owner,),
        }
