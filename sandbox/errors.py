"""What can go wrong in the sandbox itself (never what its faults do on purpose).

    SandboxError
    ├── PostgresUnavailable   no PostgreSQL could be found, started or reached
    ├── RestartImpossible     this PostgreSQL is not ours to restart
    ├── AwsUnavailable        the AWS stand-in did not come up
    ├── WorkerFailed          a child process ended or refused
    ├── UnknownFault          no fault of that name, or bounds it does not know
    ├── FaultHasNoEffect      the fault runs, but its symptom did not appear in time
    ├── HealFailed            the fault is gone, but the world did not recover in time
    └── WorldUnreachable      no sandbox answers at this home

Each message is one sentence with its remedy; all arguments go to `super().__init__`, so the errors survive pickling.
"""


class SandboxError(RuntimeError):
    """The sandbox itself failed; see the subclasses."""


class PostgresUnavailable(SandboxError):
    """No PostgreSQL could be found, started or reached."""


class RestartImpossible(SandboxError):
    """This PostgreSQL is not ours to restart; use the one from the wheel or the system for drills that reboot."""


class AwsUnavailable(SandboxError):
    """The AWS stand-in did not come up."""


class WorkerFailed(SandboxError):
    """A child process ended or refused what it was asked."""


class UnknownFault(SandboxError):
    """There is no fault of that name, or it does not take these bounds."""


class FaultHasNoEffect(SandboxError):
    """The fault runs but its symptom did not appear before the deadline."""


class HealFailed(SandboxError):
    """The fault was taken away but the world did not recover before the deadline."""


class WorldUnreachable(SandboxError):
    """No running sandbox answers at this home; start one with `codeblue sandbox up`."""
