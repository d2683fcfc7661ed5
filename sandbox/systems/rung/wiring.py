"""Saves the world as an environment that Code Blue can work on: the blocks of rung, pointing at the sandbox."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.aws import Aws
from blocks.base import CodeBlueBlock
from blocks.environment import Environment
from blocks.notifier import Notifier
from blocks.postgres import Postgres
from blocks.rung import Rung
from blocks.rung_parts import Pool, Storage, Workflows
from blocks.saved import NotSaved, saved
from sandbox.database import Address
from sandbox.schema import Role
from sandbox.selftest.incident import Practice
from sandbox.systems.rung.memos import KNOWN_GOOD
from sandbox.systems.rung.world import Facts

PACE = 0.02
"""In practice a second of holding stands for 50."""


def database(address: Address, reader: Role = "rung_reader") -> Postgres:
    """The database of a world, entered by our two identities."""
    return Postgres(
        host=address.host,
        port=address.port,
        dbname=address.database,
        reader=reader,
        reader_password=SecretStr(address.passwords[reader]),
        changer="rung_changer",
        changer_password=SecretStr(address.passwords["rung_changer"]),
        sslmode="disable",
        connect_timeout=3,
    )


def rung(facts: Facts, *, reader: Role = "rung_reader", blind_aws: bool = False, pace: float = PACE) -> Rung:
    """The environment block for a world. `reader` and `blind_aws` choose who looks, for blind runs."""
    aws = facts.aws
    return Rung(
        notifier=Notifier(),
        practice_pace=pace,
        database=database(facts.database, reader),
        aws=Aws(
            region=aws.region,
            account_id=aws.account_id,
            reading_role=aws.blind_role if blind_aws else aws.reading_role,
            changing_role=aws.changing_role,
            access_key_id=aws.oncall.id,
            secret_access_key=SecretStr(aws.oncall.secret),
            endpoint_url=aws.endpoint_url,
        ),
        application_user="rung_app",
        table_owner="rung_owner",
        db_instance=facts.system,
        parameter_group=facts.system,
        ecs_cluster=facts.system,
        pools=[Pool(application=facts.service, service=facts.service)],
        storage=Storage(bucket_policy=KNOWN_GOOD),
        workflows=Workflows(url=facts.n8n.url),
        n8n_key=None if blind_aws else SecretStr(facts.n8n.reading_key),
        n8n_changing_key=None if blind_aws else SecretStr(facts.n8n.changing_key),
    )


def practice(address: Address) -> Practice:
    """The environment of the practice runbook: the database alone."""
    return Practice(notifier=Notifier(), practice_pace=PACE, database=database(address))


def save(environment: Environment, name: str) -> None:
    """Save the environment and its connections under a name, over whatever had it."""
    for part, block in environment:
        if isinstance(block, CodeBlueBlock):
            block.save(f"{name}-{part.replace('_', '-')}", overwrite=True)
    environment.save(name, overwrite=True)


def is_saved(name: str) -> bool:
    """Whether an environment of this name is saved."""
    try:
        saved(Rung, name)
    except NotSaved:
        return False
    return True
