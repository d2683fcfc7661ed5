"""The world as environments that Code Blue can work on: the block of Rastup, pointing at the sandbox."""

from __future__ import annotations

from blocks.notifier import Notifier
from blocks.rastup import Rastup
from sandbox.saving import account, database, replica
from sandbox.systems.rastup.parts import Parts
from sandbox.turns import PACE


def rastup(parts: Parts, *, blind: bool = False, pace: float = PACE) -> Rastup:
    """The environment block for a world; where it is `blind`, whoever looks may enter and see nothing."""
    roles = parts.postgres.address.roles
    return Rastup(
        notifier=Notifier(),
        practice_pace=pace,
        aws=account(parts.aws.facts, blind=blind),
        database=database(parts.postgres.address, roles.blind if blind else None),
        replica=replica(parts.replica.address, roles.blind if blind else None),
        application_user=roles.application,
        table_owner=roles.owner,
    )
