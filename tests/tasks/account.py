"""The stand-in for AWS without a world behind it, and what our identities see of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from blocks.aws import Aws as Connection
from sandbox.aws import Aws, AwsFacts


@contextmanager
def standing(home: Path, *, system: str = "rung", cloud: str = "sandbox.systems.rung.cloud:CLOUD") -> Iterator[Aws]:
    """A process of its own, in which nothing that needs a database goes on."""
    aws = Aws.start(
        home,
        system=system,
        cloud=cloud,
        engine_version="16.4",
        port=1,
        max_connections=60,
        services={},
        n8n="http://127.0.0.1:9",
        handlers={},
    )
    try:
        yield aws
    finally:
        aws.stop()


def seen_by(facts: AwsFacts, reading_role: str) -> Connection:
    """The account as we connect to it, with one of its reading roles."""
    return Connection(
        region=facts.region,
        account_id=facts.account_id,
        reading_role=reading_role,
        changing_role=facts.changing_role,
        access_key_id=facts.oncall.id,
        secret_access_key=SecretStr(facts.oncall.secret),
        endpoint_url=facts.endpoint_url,
    )
