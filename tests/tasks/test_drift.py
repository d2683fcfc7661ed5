"""Policies are compared by what they allow, not by how they are written; what cannot be told is never called right."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from blocks.iam.drift import covers, drift, overlap

DB = "arn:aws:rds:eu-west-1:1:db:a"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "rds:Reboot", resource: Any = DB, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "rds:Reboot", resource: Any = DB, **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def here(region: str = "eu-west-1") -> dict[str, Any]:
    return {"StringEquals": {"aws:RequestedRegion": region}}


WANTED = policy(allow())


@pytest.mark.parametrize(
    ("held", "missing", "more", "unclear"),
    [
        ([], 1, 0, 0),
        ([WANTED], 0, 0, 0),
        ([policy(allow(["RDS:reboot"], [DB]))], 0, 0, 0),
        ([policy(allow("rds:*"))], 0, 1, 0),
        ([policy(allow(resource="*"))], 0, 1, 0),
        ([policy(allow(resource=DB + "*"))], 0, 1, 0),
        ([policy(allow(resource=DB + "b"))], 1, 1, 0),
        ([policy(allow(), allow("s3:GetObject", "*"))], 0, 1, 0),
        ([WANTED, policy(allow("iam:*", "*"))], 0, 1, 0),
        ([policy(allow(Condition=here()))], 0, 0, 1),
        ([policy(allow(), deny())], 1, 0, 0),
        ([policy(allow(), deny("rds:*", "*"))], 1, 0, 0),
        ([policy(allow(), deny(Condition=here()))], 0, 0, 1),
        ([policy(allow(), deny("s3:*", "*"))], 0, 0, 0),
        ([policy(allow(), deny(resource=DB + "c"))], 0, 0, 0),
        ([policy({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})], 0, 1, 1),
        ([policy(allow(), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})], 0, 0, 1),
        ([policy(allow(resource="arn:aws:rds:eu-west-1:1:db:${aws:PrincipalTag/db}"))], 0, 1, 1),
    ],
)
def test_what_is_missing_more_and_unclear(held: list[Any], missing: int, more: int, unclear: int) -> None:
    found = drift(WANTED, held)
    assert (len(found.missing), len(found.more), len(found.unclear)) == (missing, more, unclear), found


@pytest.mark.parametrize(
    ("condition", "missing", "more", "unclear"),
    [({}, 0, 1, 0), (here(), 0, 0, 0), (here("us-east-1"), 0, 1, 1), (here() | {"Bool": {"a": "true"}}, 0, 0, 1)],
)
def test_a_condition_counts_in_both_directions(
    condition: dict[str, Any], missing: int, more: int, unclear: int
) -> None:
    found = drift(policy(allow(resource="*", Condition=here())), [policy(allow(resource="*", Condition=condition))])
    assert (len(found.missing), len(found.more), len(found.unclear)) == (missing, more, unclear), found


@pytest.mark.parametrize(
    ("boundary", "missing", "more"),
    [
        (policy(allow("*", "*")), 0, 1),
        (WANTED, 0, 0),
        (policy(allow("s3:*", "*")), 1, 0),
        (policy(allow("rds:*", "*"), deny()), 1, 1),
    ],
)
def test_a_boundary_takes_away_and_gives_nothing(boundary: dict[str, Any], missing: int, more: int) -> None:
    found = drift(WANTED, [policy(allow("rds:*", "*"))], boundary)
    assert (len(found.missing), len(found.more)) == (missing, more), found


def test_what_is_no_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="policy"):
        drift(WANTED, [{"Version": "2012-10-17"}])


def words(letters: str, longest: int) -> list[str]:
    return ["".join(chosen) for size in range(longest + 1) for chosen in product(letters, repeat=size)]


def test_patterns_against_all_short_texts() -> None:
    """Overlap is exact; that one covers another is never said wrongly."""
    patterns, texts = words("ab*?", 3), words("ab", 5)
    matched = {one: {text for text in texts if covers(one, text)} for one in patterns}
    for one, other in product(patterns, repeat=2):
        assert overlap(one, other) is bool(matched[one] & matched[other]), (one, other)
        if covers(one, other):
            assert matched[other] <= matched[one], (one, other)
