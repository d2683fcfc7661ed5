"""Saves a world as environments that Code Blue can work on: blocks that point at the sandbox."""

from __future__ import annotations

from typing import TypeVar

from pydantic import SecretStr

from blocks.aws import Aws
from blocks.base import CodeBlueBlock
from blocks.environment import Environment
from blocks.postgres import Postgres, PostgresReplica
from sandbox.aws import AwsFacts
from sandbox.database import Address

B = TypeVar("B", bound=Postgres)


def database(address: Address, reader: str | None = None) -> Postgres:
    """The database of a world, entered by our two identities; `reader` chooses another one that looks."""
    return _entered(Postgres, address, reader)


def replica(address: Address, reader: str | None = None) -> PostgresReplica:
    """Its replica, entered likewise."""
    return _entered(PostgresReplica, address, reader)


def _entered(kind: type[B], address: Address, reader: str | None) -> B:
    looks, changes = reader or address.roles.reader, address.roles.changer
    return kind(
        host=address.host,
        port=address.port,
        dbname=address.database,
        reader=looks,
        reader_password=SecretStr(address.passwords[looks]),
        changer=changes,
        changer_password=SecretStr(address.passwords[changes]),
        sslmode="disable",
        connect_timeout=3,
    )


def account(aws: AwsFacts, *, blind: bool = False) -> Aws:
    """The account of a world, entered by our two roles; where it is `blind`, by one that looks and sees nothing."""
    return Aws(
        region=aws.region,
        account_id=aws.account_id,
        reading_role=aws.blind_role if blind else aws.reading_role,
        changing_role=aws.changing_role,
        access_key_id=aws.oncall.id,
        secret_access_key=SecretStr(aws.oncall.secret),
        endpoint_url=aws.endpoint_url,
    )


def save(environment: Environment, name: str) -> None:
    """Save the environment and its connections under a name, over whatever had it."""
    for part, block in environment:
        if isinstance(block, CodeBlueBlock):
            block.save(f"{name}-{part.replace('_', '-')}", overwrite=True)
    environment.save(name, overwrite=True)
