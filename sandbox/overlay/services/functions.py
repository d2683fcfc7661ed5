"""Lambda as far as moto has none: provisioned concurrency, the account's concurrency, updates that take a moment.

A published version never changes. A new memory size or timeout is one of `$LATEST` until a version of it is published
and the alias, which the API calls, points to that version.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.iam.models import iam_backends

from journal import clock
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.cloud import there
from sandbox.overlay.registry import MOTO, handles, seeds, where
from sandbox.overlay.services import trail
from sandbox.overlay.services.network import security_group, subnets
from sandbox.overlay.stage import Stage

MEMORY_MB, TIMEOUT_SECONDS = 512, 10
MODEL, EVENTS = "BEDROCK_MODEL_ID", "N8N_WEBHOOK_BASE"
"""Environment variable with the Bedrock model that the function calls."""

FIRST_PUBLISHED = timedelta(days=20)
"""How long ago the version was published that the API calls in good times."""

ACCOUNT_LIMIT, LEAST_UNRESERVED = 1000, 100
ALLOCATION_SECONDS, UPDATE_SECONDS = 0.4, 0.2
"""How long AWS needs to provision environments (in truth minutes), and to change a function (in truth seconds)."""

CODE = "def handler(event, context):\n    raise NotImplementedError('nothing runs; the simulator says what happens')\n"


@dataclass(frozen=True, kw_only=True)
class Provision:
    """Provisioned concurrency of an alias or a version, asked for at `at` (monotonic seconds)."""

    wanted: int
    at: float
    modified: datetime

    @property
    def ready(self) -> bool:
        """Whether all of it is there."""
        return clock.monotonic() >= self.at + ALLOCATION_SECONDS


PROVISIONED: dict[tuple[str, str], Provision] = {}
"""By function and qualifier."""

UPDATED: dict[str, float] = {}
"""When each function's configuration was changed last, in monotonic seconds."""


@seeds
@where("function", "network")
def function(stage: Stage) -> None:
    """The API's function in the VPC, its first version, and the alias that points to it."""
    backend, group = _backend(stage), security_group(stage, there(stage.cloud.network).functions)
    own = there(stage.cloud.function)
    backend.create_function(
        {
            "FunctionName": own.name,
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": execution_role(stage),
            "Code": {"ZipFile": _zipped(CODE)},
            "MemorySize": MEMORY_MB,
            "Timeout": TIMEOUT_SECONDS,
            "VpcConfig": {"SubnetIds": subnets(stage), "SecurityGroupIds": [group]},
            "Environment": {
                "Variables": {
                    EVENTS: f"{stage.n8n}/webhook",
                    MODEL: "anthropic.claude-3-5-sonnet-20240620-v1:0",
                    "DB_PASSWORD": "planted-secret-of-the-function",
                }
            },
        }
    )
    _published(stage, own.name, own.alias, "What the API calls")


@seeds
@where("function", "pool")
def trigger(stage: Stage) -> None:
    """The function that Cognito calls, its first version, and the alias that points to it."""
    own = there(stage.cloud.pool)
    _backend(stage).create_function(
        {
            "FunctionName": own.trigger,
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": execution_role(stage),
            "Code": {"ZipFile": _zipped(CODE)},
        }
    )
    _published(stage, own.trigger, own.trigger_alias, "What Cognito calls")


def _published(stage: Stage, name: str, alias: str, text: str) -> None:
    """A first version, which the alias points to since it was published."""
    backend, at = _backend(stage), clock.now() - FIRST_PUBLISHED
    backend.publish_version(name).last_modified = at.isoformat()
    backend.create_alias(alias, name, "1", text, "")
    trail.begin(name, alias, "1", at)


def execution_role(stage: Stage) -> str:
    """ARN of the functions' execution role, which is made if it is not there yet."""
    iam, name = iam_backends[stage.account]["aws"], there(stage.cloud.function).role
    for role in iam.roles.values():
        if role.name == name:
            return role.arn
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return iam.create_role(name, document, "/", None, "Execution role of the functions", [], "3600").arn


def behind(stage: Stage, name: str, qualifier: str | None) -> LambdaFunction:
    """The function as one who calls it by this qualifier gets it."""
    return _backend(stage).get_function(name, qualifier)


