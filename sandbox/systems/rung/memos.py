"""Voice memos, really stored and fetched as the function does it, as the base of the faults that keep it from that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from journal import clock
from sandbox.aws import ACCOUNT, AwsFacts, client_with
from sandbox.faults.fault import AwsFault, Scene
from sandbox.turns import turn_seconds

BUCKET, FUNCTION, ALIAS, ROLE = "rung-voice-memos-prod", "rung-api-prod", "prod", "rung-lambda-role"
POLICY, VPC = "s3-access", "vpc-0rungprod"
MEMO = "memos/practice.ogg"
FUNCTION_LOG = "/aws/lambda/rung-api-prod"
PAGED_FOR = 4

_WHOLE = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
KNOWN_GOOD = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyByTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": _WHOLE,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "FunctionsOnlyFromTheVpc",
                "Effect": "Deny",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"},
                "Action": "s3:*",
                "Resource": _WHOLE,
                "Condition": {"StringNotEquals": {"aws:SourceVpc": VPC}},
            },
        ],
    }
)
"""The bucket's policy as it should be. It admits nobody: that is for the role's own policy."""


@dataclass(kw_only=True)
class MemoFault(AwsFault):
    """A fault that keeps the function from its bucket. Subclasses change what is configured in AWS."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What is wrong is configured, not told."""
        return {}

    def shows(self, scene: Scene) -> bool:
        """Whether a memo cannot be stored and fetched, tried over HTTP with the role that the function has now.

        Users suffer from the first refusal on; somebody is paged for it only when a few have been logged.
        """
        return not can_keep_memos(scene.aws.facts) and refusals(scene.aws.facts) >= PAGED_FOR


def refusals(facts: AwsFacts) -> int:
    """Requests of the function that its log says were refused in the last four turns."""
    logs: Any = facts.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=FUNCTION_LOG,
        filterPattern="ClientError",
        startTime=int((clock.now().timestamp() - 4 * turn_seconds()) * 1000),
    )
    return sum(len(page["events"]) for page in pages)


def can_keep_memos(facts: AwsFacts) -> bool:
    """Store a memo and fetch it, as the function behind the API's alias."""
    s3 = as_function(facts)
    try:
        s3.put_object(Bucket=BUCKET, Key=MEMO, Body=b"practice")
        return s3.get_object(Bucket=BUCKET, Key=MEMO)["Body"].read() == b"practice"
    except ClientError:
        return False


def as_function(facts: AwsFacts) -> Any:
    """A client for S3 with the execution role of the version that the API calls."""
    functions: Any = facts.client("lambda")
    role = functions.get_function_configuration(FunctionName=FUNCTION, Qualifier=ALIAS)["Role"]
    sts: Any = facts.client("sts")
    given = sts.assume_role(RoleArn=role, RoleSessionName=FUNCTION)["Credentials"]
    credentials = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    return client_with(facts, "s3", credentials)


# -- what the faults break and people put right ------------------------------------------------------------------------


def rename_bucket(facts: AwsFacts, old: str, new: str) -> None:
    """Change the bucket that the role's inline policy admits it to."""
    iam: Any = facts.client("iam")
    document = json.dumps(iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"])
    iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=document.replace(f":{old}/", f":{new}/"))


def s3_endpoints(facts: AwsFacts) -> list[dict[str, Any]]:
    """The VPC's endpoints for S3 that are there."""
    ec2: Any = facts.client("ec2")
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["VpcEndpoints"]
    return [one for one in found if one["ServiceName"].endswith(".s3") and one["State"] == "available"]


def make_endpoint(facts: AwsFacts) -> None:
    """Make a gateway endpoint for S3, in every route table that a subnet uses."""
    ec2: Any = facts.client("ec2")
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["RouteTables"]
    used = [one["RouteTableId"] for one in tables if any("SubnetId" in a for a in one["Associations"])]
    ec2.create_vpc_endpoint(
        VpcId=VPC, ServiceName=f"com.amazonaws.{facts.region}.s3", VpcEndpointType="Gateway", RouteTableIds=used
    )


def memo_key(facts: AwsFacts) -> str:
    """Id of the key that encrypts the memos."""
    s3: Any = facts.client("s3")
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    return str(rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]).rpartition("/")[2]
