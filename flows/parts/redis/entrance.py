"""Whether a Redis server lets anybody in, and what Google says of its instance."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from blocks.google import Google
from blocks.shapes import HasGoogle, HasRedis
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.memorystore.read import Instance, read_instance
from tasks.redis.entrance import Entrance, read_entrance

E = TypeVar("E", bound=HasGoogle)


class AskedEntrance(Asked[E_contra, P_contra, Entrance]):
    @cached_property
    def trouble(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "Redis does not let us in, or turns clients away now", lambda r: r.in_trouble, gauge="turned away"
        )

    @cached_property
    def unreached(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Redis itself says nothing: the network does not reach it", lambda r: not r.reached)

    @cached_property
    def reached(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Redis itself answers, be it with a refusal", lambda r: r.reached)

    @cached_property
    def strangers(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "Redis turns clients away for a wrong name or password", lambda r: r.refused(r.strangers) > 0
        )

    @cached_property
    def no_strangers(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "Redis turns nobody away for a wrong name or password", lambda r: r.refused(r.strangers) == 0
        )

    @cached_property
    def unready(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "Redis is there and not ready: it loads, lacks its primary, or runs a script", lambda r: r.unready
        )

    @cached_property
    def not_unready(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Redis neither loads nor waits for anything", lambda r: not r.unready)


class AskedInstance(Asked[E_contra, P_contra, Instance]):
    @cached_property
    def unwell(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Google says that the instance does not serve", lambda r: not r.serves)

    @cached_property
    def serves(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Google says that the instance serves", lambda r: r.serves)


def redis_entrance(source: str = DEVISED) -> Probe[HasRedis, Form, Entrance]:
    """Whether it lets anybody in."""

    @probe(read_entrance, asks="Does Redis let us in, and whom does it turn away?", source=source)
    def redis_entrance(c: Context[HasRedis, Form]) -> Entrance:
        return read_entrance(c.env.redis)

    return redis_entrance


def redis_instance(named: Callable[[E], str], source: str = DEVISED) -> Probe[E, Form, Instance]:
    """What Google says of the instance that an environment names."""

    @probe(read_instance, asks="What does Google say of the Redis instance?", source=source)
    def redis_instance(c: Context[E, Form]) -> Instance:
        google: Google = c.env.google
        return read_instance(google, named(c.env))

    return redis_instance
