"""S3 refuses the API's function: a policy, a role, an endpoint or a key is not what it should be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.forms import Period
from flows.incident import runbook_flow
from runbook import (
    Alert,
    Approval,
    Context,
    Form,
    Guardrail,
    Hypothesis,
    Manual,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    WayBack,
    probe,
)
from tasks.awslambda.role import ExecutionRole, read_execution_role
from tasks.ec2.policy import Way, read_way
from tasks.iam.read import Role, read_role
from tasks.s3.change import PutBucketPolicy
from tasks.s3.denials import Denials, read_denials
from tasks.s3.read import NEEDED, Bucket, read_bucket, requests
from tasks.selections import BucketOf

S3 = "s3"


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(
        default=timedelta(minutes=5),
        ge=timedelta(seconds=1),
        le=timedelta(hours=6),
        description="How far back to look for refusals.",
    )
    period: Period = timedelta(minutes=1)


Here = Context[Rung, Params]


def memos(c: Here) -> BucketOf:
    """The memos' bucket, as the function's role gets it."""
    return BucketOf(bucket=c.env.storage.bucket, role=c.env.storage.role)


@probe(read_denials, asks="How often was the function refused, and by what?", source="rung.p393 rung.p394")
def denials(c: Here) -> Denials:
    return read_denials(
        c.env.aws, c.env.logs.function, c.env.api.function, window=c.back(c.params.window), period=c.params.period
    )


@probe(
    read_bucket,
    asks="What does the bucket's policy say to the role, and is the bucket's key usable?",
    source="rung.c400 rung.t400 rung.p399",
    about=memos,
)
def bucket(c: Here, of: BucketOf) -> Bucket:
    return read_bucket(c.env.aws, of.bucket, role=of.role, vpc=c.env.network.vpc)


@probe(
    read_role, asks="Do the role's own policies admit it?", source="rung.c403 rung.t404 rung.t405 rung.p402", retries=1
)
def role(c: Here) -> Role:
    storage = c.env.storage
    return read_role(c.env.aws, storage.role, actions=NEEDED, resource=f"arn:aws:s3:::{storage.bucket}/memos/any")


@probe(read_execution_role, asks="Does the function run with the role that it should?", source="rung.c422")
def execution_role(c: Here) -> ExecutionRole:
    return read_execution_role(c.env.aws, c.env.api.function, c.env.api.alias, expected=c.env.storage.role)


@probe(
    read_way,
    asks="Is S3 reached inside the VPC, and does the endpoint's policy admit the role?",
    source="rung.c408 rung.t409 rung.p407",
)
def way(c: Here) -> Way:
    storage, vpc = c.env.storage, c.env.network.vpc
    return read_way(c.env.aws, vpc, S3, requests(c.env.aws.account_id, storage.bucket, storage.role, vpc))


REFUSED = denials.shows(
    "S3 refused at least three requests of the function", lambda r: r.at_least(3), gauge="requests refused a minute"
)
SAYS_BUCKET = denials.shows("most refusals name a resource-based policy", lambda r: r.mostly(r.by_bucket))
SAYS_ROLE = denials.shows("most refusals name the identity's policies", lambda r: r.mostly(r.by_role))
SAYS_ENDPOINT = denials.shows("most refusals name a VPC endpoint's policy", lambda r: r.mostly(r.by_endpoint))
SAYS_KEY = denials.shows("most refusals are about the encryption key", lambda r: r.mostly(r.by_key))

BUCKET_DENIES = bucket.shows("the bucket's policy denies the role what it needs", lambda r: r.said("deny"))
BUCKET_SILENT = bucket.shows("the bucket's policy denies the role nothing", lambda r: not r.said("deny"))
ROLE_LACKS = role.shows("the role's own policies do not admit it to the bucket", lambda r: bool(r.refused))
ROLE_ADMITTED = role.shows("the role's own policies admit it to the bucket", lambda r: not r.refused)
OTHER_ROLE = execution_role.shows("the function runs with another role", lambda r: not r.right)
RIGHT_ROLE = execution_role.shows("the function runs with the role that it should", lambda r: r.right)
UNREACHED = way.shows("the VPC has no usable endpoint for S3", lambda r: not r.endpoint.usable)
SHUT = way.shows("the endpoint's policy does not admit the role", lambda r: r.endpoint.usable and not r.admits)
OPEN = way.shows("S3 is reached by an endpoint of the VPC that admits the role", lambda r: r.open)
KEY_UNUSABLE = bucket.shows("the bucket's key is not enabled", lambda r: bool(r.key) and r.key_state != "Enabled")
KEY_FINE = bucket.shows("the bucket's key is enabled, or S3's own", lambda r: not r.key or r.key_state == "Enabled")

BUCKET_POLICY = Hypothesis(
    name="bucket_policy",
    claim="The bucket's policy shuts the function out.",
    supported_by=(BUCKET_DENIES, SAYS_BUCKET),
    refuted_by=(BUCKET_SILENT,),
    strength=((BUCKET_DENIES, Strength.DECISIVE), (BUCKET_SILENT, Strength.DECISIVE), (SAYS_BUCKET, Strength.HINT)),
    prior=0.3,
    source="rung.h416",
)

ROLE_POLICY = Hypothesis(
    name="role_policy",
    claim="The role's own policies do not admit it to the bucket.",
    supported_by=(ROLE_LACKS, SAYS_ROLE),
    refuted_by=(ROLE_ADMITTED,),
    strength=((ROLE_LACKS, Strength.DECISIVE), (ROLE_ADMITTED, Strength.DECISIVE), (SAYS_ROLE, Strength.HINT)),
    prior=0.3,
    source="rung.h421",
)

WRONG_ROLE = Hypothesis(
    name="wrong_execution_role",
    claim="The function runs with a role that has no business with the bucket.",
    supported_by=(OTHER_ROLE,),
    refuted_by=(RIGHT_ROLE,),
    strength=((OTHER_ROLE, Strength.DECISIVE), (RIGHT_ROLE, Strength.DECISIVE)),
    source="rung.h421",
)

ENDPOINT_GONE = Hypothesis(
    name="endpoint",
    claim="The function's requests do not come by the VPC's endpoint, or the endpoint does not let them through.",
    supported_by=(UNREACHED, SHUT, SAYS_ENDPOINT),
    refuted_by=(OPEN,),
    strength=((UNREACHED, Strength.DECISIVE), (SHUT, Strength.DECISIVE), (OPEN, Strength.DECISIVE)),
    source="rung.c408",
)

KEY = Hypothesis(
    name="encryption_key",
    claim="The key that encrypts the bucket's objects cannot be used.",
    supported_by=(KEY_UNUSABLE, SAYS_KEY),
    refuted_by=(KEY_FINE,),
    strength=((KEY_UNUSABLE, Strength.DECISIVE),),
    prior=0.1,
    source="rung.c400",
)

DISTANCE = "what may be changed about identities, networks and keys is beyond the changing role, on purpose."

PUT_POLICY = Mitigation(
    name="put_bucket_policy",
    title="Put the bucket's known-good policy back",
    treats=BUCKET_POLICY,
    change=lambda c: PutBucketPolicy(
        aws=c.env.aws,
        bucket=c.env.storage.bucket,
        role=c.env.storage.role,
        vpc=c.env.network.vpc,
        document=c.env.storage.bucket_policy,
    ),
    approval=Approval(
        by="storage owner and security on-call",
        risk="The whole policy of a bucket with patients' voices is replaced; whom only the present one admits is out.",
    ),
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=1)),
    undo=WayBack("The policy that was replaced is put back, or the policy is deleted where there was none."),
    validated_by=BUCKET_SILENT,
    source="rung.c417",
)

GRANT = Manual(
    name="grant_role",
    title="Admit the role to the bucket by its own policy",
    treats=ROLE_POLICY,
    why_manual=DISTANCE,
    steps=(
        role.tells(lambda r: [f"Seen: {r}."]),
        "Compare the role's inline policy (`s3-access`) with the one in the infrastructure's repository: bucket name,"
        " actions `s3:GetObject` and `s3:PutObject`, resource `arn:aws:s3:::BUCKET/*`, and the key's `kms:Decrypt` and"
        " `kms:GenerateDataKey`. Deploy the right one.",
        "Say that it is done; the refusals are then counted again.",
    ),
    validated_by=ROLE_ADMITTED,
    source="rung.c403",
)

RIGHT_THE_ROLE = Manual(
    name="restore_execution_role",
    title="Let the function run with its own role again",
    treats=WRONG_ROLE,
    why_manual=DISTANCE,
    steps=(
        execution_role.tells(lambda r: [f"Seen: {r}."]),
        "Point the alias back to the last version that had the right role: a published version keeps its role.",
        "Then correct the deployment that gave the function another role.",
        "Say that it is done; the refusals are then counted again.",
    ),
    validated_by=RIGHT_ROLE,
    source="rung.c422",
)

RESTORE_ENDPOINT = Manual(
    name="restore_endpoint",
    title="Restore the VPC's endpoint for S3",
    treats=ENDPOINT_GONE,
    why_manual=DISTANCE,
    steps=(
        way.tells(lambda r: [f"Seen: {r}."]),
        "Create a gateway endpoint for S3 in the function's VPC, in the route table of every private subnet, with the"
        " endpoint policy from the infrastructure's repository.",
        "If the bucket's policy names the endpoint's id (`aws:SourceVpce`), it must name the new one.",
        "Say that it is done; the refusals are then counted again.",
    ),
    validated_by=OPEN,
    source="rung.c408",
)

ENABLE_KEY = Manual(
    name="enable_key",
    title="Make the bucket's key usable again",
    treats=KEY,
    why_manual=DISTANCE,
    steps=(
        bucket.tells(lambda r: [f"The key of {r.name} is {r.key_state or 'not a key of ours'}."]),
        "Find out who changed the key, and why: CloudTrail has DisableKey, ScheduleKeyDeletion and PutKeyPolicy.",
        "Enable the key, or cancel its deletion and enable it. Never let the deletion go on: every memo would be lost.",
        "If the key is enabled, give the role `kms:Decrypt` and `kms:GenerateDataKey` on it, in both policies.",
        "Say that it is done; the refusals are then counted again.",
    ),
    validated_by=KEY_FINE,
    source="rung.c400",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.s3_access_denied",
    title="S3 access denied",
    about="Voice memos cannot be stored and transcripts cannot be fetched, because S3 refuses the function.",
    source="rung.s3_access_denied rung.p393 rung.p394",
    version="1",
    severity=Severity.CRITICAL,
    environment="rung-prod",
    starts_on=("S3AccessDenied", "VoiceMemoUploadsFailing", "rung-*s3*", "rung-*memo*"),
    symptom=REFUSED,
    lingers=timedelta(minutes=10),
    hypotheses=(BUCKET_POLICY, ROLE_POLICY, WRONG_ROLE, ENDPOINT_GONE, KEY),
    mitigations=(PUT_POLICY, GRANT, RIGHT_THE_ROLE, RESTORE_ENDPOINT, ENABLE_KEY),
    refuses=(
        Refusal(
            what="Putting a policy from a file at hand.",
            why="It would replace the whole policy of a bucket with patients' voices by something that nobody has"
            " reviewed. Only the known-good policy saved in the environment is put, after checks that it opens the"
            " bucket to nobody else and locks nobody of ours out.",
            source="rung.c417",
        ),
    ),
    escalation=Rung.DATA,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_s3_access_denied(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why S3 refuses the function and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
