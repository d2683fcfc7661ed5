"""The world as an environment that Code Blue can work on: the blocks of rung, pointing at the sandbox."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.notifier import Notifier
from blocks.parts import Pool
from blocks.rung import Rung
from blocks.rung_parts import Storage, Workflows
from sandbox.saving import account, database
from sandbox.systems.rung.memos import KNOWN_GOOD
from sandbox.turns import PACE
from sandbox.world import Facts


def rung(
    facts: Facts, *, reader: str | None = None, blind_aws: bool = False, by_tls: bool = False, pace: float = PACE
) -> Rung:
    """The environment block for a world. `reader` and `blind_aws` choose who looks, for blind runs; `by_tls`, how."""
    return Rung(
        notifier=Notifier(),
        practice_pace=pace,
        database=database(facts.database, reader),
        aws=account(facts.aws, blind=blind_aws),
        application_user=facts.database.roles.application,
        table_owner=facts.database.roles.owner,
        db_instance=facts.system,
        parameter_group=facts.system,
        ecs_cluster=facts.system,
        pools=[Pool(application=facts.service, service=facts.service)],
        storage=Storage(bucket_policy=KNOWN_GOOD),
        workflows=Workflows(url=facts.n8n.tls_url if by_tls else facts.n8n.url),
        n8n_key=None if blind_aws else SecretStr(facts.n8n.reading_key),
        n8n_changing_key=None if blind_aws else SecretStr(facts.n8n.changing_key),
    )
