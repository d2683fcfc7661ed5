"""Configuration in SSM, as whoever it is for reads it, and as AWS remembers who changed it, which moto does not."""

from __future__ import annotations

from typing import Any

from moto.iam.models import iam_backends
from moto.ssm.exceptions import ParameterNotFound
from moto.ssm.models import Parameter, SimpleSystemManagerBackend, ssm_backends
from moto.sts.models import sts_backends

from sandbox.overlay.call import Call, Refused
from sandbox.overlay.registry import handles, seeds
from sandbox.overlay.stage import Stage

PARTITION = "aws"
WHO = "made_by"
"""Where a version keeps the ARN of whoever made it."""

KNOWN = frozenset({"Name", "Value", "Type", "Overwrite", "Description", "DataType", "Tier"})


@seeds
def parameters(stage: Stage) -> None:
    """What the system keeps there."""
    for name, value in stage.cloud.parameters.items():
        _put(stage, {"Name": name, "Value": value, "Type": "String", "Description": "Configuration"})


@handles("ssm", "PutParameter")
def put_parameter(call: Call, stage: Stage) -> dict[str, Any]:
    """As moto, and whose doing it was is kept with the version."""
    if strange := call.parameters.keys() - KNOWN:
        raise Refused("ValidationException", f"The sandbox does not know {', '.join(sorted(strange))}; teach it.")
    made = _put(stage, call.parameters)
    setattr(made, WHO, _who(call, stage))
    return {"Version": made.version, "Tier": made.tier}


@handles("ssm", "GetParameterHistory")
def get_parameter_history(call: Call, stage: Stage) -> dict[str, Any]:
    """As moto, with who made each version."""
    name, most = call.parameters["Name"], call.parameters.get("MaxResults", 50)
    found, more = backend_of(stage).get_parameter_history(name, call.parameters.get("NextToken"), most)
    if found is None:
        raise ParameterNotFound(f"Parameter {name} not found.")
    open_ = bool(call.parameters.get("WithDecryption"))
    told = [_told(one, stage, decrypt=open_) for one in found]
    return {"Parameters": told, **({"NextToken": more} if more else {})}


def parameter(stage: Stage, name: str) -> str:
    """A parameter as it is now."""
    found = backend_of(stage).get_parameter(name)
    return str(found.value) if found is not None else ""


def backend_of(stage: Stage) -> SimpleSystemManagerBackend:
    """SSM in this account and region."""
    return ssm_backends[stage.account][stage.region]


def _put(stage: Stage, given: Any) -> Parameter:
    return backend_of(stage).put_parameter(
        name=given["Name"],
        description=given.get("Description"),
        value=given["Value"],
        parameter_type=given.get("Type"),
        allowed_pattern="",
        keyid="",
        overwrite=bool(given.get("Overwrite")),
        tags=[],
        data_type=given.get("DataType", "text"),
        tier=given.get("Tier"),
        policies=None,
    )


def _told(one: Parameter, stage: Stage, *, decrypt: bool) -> dict[str, Any]:
    root = f"arn:{PARTITION}:iam::{stage.account}:root"
    return {**one.describe_response_object(decrypt, include_labels=True), "LastModifiedUser": getattr(one, WHO, root)}


def _who(call: Call, stage: Stage) -> str:
    """The ARN of the session, or of the person, whose key a request was signed with."""
    session = sts_backends[stage.account][PARTITION].get_assumed_role_from_access_key(call.access_key)
    if session is not None:
        return str(session.arn)
    user = iam_backends[stage.account][PARTITION].get_user_from_access_key_id(call.access_key)
    return str(user.arn) if user is not None else ""
