"""Pools of connections that clients keep in each task or instance: together they may be larger than the server."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from blocks.postgres import Postgres
from blocks.shapes import HasPools, HasRunPools
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Hypothesis, Manual, Permanent, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.cloudrun.pool import read_pool
from tasks.ecs.read import read_number, read_services
from tasks.postgres.pools import Demand, demand
from tasks.postgres.read import read_clients, read_slots

E = TypeVar("E")
P = TypeVar("P", bound=Form)


class AskedPools(Asked[E_contra, P_contra, Demand]):
    @cached_property
    def oversized(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the pools may open more connections than the server has", lambda r: r.wanted > r.usable
        )

    @cached_property
    def fitting(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the pools together fit into the server", lambda r: r.wanted <= r.usable)

    @cached_property
    def hold_few(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("the pools hold fewer than half of the slots", lambda r: r.held < r.usable * 0.5)


def pools(source: str = DEVISED) -> Probe[HasPools, Form, Demand]:
    """What the pools of clients on ECS may open: their size by the tasks that run."""

    @probe(
        read_services,
        read_number,
        read_slots,
        read_clients,
        asks="How many connections may the pools open?",
        source=source,
    )
    def pools(c: Context[HasPools, Form]) -> Demand:
        names = tuple(pool.service for pool in c.env.pools)
        services = read_services(c.env.aws, c.env.ecs_cluster, names).services
        sizes = {
            pool.application: (
                read_number(c.env.aws, services[pool.service].definition, pool.variable),
                services[pool.service].running,
            )
            for pool in c.env.pools
        }
        return _against(c.env.database, sizes)

    return pools


def run_pools(source: str = DEVISED) -> Probe[HasRunPools, Form, Demand]:
    """What the pools of clients on Cloud Run may open: their size by the instances that there may be."""

    @probe(
        read_pool,
        read_slots,
        read_clients,
        asks="How many connections may the pools open?",
        source=source,
    )
    def pools(c: Context[HasRunPools, Form]) -> Demand:
        found = {
            one.application: read_pool(c.env.google, one.service, one.variable, one.container) for one in c.env.pools
        }
        return _against(c.env.database, {name: (one.size, one.most) for name, one in found.items()}, each="instances")

    return pools


def _against(database: Postgres, sizes: dict[str, tuple[int, int]], *, each: str = "tasks") -> Demand:
    """Pools by their application, each with its size and how many there are, beside what the server has."""
    taken = read_slots(database)
    if taken.refused:
        raise Permanent("The server is too full to say how many slots it has, so the pools cannot be held against it.")
    held = read_clients(database).applications
    return demand(taken.usable, sizes, sum(held.get(name, 0) for name in sizes), each=each)


def oversized_pools(pools: AskedPools[E, P], source: str = DEVISED, *, prior: float = 0.2) -> Hypothesis[E, P]:
    return Hypothesis(
        name="oversized_pools",
        claim="The clients' pools are together larger than the server.",
        supported_by=(pools.oversized,),
        refuted_by=(pools.fitting, pools.hold_few),
        prior=prior,
        source=source,
    )


def shrink_pools(
    treats: Hypothesis[E, P],
    pools: AskedPools[E, P],
    source: str = DEVISED,
    *,
    validated_by: Evidence[E, P],
    pooler: str = "RDS Proxy",
) -> Manual[E, P]:
    return Manual(
        name="shrink_pools",
        title="Make the clients' pools smaller than the server",
        treats=treats,
        why_manual="pool sizes are configuration of the clients, which are deployed by their own teams.",
        steps=(
            pools.probe.tells(
                lambda r: [
                    f"{r.largest} keeps {r.size} connections in each of {r.tasks} {r.each}; all pools may open"
                    f" {r.wanted}, the server has {r.usable} slots.",
                    f"Set the pool size of {r.largest} to {r.fitting} or less and deploy it,"
                    f" or put a pooler ({pooler}) between the clients and the server.",
                ]
            ),
            "Say that it is done; the connection slots are then looked at again.",
        ),
        validated_by=validated_by,
        source=source,
    )