def provisioned(name: str, qualifier: str | None) -> int:
    """Environments that stand ready for calls by this qualifier."""
    held = PROVISIONED.get((name, qualifier or ""))
    return held.wanted if held and held.ready else 0


@handles("lambda", "PutProvisionedConcurrencyConfig")
def put_provisioned(call: Call, stage: Stage) -> object:
    """Take the wish, in progress first; refused for `$LATEST`, an unknown alias, or more than the account has."""
    name, qualifier = _named(call, stage)
    wanted = int(call.parameters["ProvisionedConcurrentExecutions"])
    reserved = _reserved(behind(stage, name, None))
    if reserved is not None and wanted > reserved:
        raise _invalid("Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution.")
    if reserved is None and _unreserved(stage) - _others(name, qualifier) - wanted < LEAST_UNRESERVED:
        raise _invalid(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its"
            f" minimum value of [{LEAST_UNRESERVED}]."
        )
    PROVISIONED[name, qualifier] = Provision(wanted=wanted, at=clock.monotonic(), modified=clock.now())
    return _shown(PROVISIONED[name, qualifier])


@handles("lambda", "GetProvisionedConcurrencyConfig")
def get_provisioned(call: Call, stage: Stage) -> object:
    """What was asked for, and how much of it is there."""
    key = _named(call, stage)
    if key not in PROVISIONED:
        raise Refused(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            status=404,
        )
    return _shown(PROVISIONED[key])


@handles("lambda", "DeleteProvisionedConcurrencyConfig")
def delete_provisioned(call: Call, stage: Stage) -> object:
    """Give the environments back."""
    PROVISIONED.pop(_named(call, stage), None)
    return {}


@handles("lambda", "GetAccountSettings")
def account_settings(_call: Call, stage: Stage) -> object:
    """The account's limits, and what of them no function has reserved."""
    functions = list(_backend(stage).list_functions())
    return {
        "AccountLimit": {
            "TotalCodeSize": 80530636800,
            "CodeSizeUnzipped": 262144000,
            "CodeSizeZipped": 52428800,
            "ConcurrentExecutions": ACCOUNT_LIMIT,
            "UnreservedConcurrentExecutions": _unreserved(stage),
        },
        "AccountUsage": {"TotalCodeSize": sum(one.code_size for one in functions), "FunctionCount": len(functions)},
    }


@handles("lambda", "GetFunctionConcurrency")
def get_concurrency(call: Call, stage: Stage) -> object:
    """The reserved concurrency; nothing where none is reserved."""
    reserved = _reserved(behind(stage, _name(call), None))
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


@handles("lambda", "PutFunctionConcurrency")
def put_concurrency(call: Call, stage: Stage) -> object:
    """Reserve, unless that leaves the other functions less than AWS insists on."""
    changed, wanted = behind(stage, _name(call), None), int(call.parameters["ReservedConcurrentExecutions"])
    if _unreserved(stage) + (_reserved(changed) or 0) - wanted < LEAST_UNRESERVED:
        raise _invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution"
            f" below its minimum value of [{LEAST_UNRESERVED}]."
        )
    changed.reserved_concurrency = wanted
    return {"ReservedConcurrentExecutions": wanted}


@handles("lambda", "GetAlias")
def get_alias(call: Call, stage: Stage) -> object:
    """The alias; moto answers 201, and with an empty routing where there is none."""
    alias = _backend(stage).get_alias(str(call.parameters["Name"]), _name(call))
    return {name: value for name, value in alias.to_json().items() if value}


@handles("lambda", "UpdateAlias")
def update_alias(call: Call, stage: Stage) -> object:
    """Point the alias elsewhere, unless somebody else has since it was read."""
    alias = _backend(stage).get_alias(str(call.parameters["Name"]), _name(call))
    if call.parameters.get("RevisionId") not in (None, alias.revision_id):
        raise Refused(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to"
            " retrieve the latest Revision Id",
            status=412,
        )
    if version := call.parameters.get("FunctionVersion"):
        behind(stage, _name(call), str(version))
        alias.function_version = str(version)
        trail.note(_name(call), str(call.parameters["Name"]), str(version))
    if "RoutingConfig" in call.parameters:
        alias.routing_config = call.parameters["RoutingConfig"] or ""
    alias.revision_id = f"{int(clock.monotonic() * 1e9):032x}"
    return {name: value for name, value in alias.to_json().items() if value}


