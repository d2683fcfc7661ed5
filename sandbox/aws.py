"""AWS in its server form as a child process: moto with the overlay in front. Worlds use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

from sandbox.errors import AwsUnavailable, WorkerFailed
from sandbox.link import Handler, Message
from sandbox.process import Worker

if TYPE_CHECKING:
    from botocore.client import BaseClient

ACCOUNT = "111122223333"
REGION = "us-east-1"
START_SECONDS = 60.0

MODELS = botocore.loaders.create_loader()

Who = Literal["admin", "oncall"]


@dataclass(frozen=True, kw_only=True)
class Key:
    """An access key of a person."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class AwsFacts:
    """How to reach the stand-in, and as whom.

    `oncall` may only assume the roles, by ARN; `admin` is for the sandbox itself and a drill's scripted person.
    """

    endpoint_url: str
    account_id: str
    region: str
    oncall: Key
    admin: Key
    reading_role: str
    changing_role: str
    blind_role: str

    def client(self, service: str, *, as_: Who | str = "admin") -> BaseClient:
        """A boto3 client: as a person by name, or as a role by its ARN. For tests and drills."""
        if as_ in ("admin", "oncall"):
            return _of_person(self, service, self.admin if as_ == "admin" else self.oncall)
        sts: Any = self.client("sts", as_="oncall")
        given = sts.assume_role(RoleArn=as_, RoleSessionName="sandbox")["Credentials"]
        credentials = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        return client_with(self, service, credentials)


@cache  # a world is asked how it is ten times a second, and a client takes longer to make than to answer
def _of_person(facts: AwsFacts, service: str, key: Key) -> BaseClient:
    return client_with(facts, service, {"aws_access_key_id": key.id, "aws_secret_access_key": key.secret})


def client_with(facts: AwsFacts, service: str, credentials: Mapping[str, Any]) -> BaseClient:
    """A boto3 client with these credentials. It is not tried again: what fails is what a test wants to see."""
    # A session of its own, as one is not made for several threads; the models, which take most time, are read once.
    core = botocore.session.get_session()
    core.register_component("data_loader", MODELS)
    session: Any = boto3.session.Session(botocore_session=core, region_name=facts.region, **credentials)
    return session.client(
        service,
        endpoint_url=facts.endpoint_url,
        config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
    )


class Standing(Protocol):
    """Whoever stands in for AWS: a process of its own, or a part of this one."""

    def call(self, verb: str, *, seconds: float = ..., **body: object) -> Message:
        """Ask it; raises `WorkerFailed`."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class Aws:
    """The running stand-in. `start` waits until it serves; `stop` ends it."""

    def __init__(self, *, worker: Standing, facts: AwsFacts) -> None:
        self._worker = worker
        self.facts = facts

    @classmethod
    def start(
        cls,
        home: Path,
        *,
        system: str,
        cloud: str,
        engine_version: str,
        port: int,
        max_connections: int,
        services: Mapping[str, Mapping[str, int]],
        handlers: Mapping[str, Handler],
        n8n: str = "",
        account: str = ACCOUNT,
        within: Callable[[Mapping[str, Handler]], Standing] | None = None,
    ) -> Aws:
        """Start it for one system, with what its `cloud` says (`module:NAME`).

        `handlers` do in the world what AWS is asked to: `reboot`, `deploy`, `n8n`, and what its own simulators ask.

        `within` makes it a part of this process instead of one of its own (`sandbox.within.aws`); there, systems that
        live beside each other need an `account` of their own.

        Raises `AwsUnavailable`.
        """
        log = home / "aws.log"
        env = {"MOTO_ACCOUNT_ID": account, "TZ": "UTC"}
        worker = (
            within(handlers) if within else Worker("sandbox.overlay", name="AWS", log=log, handlers=handlers, env=env)
        )
        try:
            said = worker.call(
                "start",
                seconds=START_SECONDS,
                account=account,
                region=REGION,
                system=system,
                cloud=cloud,
                engine_version=engine_version,
                port=port,
                max_connections=max_connections,
                services=services,
                n8n=n8n,
            )
        except WorkerFailed as failure:
            worker.stop()
            raise AwsUnavailable(f"The AWS stand-in did not start ({failure}); its log is {log}.") from failure
        role = f"arn:aws:iam::{account}:role/codeblue-"
        return cls(
            worker=worker,
            facts=AwsFacts(
                endpoint_url=said["endpoint"],
                account_id=account,
                region=REGION,
                oncall=Key(**said["keys"]["oncall"]),
                admin=Key(**said["keys"]["admin"]),
                reading_role=f"{role}reading",
                changing_role=f"{role}changing",
                blind_role=f"{role}blind",
            ),
        )

    def publish(self, *, namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str) -> None:
        """Store one value of a metric, stamped with now."""
        metric = {"namespace": namespace, "name": name, "value": value, "dimensions": dimensions, "unit": unit}
        self._worker.call("moved", metric=metric)

    def log(self, group: str, *lines: str) -> None:
        """Write lines into a log group, stamped with now."""
        self._worker.call("moved", log={"group": group, "lines": lines})

    def tasks_run(self, service: str, tasks: int) -> None:
        """Tell how many tasks of an ECS service really run."""
        self._worker.call("moved", tasks={service: tasks})

    def forget_tasks(self, service: str) -> None:
        """Let ECS forget the ended tasks of a service, as it does after an hour."""
        self._worker.call("moved", forget=service)

    def set_conditions(self, conditions: Mapping[str, Any]) -> None:
        """Tell the simulators what is wrong or special now; `None` takes a condition away."""
        self._worker.call("moved", conditions=dict(conditions))

    def begin_afresh(self, *, seconds: float, turns: int) -> None:
        """Forget the metrics and logs of the last seconds; returns when the simulators have run `turns` times since."""
        self._worker.call("begin_afresh", last=seconds, turns=turns)

    def written(self) -> tuple[str, ...]:
        """Every call of Code Blue's roles that was not a look, in order, such as `rds:RebootDBInstance`."""
        return tuple(self._worker.call("written")["written"])

    def stop(self) -> None:
        """End it."""
        self._worker.stop()
