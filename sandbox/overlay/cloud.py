"""What a system has in AWS at the beginning, and what it calls it: data, which services seed and simulators read.

A system declares one, and its world names it (`World.cloud`). What lives there beyond what any system has (a service
of its own) stands in modules of the system that `further` names; they are imported like those beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from blocks.parts import RequiredAlarm


@dataclass(frozen=True, kw_only=True)
class Api:
    """The REST API, by its name and stage, and its access log."""

    name: str
    stage: str
    log: str


@dataclass(frozen=True, kw_only=True)
class Function:
    """The function behind the API, how the API calls it, the role it has, and its log.

    `failures`: what it logs when a call to a dependency fails, by dependency.
    """

    name: str
    alias: str
    role: str
    log: str
    failures: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Network:
    """The VPC, by its id and name, and its security groups: of what runs in it, and of its interface endpoints."""

    vpc: str
    name: str
    functions: str
    endpoints: str
    private: str


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """The alarms, the topic that they tell, and the queue of a team's pager that hears it.

    `together` is a composite alarm with its rule, `told` the alarm that told somebody two days ago, and `noisy` the
    one whose metric may have been bad for hours.
    """

    required: tuple[RequiredAlarm, ...]
    topic: str
    pager: str
    together: tuple[str, str]
    told: str
    noisy: str

    def of(self, name: str) -> RequiredAlarm:
        """One of them. Raises `StopIteration` when it is none."""
        return next(one for one in self.required if one.name == name)


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket with its known-good policy, the inline policy of the function's role, and a role without business."""

    name: str
    good_policy: str
    role_policy: str
    other_role: str


@dataclass(frozen=True, kw_only=True)
class User:
    """One person: the `sub`, and what must never leave the pool."""

    sub: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class UserPool:
    """The pool with its people, and the app client that they sign in with.

    `trigger` is the function that Cognito calls before it lets anybody in, by `trigger_alias`.
    `importer` signs in again and again, when somebody has made it.
    """

    id: str
    name: str
    client: str
    client_name: str
    flows: tuple[str, ...]
    trigger: str
    trigger_alias: str
    importer: str
    log: str
    password: str
    users: tuple[User, ...]


@dataclass(frozen=True, kw_only=True)
class Consumed:
    """A queue with its dead-letter queue, and the function that it feeds, by the mapping's id."""

    queue: str
    dead: str
    function: str
    mapping: str
    log: str
    """Of the service that hands on what was processed."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """Everything. `database` is the one in the instance, and `parameters` are kept in SSM.

    What a system has not is `None`: it is not seeded, and nothing lives there (`sandbox.overlay.registry.where`).
    """

    database: str
    api: Api | None = None
    function: Function | None = None
    network: Network | None = None
    alarms: Alarms | None = None
    bucket: Bucket | None = None
    pool: UserPool | None = None
    consumed: Consumed | None = None
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    further: tuple[str, ...] = ()


T = TypeVar("T")


def there(part: T | None) -> T:
    """What only a system is asked for that has it."""
    if part is None:
        raise LookupError("This system has no such thing in AWS; declare it in its `Cloud`.")
    return part