@handles("lambda", "UpdateFunctionConfiguration")
def update_configuration(call: Call, stage: Stage) -> object:
    """Change `$LATEST`; for a moment the update is in progress, and nothing else may be changed."""
    _settled(_name(call))
    for name, low, high in (("MemorySize", 128, 10240), ("Timeout", 1, 900)):
        value = call.parameters.get(name)
        if value is not None and not low <= int(value) <= high:
            raise _invalid(f"'{name}' value failed to satisfy constraint: Member must be between {low} and {high}")
    changed = behind(stage, _name(call), None)
    changed.update_configuration({name: value for name, value in call.parameters.items() if name != "FunctionName"})
    UPDATED[_name(call)] = clock.monotonic()
    return _configuration(stage, changed, _name(call))


@handles("lambda", "GetFunctionConfiguration")
def get_configuration(call: Call, stage: Stage) -> object:
    """The configuration; of `$LATEST` also whether an update is still in progress."""
    qualifier = call.parameters.get("Qualifier")
    return _configuration(stage, behind(stage, _name(call), qualifier), None if qualifier else _name(call))


@handles("lambda", "PublishVersion")
def publish_version(call: Call, stage: Stage) -> object:
    """Publish `$LATEST`, unless its code is not what the caller meant or an update is in progress."""
    _settled(_name(call))
    meant = call.parameters.get("CodeSha256")
    if meant not in (None, behind(stage, _name(call), None).code_sha_256):
        raise _invalid("CodeSHA256 is different from current CodeSHA256 in $LATEST. Please try again with the current")
    return MOTO


def _configuration(stage: Stage, found: LambdaFunction, updated: str | None) -> dict[str, Any]:
    busy = updated is not None and clock.monotonic() < UPDATED.get(updated, 0.0) + UPDATE_SECONDS
    shown = {name: value for name, value in found.get_configuration().items() if value is not None}
    if "VpcConfig" in shown:
        shown["VpcConfig"] = {**shown["VpcConfig"], "VpcId": there(stage.cloud.network).vpc}  # moto makes one up
    return {**shown, "LastUpdateStatus": "InProgress" if busy else "Successful"}


def _settled(name: str) -> None:
    if clock.monotonic() < UPDATED.get(name, 0.0) + UPDATE_SECONDS:
        raise Refused(
            "ResourceConflictException",
            f"The operation cannot be performed at this time. An update is in progress for resource: {name}",
            status=409,
        )


def _named(call: Call, stage: Stage) -> tuple[str, str]:
    name, qualifier = _name(call), str(call.parameters["Qualifier"])
    if qualifier == "$LATEST":
        raise _invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    behind(stage, name, qualifier)
    return name, qualifier


def _shown(held: Provision) -> dict[str, Any]:
    there = held.wanted if held.ready else 0
    return {
        "RequestedProvisionedConcurrentExecutions": held.wanted,
        "AvailableProvisionedConcurrentExecutions": there,
        "AllocatedProvisionedConcurrentExecutions": there,
        "Status": "READY" if held.ready else "IN_PROGRESS",
        "LastModified": held.modified.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }


def _name(call: Call) -> str:
    return str(call.parameters["FunctionName"]).rpartition(":function:")[2]


def _reserved(found: LambdaFunction) -> int | None:
    return None if found.reserved_concurrency is None else int(found.reserved_concurrency)


def _unreserved(stage: Stage) -> int:
    return ACCOUNT_LIMIT - sum(_reserved(one) or 0 for one in _backend(stage).list_functions())


def _others(name: str, qualifier: str) -> int:
    return sum(held.wanted for key, held in PROVISIONED.items() if key != (name, qualifier))


def _invalid(message: str) -> Refused:
    return Refused("InvalidParameterValueException", message, status=400)


def _zipped(code: str) -> str:
    """The code as Lambda is given it: zipped, in Base64."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), code)
    return base64.b64encode(packed.getvalue()).decode()


def _backend(stage: Stage) -> Any:
    """Moto's Lambda; what it returns is typed too loosely to be of use."""
    return lambda_backends[stage.account][stage.region]
