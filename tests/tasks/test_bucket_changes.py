"""The looks of `rung.s3_access_denied` and its change, on the running sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blocks.rung import Rung
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from runbook.shares import FEW
from sandbox.rehearsal import wait
from sandbox.systems.rung.faults.endpoint_unrouted import endpoint
from sandbox.systems.rung.memos import BUCKET, FUNCTION, KNOWN_GOOD, ROLE, VPC, can_keep_memos, s3_endpoints
from sandbox.systems.rung.world import World
from tasks.awslambda.role import read_execution_role
from tasks.ec2.policy import read_way
from tasks.iam.read import read_role
from tasks.s3.change import PutBucketPolicy
from tasks.s3.denials import Denials, read_denials
from tasks.s3.read import NEEDED as ACTIONS
from tasks.s3.read import Bucket, read_bucket, requests
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned

OBJECTS = f"arn:aws:s3:::{BUCKET}/*"


@pytest.fixture
def s3(world: World) -> Iterator[Any]:
    """An administrator's client; afterwards the bucket has its policy again."""
    client: Any = world.facts.aws.client("s3")
    yield client
    client.put_bucket_policy(Bucket=BUCKET, Policy=KNOWN_GOOD)


def statement(**more: Any) -> dict[str, Any]:
    role = {"AWS": f"arn:aws:iam::111122223333:role/{ROLE}"}
    return {"Sid": "Test", "Effect": "Deny", "Principal": role, "Action": "s3:GetObject", "Resource": OBJECTS, **more}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def put(env: Rung, document: str | None = KNOWN_GOOD) -> PutBucketPolicy:
    return PutBucketPolicy(aws=env.aws, bucket=BUCKET, role=ROLE, vpc=VPC, document=document)


def looked(env: Rung, bucket: str = BUCKET) -> Bucket:
    return read_bucket(env.aws, bucket, role=ROLE, vpc=VPC)


# -- looks -------------------------------------------------------------------------------------------------------------


def test_a_bucket_in_good_order_denies_nothing_and_is_shut(env: Rung) -> None:
    read = looked(env)
    assert not read.said("deny")
    assert (read.statements, read.shut, read.public, read.owner_enforced) == (2, True, False, True)
    assert (read.encryption, read.key_state) == ("aws:kms", "Enabled")


def test_no_policy_is_a_normal_state(env: Rung, s3: Any) -> None:
    s3.delete_bucket_policy(Bucket=BUCKET)
    read = looked(env)
    assert (read.statements, read.said("deny"), read.said("allow")) == (0, False, False)


def test_a_condition_that_nobody_can_judge_is_unknown(env: Rung, s3: Any) -> None:
    condition = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement(Condition=condition)))
    with pytest.raises(LookupError, match="cannot be judged: Test"):
        looked(env).said("deny")


def test_a_bucket_that_is_not_there_or_not_ours_to_see_is_unreadable(env: Rung, blind: Rung) -> None:
    with pytest.raises(Permanent, match="There is no bucket nothing-here"):
        looked(env, "nothing-here")
    with pytest.raises(Permanent, match="grant the generated policy"):
        looked(blind)


def test_the_other_looks_are_unreadable_to_a_role_that_may_not_see(blind: Rung) -> None:
    aws, account = blind.aws, blind.aws.account_id
    for look in (
        lambda: read_role(aws, ROLE, actions=ACTIONS, resource=OBJECTS),
        lambda: read_execution_role(aws, FUNCTION, "prod", expected=ROLE),
        lambda: read_way(aws, VPC, "s3", requests(account, BUCKET, ROLE, VPC)),
        lambda: read_denials(
            aws, blind.logs.function, FUNCTION, window=timedelta(seconds=5), period=timedelta(seconds=1)
        ),
    ):
        with pytest.raises(Permanent, match="grant the generated policy"):
            look()


