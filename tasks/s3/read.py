"""Looks at a bucket: what its policy says about a role, whether it is shut to the public, and what encrypts it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.iam.documents import Decision, Request, decide, statements
from runbook import Facts, Permanent, look

NEEDED = ("s3:GetObject", "s3:PutObject")
"""What storing and fetching memos takes."""


class Bucket(Facts):
    """A bucket as one role meets it. `decisions` is what the bucket's policy alone says, by action.

    `statements` is how many statements the policy has (none: there is no policy, which is a normal state), `named`
    those that decide. `shut` tells that public access is blocked in all four ways, `public` whether AWS calls the
    policy public. `key` is the KMS key that encrypts objects, `key_state` its state; both are empty where S3's own
    key does.
    """

    name: str
    role: str
    statements: int
    decisions: dict[str, Decision]
    named: tuple[str, ...]
    shut: bool
    public: bool
    owner_enforced: bool
    encryption: str
    key: str = ""
    key_state: str = ""

    def said(self, decision: Decision) -> bool:
        """Whether the policy says so about any action. Raises `LookupError` where that cannot be told."""
        if decision not in self.decisions.values() and "unknown" in self.decisions.values():
            raise LookupError(
                f"the policy of {self.name} has conditions that cannot be judged: {', '.join(self.named)}"
            )
        return decision in self.decisions.values()

    def __str__(self) -> str:
        words = {"allow": "allows", "deny": "denies", "none": "does not mention", "unknown": "may or may not allow"}
        said = ", ".join(f"{words[decision]} {action}" for action, decision in self.decisions.items())
        by = f" ({', '.join(self.named)})" if self.named else ""
        policy = f"its policy {said} to {self.role}{by}" if self.statements else "it has no policy"
        shut = "shut to the public" if self.shut else "NOT shut to the public"
        key = f", key {self.key_state}" if self.key else ""
        return f"{self.name}: {policy}; {shut}; encrypted by {self.encryption or 'nothing'}{key}"


@look(
    "s3:ListBucket",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketOwnershipControls",
    "s3:GetEncryptionConfiguration",
    "kms:DescribeKey",
    bound="one bucket and its key",
)
def read_bucket(aws: Aws, bucket: str, *, role: str, vpc: str) -> Bucket:
    """A bucket, and what its policy says to a role that comes from inside the VPC (`rung.c400`).

    A bucket without a policy is normal. Raises `Permanent` when the bucket or one of its settings may not be seen.
    """
    s3 = aws.reading("s3")
    _ask(s3, "head_bucket", bucket)
    document = get_policy(s3, bucket)
    decisions, named = _judged(document, aws.account_id, bucket, role, vpc)
    blocked = _ask(s3, "get_public_access_block", bucket, missing="NoSuchPublicAccessBlockConfiguration")
    status = _ask(s3, "get_bucket_policy_status", bucket, missing="NoSuchBucketPolicy")
    rules = _ask(s3, "get_bucket_ownership_controls", bucket, missing="OwnershipControlsNotFoundError")
    encryption, key = _encryption(s3, bucket)
    return Bucket(
        name=bucket,
        role=role,
        statements=len(statements(document)) if document else 0,
        decisions=decisions,
        named=named,
        shut=all(blocked.get("PublicAccessBlockConfiguration", {"": False}).values()),
        public=bool(status.get("PolicyStatus", {}).get("IsPublic")),
        owner_enforced=any(
            rule["ObjectOwnership"] == "BucketOwnerEnforced"
            for rule in rules.get("OwnershipControls", {}).get("Rules", [])
        ),
        encryption=encryption,
        key=key,
        key_state=_key_state(aws, key) if key else "",
    )


def get_policy(s3: Any, bucket: str) -> str | None:
    """The bucket's policy as it is stored; nothing where there is none."""
    return _ask(s3, "get_bucket_policy", bucket, missing="NoSuchBucketPolicy").get("Policy")


def requests(account: str, bucket: str, role: str, vpc: str) -> tuple[Request, ...]:
    """What the role wants of the bucket, coming by TLS from inside the VPC."""
    principal = f"arn:aws:iam::{account}:role/{role}"
    context = {
        "aws:principalarn": principal,
        "aws:principalaccount": account,
        "aws:securetransport": "true",
        "aws:sourcevpc": vpc,
    }
    resource = f"arn:aws:s3:::{bucket}/memos/any"
    return tuple(Request(principal=principal, action=one, resource=resource, context=context) for one in NEEDED)


def _judged(
    document: str | None, account: str, bucket: str, role: str, vpc: str
) -> tuple[dict[str, Decision], tuple[str, ...]]:
    decisions: dict[str, Decision] = dict.fromkeys(NEEDED, "none")
    named: dict[str, None] = {}
    if document is not None:
        for request in requests(account, bucket, role, vpc):
            try:
                decisions[request.action], by = decide(document, request)
            except ValueError as error:
                raise Permanent(f"The policy of {bucket} cannot be read ({error}); look by hand.") from error
            named |= dict.fromkeys(by)
    return decisions, tuple(named)


def _encryption(s3: Any, bucket: str) -> tuple[str, str]:
    said = _ask(s3, "get_bucket_encryption", bucket, missing="ServerSideEncryptionConfigurationNotFoundError")
    for rule in said.get("ServerSideEncryptionConfiguration", {}).get("Rules", []):
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        return default.get("SSEAlgorithm", ""), default.get("KMSMasterKeyID", "")
    return "", ""


def _key_state(aws: Aws, key: str) -> str:
    try:
        return str(aws.reading("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"])
    except (ClientError, BotoCoreError) as error:
        raise explain(error, "describe the bucket's key") from error


def _ask(s3: Any, call: str, bucket: str, *, missing: str = "") -> dict[str, Any]:
    """One question to S3; an empty answer where what is `missing` is a normal state."""
    try:
        return getattr(s3, call)(Bucket=bucket)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code == missing:
            return {}
        if code == "403":  # HEAD has no body to say it in words
            raise Permanent(
                f"AWS does not allow us to look at {bucket}; grant the generated policy to the role."
            ) from error
        if code == "404":
            raise Permanent(f"There is no bucket {bucket}; correct the environment.") from error
        raise explain(error, f"look at the bucket {bucket}") from error
    except BotoCoreError as error:
        raise explain(error, f"look at the bucket {bucket}") from error
