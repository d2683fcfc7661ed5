"""A bucket, and who really gets at it: policies, endpoint and key decide each request.

Code Blue's own roles are checked in `sandbox.overlay.identity`; what is checked here are the roles of functions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.iam.access_control import PermissionResult
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends

from sandbox.overlay.call import Call, Refused
from sandbox.overlay.cloud import there
from sandbox.overlay.policies import Wish, effects, of_role
from sandbox.overlay.registry import MOTO, handles, seeds, where
from sandbox.overlay.services.functions import execution_role
from sandbox.overlay.services.network import backend, reached_inside, service_name
from sandbox.overlay.stage import Stage

ACTIONS = {"GetObject": "s3:GetObject", "PutObject": "s3:PutObject", "ListObjectsV2": "s3:ListBucket"}
KEY_ACTIONS = {"s3:GetObject": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}


@dataclass(frozen=True, kw_only=True)
class Denial:
    """Why a request is refused, with the code and in the words that AWS uses."""

    code: str
    because: str


def role_policy(key: str, bucket: str) -> str:
    """The inline policy that admits the functions' role to the bucket and its key."""
    statement = [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{bucket}/*"},
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@seeds
@where("bucket", "function")
def storage(stage: Stage) -> None:
    """The bucket, shut to the public and encrypted by a key of its own; the roles of functions."""
    execution_role(stage)
    own = there(stage.cloud.bucket)
    iam, s3 = iam_backends[stage.account]["aws"], s3_backends[stage.account]["aws"]
    key = kms_backends[stage.account][stage.region].create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [])
    iam.put_role_policy(there(stage.cloud.function).role, own.role_policy, role_policy(key.arn, own.name))
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(own.other_role, document, "/", None, "Execution role of another function", [], "3600")
    s3.create_bucket(own.name, stage.region)
    found: Any = s3.get_bucket(own.name)
    found.policy = own.good_policy.encode()
    # moto judges bucket policies too, but knows no conditions: our own judgement, before it, is the only one.
    found.get_permission = _no_opinion
    found.encryption = {
        "Rule": {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key.arn},
            "BucketKeyEnabled": "true",
        }
    }
    found.ownership_rule = "BucketOwnerEnforced"
    shut = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(own.name, dict.fromkeys(shut, "true"))


def _no_opinion(_action: str, _resource: str) -> PermissionResult:
    return PermissionResult.NEUTRAL


@handles("s3", *ACTIONS)
def use(call: Call, stage: Stage) -> object:
    """What functions do with objects: only what every policy on the way admits."""
    session = sts_backends[stage.account]["aws"].get_assumed_role_from_access_key(call.access_key)
    role = session.role_arn if session is not None else ""
    if session is None or role.rpartition("/")[2].startswith("codeblue-"):
        return MOTO
    bucket, key = str(call.parameters["Bucket"]), str(call.parameters.get("Key", ""))
    if (denial := refusal(stage, role, ACTIONS[call.operation], bucket=bucket, key=key)) is not None:
        raise Refused(denial.code, denial.because, status=403)
    return MOTO


@handles("s3", "PutBucketPolicy")
def put_policy(call: Call, stage: Stage) -> object:
    """Refuse what is no policy, and a public one while the bucket blocks public policies; moto takes anything."""
    try:
        document = json.loads(call.parameters["Policy"])
        public = any(
            one["Effect"] == "Allow" and one["Principal"] in ("*", {"AWS": "*"}) and "Condition" not in one
            for one in document["Statement"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("MalformedPolicy", "Policies must be valid JSON with statements", status=400) from error
    bucket: Any = s3_backends[stage.account]["aws"].get_bucket(str(call.parameters["Bucket"]))
    block = bucket.public_access_block
    if public and block is not None and str(block.block_public_policy).lower() == "true":
        raise Refused("AccessDenied", "public policies are blocked by the BlockPublicPolicy setting", status=403)
    return MOTO


@handles("iam", "SimulatePrincipalPolicy")
def simulate(call: Call, stage: Stage) -> object:
    """What the role's own policies say; moto has no simulation."""
    arn = str(call.parameters["PolicySourceArn"])
    documents = of_role(stage, arn.rpartition("/")[2])
    results: list[dict[str, Any]] = []
    for action in call.parameters["ActionNames"]:
        for resource in call.parameters.get("ResourceArns") or ["*"]:
            found = effects(documents, Wish(role=arn, action=action, resource=resource))
            said = "explicitDeny" if "Deny" in found else "allowed" if "Allow" in found else "implicitDeny"
            results.append(
                {
                    "EvalActionName": action,
                    "EvalResourceName": resource,
                    "EvalDecision": said,
                    "MatchedStatements": [],
                    "MissingContextValues": [],
                }
            )
    return {"EvaluationResults": results, "IsTruncated": False}


def role_in_use(stage: Stage) -> str:
    """ARN of the role of the version that the API calls."""
    own = there(stage.cloud.function)
    return str(lambda_backends[stage.account][stage.region].get_function(own.name, own.alias).role)


BEYOND = {
    "s3_denied_by_organisation": "with an explicit deny in a service control policy",
    "memo_links_expired": "because the request has expired",
    "memo_key_policy_lost": "because no resource-based policy allows the kms:GenerateDataKey action",
}
"""What refuses beyond the policies of bucket, role and endpoint, by the condition that says so."""


def refusal(stage: Stage, role: str, action: str, *, bucket: str, key: str) -> Denial | None:
    """Why a function's request is refused; nothing when it is admitted."""
    inside = reached_inside(stage, "s3")
    carries = frozenset(
        {("aws:SecureTransport", "true"), *([("aws:SourceVpc", there(stage.cloud.network).vpc)] if inside else [])}
    )
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    wish = Wish(role=role, action=action, resource=resource, carries=carries)
    if (beyond := next((why for name, why in BEYOND.items() if stage.condition(name)), None)) is not None:
        return _denied(stage, wish, beyond)
    found: Any = s3_backends[stage.account]["aws"].get_bucket(bucket)
    by_bucket = effects([bytes(found.policy).decode()] if found.policy else [], wish)
    by_identity = effects(of_role(stage, role.rpartition("/")[2]), wish)
    if "Deny" in by_bucket:
        return _denied(stage, wish, "with an explicit deny in a resource-based policy")
    if "Deny" in by_identity:
        return _denied(stage, wish, "with an explicit deny in an identity-based policy")
    if inside and "Allow" not in effects(_endpoint_policies(stage), wish):
        return _denied(stage, wish, f"because no VPC endpoint policy allows the {action} action")
    if "Allow" not in by_bucket | by_identity:
        return _denied(stage, wish, f"because no identity-based policy allows the {action} action")
    return _refused_by_key(stage, wish, found)


def _denied(stage: Stage, wish: Wish, because: str) -> Denial:
    name = wish.role.rpartition("/")[2]
    who = f"arn:aws:sts::{wish.role.split(':')[4]}:assumed-role/{name}/{there(stage.cloud.function).name}"
    words = f'User: {who} is not authorized to perform: {wish.action} on resource: "{wish.resource}" {because}'
    return Denial(code="AccessDenied", because=words)


def _refused_by_key(stage: Stage, wish: Wish, bucket: Any) -> Denial | None:
    if wish.action not in KEY_ACTIONS:
        return None
    arn = bucket.encryption["Rule"]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    key = kms_backends[stage.account][stage.region].describe_key(arn)
    if key.key_state != "Enabled":
        return Denial(code="KMS.DisabledException", because=f"{arn} is disabled.")
    wanted = Wish(role=wish.role, action=KEY_ACTIONS[wish.action], resource=arn, carries=wish.carries)
    if "Allow" in effects(of_role(stage, wish.role.rpartition("/")[2]), wanted):
        return None
    return _denied(stage, wanted, f"because no identity-based policy allows the {wanted.action} action")


OPEN = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})


def _endpoint_policies(stage: Stage) -> list[str]:
    """Policies of the endpoint for S3; one that has none admits everything."""
    return [
        str(endpoint.policy_document or OPEN)
        for endpoint in backend(stage).vpc_end_points.values()
        if endpoint.vpc_id == there(stage.cloud.network).vpc
        and endpoint.service_name == service_name(stage, "s3")
        and endpoint.state == "available"
    ]