def test_a_role_is_simulated_with_all_of_its_policies(env: Rung, world: World) -> None:
    read = read_role(env.aws, ROLE, actions=(*ACTIONS, "s3:DeleteObject"), resource=OBJECTS)
    assert read.refused == ("s3:DeleteObject",)
    assert (read.inline, read.attached, read.boundary) == (("bedrock-access", "s3-access"), (), False)
    iam: Any = world.facts.aws.client("iam")
    arn = iam.create_policy(
        PolicyName="may-delete",
        PolicyDocument=policy({"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "*"}),
    )["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    try:
        read = read_role(env.aws, ROLE, actions=("s3:DeleteObject",), resource=OBJECTS)
        assert (read.refused, read.attached) == ((), ("may-delete",))
    finally:
        iam.detach_role_policy(RoleName=ROLE, PolicyArn=arn)


def test_a_role_that_does_not_exist_is_unreadable(env: Rung) -> None:
    with pytest.raises(Permanent, match="NoSuchEntity"):
        read_role(env.aws, "nobody", actions=ACTIONS, resource=OBJECTS)


def test_an_endpoint_whose_policy_shuts_us_out_is_no_way(env: Rung, world: World) -> None:
    ours = requests(env.aws.account_id, BUCKET, ROLE, VPC)
    assert read_way(env.aws, VPC, "s3", ours).open
    ec2: Any = world.facts.aws.client("ec2")
    (there,) = s3_endpoints(world.facts.aws)
    shut = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::another/*"})
    ec2.modify_vpc_endpoint(VpcEndpointId=there["VpcEndpointId"], PolicyDocument=shut)
    try:
        read = read_way(env.aws, VPC, "s3", ours)
        assert (read.endpoint.usable, read.admits, read.open) == (True, False, False)
        assert not can_keep_memos(world.facts.aws)

        def by_the_endpoint() -> bool | None:
            seen = denials(env, window=timedelta(seconds=10))  # enough for a share, however slowly they come
            return (seen.total >= FEW and seen.mostly(seen.by_endpoint)) or None

        assert wait(by_the_endpoint, within=60, what="refusals by the endpoint")
    finally:
        ec2.modify_vpc_endpoint(VpcEndpointId=there["VpcEndpointId"], PolicyDocument=there["PolicyDocument"])


def denials(env: Rung, *, window: timedelta = timedelta(seconds=1.5)) -> Denials:
    return read_denials(env.aws, env.logs.function, FUNCTION, window=window, period=timedelta(seconds=1))


def test_refusals_are_counted_by_whose_they_are_and_name_nobody(env: Rung, world: World) -> None:
    wait(lambda: not denials(env).at_least(1) or None, within=60, what="the end of earlier refusals")
    world.break_("bucket_policy_broken")
    read = wait(lambda: d if (d := denials(env)).at_least(2) else None, within=60, what="refusals")
    assert read.by_bucket == read.total
    assert "lindqvist" not in read.model_dump_json()
    world.heal()
    assert wait(lambda: not denials(env).at_least(1) or None, within=60, what="the end of the refusals")


def test_no_refusals_mean_nothing_when_the_function_does_not_run() -> None:
    quiet = Denials(
        total=0, by_key=0, by_bucket=0, by_endpoint=0, by_role=0, complete=True, invocations=0, window=timedelta(1)
    )
    with pytest.raises(LookupError, match="has not run"):
        quiet.at_least(1)
    with pytest.raises(LookupError, match="not searched"):
        quiet.model_copy(update={"complete": False}).at_least(1)


# -- the change --------------------------------------------------------------------------------------------------------


@pytest.mark.case(PutBucketPolicy, NEEDED, NOT_NEEDED, DRIFTED, UNDO, GUARDRAIL)
def test_the_known_good_policy_is_put_and_the_old_one_put_back(
    env: Rung, s3: Any, world: World, guarded: Guarded
) -> None:
    broken = policy(statement(Sid="OnlyAuditors"))
    s3.put_bucket_policy(Bucket=BUCKET, Policy=broken)
    change = put(env)
    plan = planned(change)
    guarded(plan)
    assert plan.summary.endswith("that go: OnlyAuditors; that come: OnlyByTls, FunctionsOnlyFromTheVpc.")
    assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json")
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    assert can_keep_memos(world.facts.aws)
    with pytest.raises(Drifted, match="no longer what was approved"):
        change.apply(plan, WARRANT)
    assert isinstance(change.plan(), NotNeeded)
    assert change.undo(plan, WARRANT).ok
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]) == json.loads(broken)
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).note == "The old policy is in place."


def test_where_there_was_no_policy_there_is_none_after_the_undo(env: Rung, s3: Any) -> None:
    s3.delete_bucket_policy(Bucket=BUCKET)
    change = put(env)
    plan = planned(change)
    assert (plan.targets[0].old, plan.targets[0].before) == (None, "no policy")
    assert change.apply(plan, WARRANT).ok
    assert change.undo(plan, WARRANT).ok
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=BUCKET)
    assert change.undone(plan)[0] is Answer.YES


def test_a_policy_that_somebody_changed_since_the_approval_is_left_alone(env: Rung, s3: Any) -> None:
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement()))
    change = put(env)
    plan = planned(change)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement(Sid="Newer")))
    with pytest.raises(Drifted, match="plan again"):
        change.apply(plan, WARRANT)
    assert "Newer" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]


def test_the_same_policy_in_other_words_needs_no_change(env: Rung) -> None:
    assert isinstance(put(env, json.dumps(json.loads(KNOWN_GOOD), indent=2, sort_keys=True)).plan(), NotNeeded)


CHANGER = {"AWS": "arn:aws:iam::111122223333:root"}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "no known-good policy"),
        ("not JSON", "cannot be read"),
        ('{"Statement": [{"Effect": "Perhaps"}]}', "cannot be read"),
        (policy(statement(Effect="Allow", Principal="*", Sid="Open")), r"opens .* to others \(Open\)"),
        (policy(statement(Effect="Allow", Principal={"AWS": "999999999999"})), r"to others \(Test\)"),
        (policy(statement()), "denies s3:GetObject to rung-lambda-role"),
        (policy(statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})), "may deny s3:GetObject"),
        (
            policy(statement(Principal=CHANGER, Action="s3:PutBucketPolicy", Resource=f"arn:aws:s3:::{BUCKET}")),
            "denies s3:PutBucketPolicy to codeblue-changing",
        ),
        (policy(*(statement(Effect="Allow", Sid=f"Statement{n}") for n in range(200))), "longer than S3 takes"),
    ],
)
def test_a_policy_that_would_do_harm_is_refused(env: Rung, document: str | None, why: str) -> None:
    with pytest.raises(NotSafe, match=why):
        put(env, document).plan()


@pytest.mark.case(PutBucketPolicy, UNKNOWN)
def test_a_role_that_may_not_see_the_policy_makes_no_plan_and_cannot_say_whether_one_was_carried_out(
    env: Rung, blind: Rung, s3: Any
) -> None:
    with pytest.raises(Permanent, match="grant the generated policy"):
        put(blind).plan()
    s3.delete_bucket_policy(Bucket=BUCKET)
    plan = planned(put(env))
    with pytest.raises(Permanent, match="grant the generated policy"):
        put(blind).landed(plan)


@pytest.mark.parametrize(
    "fault",
    ["bucket_policy_broken", "role_policy_broken", "wrong_execution_role", "s3_endpoint_gone", "memo_key_disabled"],
)
def test_each_fault_really_keeps_the_function_from_its_bucket_until_it_is_healed(
    env: Rung, world: World, fault: str
) -> None:
    assert can_keep_memos(world.facts.aws)
    world.break_(fault)
    assert world.suffers() == (fault,)
    world.heal()
    assert can_keep_memos(world.facts.aws)


def test_an_endpoint_that_was_deleted_is_not_taken_for_the_one_that_replaced_it(world: World) -> None:
    world.break_("s3_endpoint_gone")
    world.heal()
    (there,) = s3_endpoints(world.facts.aws)
    assert endpoint(world.facts.aws.client("ec2"))["VpcEndpointId"] == there["VpcEndpointId"]


def test_the_sandbox_refuses_what_aws_refuses_and_moto_takes(s3: Any) -> None:
    with pytest.raises(ClientError, match="MalformedPolicy"):
        s3.put_bucket_policy(Bucket=BUCKET, Policy="nonsense")
    with pytest.raises(ClientError, match="BlockPublicPolicy"):
        s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement(Effect="Allow", Principal="*")))


def test_people_on_call_cannot_become_a_function(world: World) -> None:
    sts: Any = world.facts.aws.client("sts", as_="oncall")
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=f"arn:aws:iam::111122223333:role/{ROLE}", RoleSessionName="test")
