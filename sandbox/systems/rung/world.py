"""What rung's world is made of: its database, its cloud, its service, and who looks at it in rehearsals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from sandbox import world
from sandbox.eyes import BLIND, BY_TLS, SEEING, saved_as
from sandbox.health import try_fresh_clients
from sandbox.systems.rung.at_work import ALSO, NOT_THEIRS, OTHERWISE
from sandbox.systems.rung.couples import Couples
from sandbox.systems.rung.delivery import CERTIFICATE
from sandbox.systems.rung.schema import SCHEMA

if TYPE_CHECKING:
    from blocks.environment import Environment
    from sandbox.link import Handler, Message
    from sandbox.schema import Schema
    from sandbox.world import Facts

FAULTS = "sandbox.systems.rung.faults"
SERVICE = "rung-api"


class World(world.World):
    """rung as it runs in practice."""

    system: ClassVar[str] = "rung"
    production: ClassVar[str] = "rung-prod"
    schema: ClassVar[Schema] = SCHEMA
    cloud: ClassVar[str] = "sandbox.systems.rung.cloud:CLOUD"
    service: ClassVar[str] = SERVICE
    n8n_log: ClassVar[str] = "/rung/n8n/prod"
    faults_from: ClassVar[str] = FAULTS
    asked: ClassVar[tuple[str, ...]] = ("authorise", "connect")
    tried_first: ClassVar[str] = "flows.rung.connection_exhaustion:RUNBOOK"

    eyes: ClassVar[tuple[str, ...]] = (SEEING, BLIND, BY_TLS)
    certificate: ClassVar[str | None] = CERTIFICATE
    also_at_work: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = ALSO
    not_theirs: ClassVar[Mapping[str, tuple[str, ...]]] = NOT_THEIRS
    otherwise_felt: ClassVar[Mapping[str, Mapping[str, tuple[str, float]]]] = OTHERWISE

    @classmethod
    def environments(cls, facts: Facts, *, pace: float) -> Mapping[str, Environment]:
        """Rung's blocks, pointing here."""
        from sandbox.systems.rung.wiring import rung  # imports Prefect, which a world alone does not need

        roles = facts.database.roles
        return {
            saved_as(cls.system, SEEING): rung(facts, pace=pace),
            saved_as(cls.system, BLIND): rung(facts, reader=roles.blind, blind_aws=True, pace=pace),
            saved_as(cls.system, BY_TLS): rung(facts, by_tls=True, pace=pace),
        }

    def handlers(self) -> Mapping[str, Handler]:
        """Who may merge couples, and who gets a connection, is what the real database says."""
        return {"authorise": self._authorise, "connect": self._connect}

    def _authorise(self, order: Message) -> Message:
        couples = Couples(self.facts.database)
        return {"allowed": couples.may_merge(str(order["link"]), int(order["requester"]))}

    def _connect(self, _order: Message) -> Message:
        return {"granted": not try_fresh_clients(self.facts.database, attempts=1)}
