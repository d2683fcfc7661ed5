"""A production to practise on: real parts on this machine, with faults to inject.

A system's world (`sandbox.systems.<system>`) brings up a real PostgreSQL, AWS in its server form and a small fleet of
real clients; `break_` injects a fault, `heal` takes it away, `health` says how the world really is. Drills, tests and
the demo use it; nothing else imports it.
"""

from sandbox.errors import (
    AwsUnavailable,
    FaultHasNoEffect,
    HealFailed,
    PostgresUnavailable,
    RestartImpossible,
    SandboxError,
    UnknownFault,
    WorkerFailed,
    WorldUnreachable,
)
from sandbox.health import Health

__all__ = [
    "AwsUnavailable",
    "FaultHasNoEffect",
    "HealFailed",
    "Health",
    "PostgresUnavailable",
    "RestartImpossible",
    "SandboxError",
    "UnknownFault",
    "WorkerFailed",
    "WorldUnreachable",
]
