"""Saves a world as environments that Code Blue can work on: blocks that point at the sandbox."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.base import CodeBlueBlock
from blocks.environment import Environment
from blocks.postgres import Postgres
from sandbox.database import Address


def database(address: Address, reader: str | None = None) -> Postgres:
    """The database of a world, entered by our two identities; `reader` chooses another one that looks."""
    looks, changes = reader or address.roles.reader, address.roles.changer
    return Postgres(
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


def save(environment: Environment, name: str) -> None:
    """Save the environment and its connections under a name, over whatever had it."""
    for part, block in environment:
        if isinstance(block, CodeBlueBlock):
            block.save(f"{name}-{part.replace('_', '-')}", overwrite=True)
    environment.save(name, overwrite=True)
