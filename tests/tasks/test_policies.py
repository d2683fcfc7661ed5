"""What a policy says about one request; what is not understood makes the answer unknown, never an allowance."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.iam.documents import Request, decide, opens_to_others

ROLE = "arn:aws:iam::111122223333:role/rung-lambda-role"
WANTED = Request(
    principal=ROLE,
    action="s3:GetObject",
    resource="arn:aws:s3:::memos/a/b.ogg",
    context={"aws:securetransport": "true", "aws:sourcevpc": "vpc-1", "aws:sourceip": None},
)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "s3:*", "Resource": "arn:aws:s3:::memos/*", **more}


def deny(**more: Any) -> dict[str, Any]:
    return allow(Effect="Deny", **more)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([], "none"),
        ([allow()], "allow"),
        ([allow(), deny(Sid="Shut")], "deny"),
        ([allow(Action=["s3:PutObject", "s3:getobject"])], "allow"),
        ([allow(Action="s3:Put*")], "none"),
        ([{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}], "allow"),
        ([allow(Resource="arn:aws:s3:::memos")], "none"),
        ([allow(Resource="arn:aws:s3:::MEMOS/*")], "none"),
        ([deny(NotResource="arn:aws:s3:::memos/*")], "deny"),
        ([allow(Principal="*")], "allow"),
        ([allow(Principal={"AWS": "*"})], "allow"),
        ([allow(Principal={"Service": "logging.s3.amazonaws.com"})], "none"),
        ([allow(Principal={"AWS": "arn:aws:iam::111122223333:root"})], "none"),
        ([deny(Principal={"AWS": "111122223333"})], "deny"),
        ([allow(Principal={"AWS": "arn:aws:sts::111122223333:assumed-role/rung-lambda-role/api"})], "unknown"),
        ([{"Effect": "Deny", "NotPrincipal": {"AWS": ROLE}, "Action": "*", "Resource": "*"}], "unknown"),
        ([deny(Condition={"Bool": {"aws:SecureTransport": "false"}})], "none"),
        ([deny(Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})], "none"),
        ([deny(Condition={"StringNotEquals": {"aws:SourceVpc": ["vpc-2", "vpc-3"]}})], "deny"),
        ([allow(Condition={"StringLike": {"aws:SourceVpc": "vpc-?"}})], "allow"),
        ([deny(Condition={"StringEquals": {"aws:SourceIp": "10.0.0.1"}})], "none"),
        ([deny(Condition={"StringNotEquals": {"aws:SourceIp": "10.0.0.1"}})], "deny"),
        ([deny(Condition={"StringEqualsIfExists": {"aws:SourceIp": "10.0.0.1"}})], "deny"),
        ([allow(), deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})], "unknown"),
        ([allow(), deny(), deny(Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}})], "deny"),
        ([allow(Condition={"StringEquals": {"aws:SourceVpc": "${aws:username}"}})], "unknown"),
        ([deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, Action="s3:PutObject")], "none"),
    ],
)
def test_a_policy_says(statements: list[dict[str, Any]], said: str) -> None:
    assert decide(policy(*statements), WANTED)[0] == said


def test_the_statements_that_decide_are_named_by_sid_or_place() -> None:
    assert decide(policy(allow(), deny(Sid="Shut"), deny()), WANTED) == ("deny", ("Shut", "statement 3"))


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"Statement": [{"Effect": "allow"}]}', '{"Statement": ["x"]}'])
def test_what_is_no_policy_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match=r"policy|statement|Expecting"):
        decide(document, WANTED)


@pytest.mark.parametrize(
    ("statement", "opens"),
    [
        (allow(), False),
        (allow(Principal={"AWS": ["111122223333", ROLE]}), False),
        (deny(Principal="*"), False),
        (allow(Principal="*"), True),
        (allow(Principal={"AWS": [ROLE, "arn:aws:iam::999999999999:root"]}), True),
        (allow(Principal={"AWS": []}), True),
        (allow(Principal={"Service": "logging.s3.amazonaws.com"}), True),
        (allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": "111122223333"}}), False),
        (allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": ["111122223333", "1"]}}), True),
        (allow(Principal="*", Condition={"StringEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}}), True),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": ROLE}, "Action": "*", "Resource": "*"}, True),
    ],
)
def test_a_statement_opens_to_others(statement: dict[str, Any], opens: bool) -> None:
    assert bool(opens_to_others(policy(statement), "111122223333")) is opens
