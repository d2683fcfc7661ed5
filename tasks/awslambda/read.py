"""Looks at a Lambda function as its callers get it: by an alias, which points to a version that never changes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from journal.wording import span
from runbook import Facts, Permanent, Release, look

LATEST = "$LATEST"

SHIPPED = (
    "CodeSha256",
    "Runtime",
    "Handler",
    "Role",
    "MemorySize",
    "Timeout",
    "Layers",
    "VpcConfig",
    "Environment",
    "Architectures",
    "EphemeralStorage",
    "PackageType",
)
"""What a published version carries, by the API's names."""

NEEDED = ("Version", "MemorySize", "Timeout", "LastModified", "CodeSha256")
"""What no look may do without."""


def function_arns(aws: Aws, function: str) -> tuple[str, str]:
    """A function and all its versions and aliases, as a session policy names them."""
    name = aws.arn("lambda", f"function:{function}")
    return name, f"{name}:*"


class Function(Facts):
    """A function as an alias gives it. `published` is when the alias's version was made, `asked_at` when it was read.

    `shifting` tells that the alias sends a part of the requests to another version: a deployment is under way.
    """

    name: str
    alias: str
    version: str
    memory_mb: int
    timeout: timedelta
    published: datetime
    asked_at: datetime
    shifting: bool = False

    @property
    def release(self) -> Release:
        """The version behind the alias, as it was published; when the alias was moved to it is not told here."""
        service = f"{self.name}:{self.alias}"
        return Release(what="version", service=service, version=self.version, at=self.published, source="Lambda")

    @property
    def age(self) -> timedelta:
        """How long ago the version behind the alias was published."""
        return self.asked_at - self.published

    def __str__(self) -> str:
        shifting = ", a deployment shifts requests to another version" if self.shifting else ""
        return (
            f"{self.name}:{self.alias} is version {self.version}, published {span(self.age)} ago,"
            f" {self.memory_mb} MB, timeout {span(self.timeout)}{shifting}"
        )


class Concurrency(Facts):
    """How many requests a function may serve at once, and how many environments stand ready for its alias.

    `provisioned` is what was asked for, `ready` what is there. `reserved` is the function's ceiling and share of the
    account, where it has one; `unreserved` is what all functions without one share.
    """

    name: str
    provisioned: int
    ready: int
    status: str
    reserved: int | None
    unreserved: int
    limit: int

    def __str__(self) -> str:
        stand = f"{self.ready} of {self.provisioned}" if self.provisioned else "none"
        ceiling = "no ceiling of its own" if self.reserved is None else f"a ceiling of {self.reserved}"
        return (
            f"{self.name}: environments that stand ready {stand}, {ceiling},"
            f" {self.unreserved} of the account's {self.limit} unreserved"
        )


@look("lambda:GetAlias", "lambda:GetFunctionConfiguration", bound="one function; values of its environment are dropped")
def read_function(aws: Aws, function: str, alias: str) -> Function:
    """The version behind an alias. Raises `Permanent` when function or alias does not exist or may not be seen."""
    client = aws.reading("lambda")
    found = get_alias(client, function, alias)
    said = configuration(client, function, alias)
    return Function(
        name=function,
        alias=alias,
        version=said["Version"],
        memory_mb=said["MemorySize"],
        timeout=timedelta(seconds=said["Timeout"]),
        published=datetime.fromisoformat(said["LastModified"]).astimezone(UTC),
        asked_at=clock.now(),
        shifting=is_shifting(found),
    )


@look(
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:GetFunctionConcurrency",
    "lambda:GetAccountSettings",
    bound="one function and the account's limits",
)
def read_concurrency(aws: Aws, function: str, alias: str | None = None) -> Concurrency:
    """Provisioned (of an alias), reserved and unreserved concurrency. Raises `Permanent` when they may not be seen."""
    client = aws.reading("lambda")
    held = (provisioned(client, function, alias) if alias else None) or {}
    try:
        limit = client.get_account_settings()["AccountLimit"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, "read the account's limits of Lambda") from error
    return Concurrency(
        name=function,
        provisioned=held.get("RequestedProvisionedConcurrentExecutions", 0),
        ready=held.get("AvailableProvisionedConcurrentExecutions", 0),
        status=held.get("Status", "none"),
        reserved=reserved(client, function),
        unreserved=limit["UnreservedConcurrentExecutions"],
        limit=limit["ConcurrentExecutions"],
    )


def get_alias(client: Any, function: str, alias: str) -> dict[str, Any]:
    """The alias as the API gives it."""
    try:
        return client.get_alias(FunctionName=function, Name=alias)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the alias {alias} of {function}") from error


def is_shifting(alias: dict[str, Any]) -> bool:
    """Whether an alias divides its requests between two versions."""
    routing: dict[str, Any] = alias.get("RoutingConfig") or {}
    return bool(routing.get("AdditionalVersionWeights"))


def configuration(client: Any, function: str, qualifier: str = LATEST) -> dict[str, Any]:
    """What a version carries, as the API gives it, but without the values of its environment: some are secrets.

    `Environment` becomes a hash, which still tells whether two versions have the same.
    """
    try:
        said: dict[str, Any] = client.get_function_configuration(
            FunctionName=function, **({} if qualifier == LATEST else {"Qualifier": qualifier})
        )
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the configuration of {function}:{qualifier}") from error
    if "Environment" in said:
        # Digested before anything can hold on to it.
        said["Environment"] = hashlib.sha256(json.dumps(said["Environment"], sort_keys=True).encode()).hexdigest()
    if missing := [
        name for name in ("Version", "MemorySize", "Timeout", "LastModified", "CodeSha256") if name not in said
    ]:
        raise Permanent(f"AWS gave no {', '.join(missing)} of {function}:{qualifier}; that is unknown.")
    return said


def shipped(said: dict[str, Any], *, but: str) -> dict[str, Any]:
    """What a version carries, except one setting: two versions with the same differ at most in that."""
    return {name: said.get(name) for name in SHIPPED if name != but}


def provisioned(client: Any, function: str, alias: str) -> dict[str, Any] | None:
    """Provisioned concurrency of an alias as the API gives it; nothing where none was asked for."""
    try:
        return client.get_provisioned_concurrency_config(FunctionName=function, Qualifier=alias)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ProvisionedConcurrencyConfigNotFoundException":
            return None
        raise explain(error, f"read the provisioned concurrency of {function}:{alias}") from error
    except BotoCoreError as error:
        raise explain(error, f"read the provisioned concurrency of {function}:{alias}") from error


def reserved(client: Any, function: str) -> int | None:
    """The function's reserved concurrency; nothing where it has none."""
    try:
        return client.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the reserved concurrency of {function}") from error
