"""Puts a bucket's known-good policy back. The policy that it replaces is in the plan, so nothing is lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.iam.documents import Request, decide, name_of, opens_to_others, statements
from journal.facts.words import Answer, Effect, Stake
from runbook import Drifted, NotNeeded, NotSafe, Outcome, Plan, Result, Reversible, Target, Warrant, changes
from tasks.s3.read import get_policy, requests
from tasks.selections import BucketOf

LONGEST = 20 * 1024
"""Bytes that a bucket policy may have."""

OURS_TO_KEEP = ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy")
"""What the changing role must still be able to do afterwards: else the new policy could not be taken back."""


class PolicyTarget(Target):
    """The policy of one bucket, with the whole document before (nothing where there is none) and after."""

    bucket: str
    old: str | None
    new: str


@changes(
    PolicyTarget,
    name="s3.put_bucket_policy",
    effect=Effect.DISRUPTIVE,
    stake=Stake.ACCESS,
    needs=("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    reads=("s3:GetBucketPolicy",),
)
@dataclass(frozen=True, kw_only=True)
class PutBucketPolicy(Reversible[PolicyTarget]):
    """Replace a bucket's policy by the known-good one that the environment has saved (`rung.c417`).

    `document` is that policy as JSON; without one there is no plan, for a policy is not to be made up at night. One
    that opens the bucket to others, denies the application's `role` what it needs, or would lock the changing role out
    is refused.
    """

    aws: Aws
    bucket: str
    role: str
    vpc: str
    document: str | None

    @property
    def about(self) -> BucketOf:
        return BucketOf(bucket=self.bucket, role=self.role)

    @property
    def lock(self) -> str:
        return f"{self.name}:{self.bucket}"

    def plan(self) -> Plan[PolicyTarget] | NotNeeded:
        if self.document is None:
            raise NotSafe(
                "The environment has no known-good policy of the bucket; save one in its storage (`bucket_policy`)."
            )
        self._refuse_harm(self.document)
        old = get_policy(self.aws.reading("s3"), self.bucket)
        if _same(old, self.document):
            return NotNeeded(why=f"{self.bucket} has its known-good policy already.")
        gone, come = _difference(old, self.document)
        target = PolicyTarget(
            name=f"policy of {self.bucket}",
            before=_listed(old),
            after=_listed(self.document),
            bucket=self.bucket,
            old=old,
            new=self.document,
        )
        return Plan(
            change=self.name,
            summary=f"Replace the policy of {self.bucket} by the known-good one."
            f" Statements that go: {', '.join(gone) or 'none'}; that come: {', '.join(come) or 'none'}.",
            targets=(target,),
            out_of=1,
            warnings=("The whole policy is replaced: whoever was admitted only by the old one is shut out.",),
        )

    def _refuse_harm(self, document: str) -> None:
        """Raise `NotSafe` for a policy that would do more harm than the one it replaces."""
        if len(document.encode()) > LONGEST:
            raise NotSafe(f"The known-good policy is longer than S3 takes ({LONGEST} bytes); correct the environment.")
        try:
            if others := opens_to_others(document, self.aws.account_id):
                by = ", ".join(others)
                raise NotSafe(f"The known-good policy opens {self.bucket} to others ({by}); correct the environment.")
            wanted = [*requests(self.aws.account_id, self.bucket, self.role, self.vpc), *self._own_requests()]
            for request in wanted:
                said, by = decide(document, request)
                if said in ("deny", "unknown"):
                    who = request.principal.rpartition("/")[2]
                    raise NotSafe(
                        f"The known-good policy {'denies' if said == 'deny' else 'may deny'} {request.action} to {who}"
                        f" ({', '.join(by)}); correct the environment."
                    )
        except ValueError as error:
            raise NotSafe(f"The known-good policy cannot be read ({error}); correct the environment.") from error

    def _own_requests(self) -> list[Request]:
        changer = self.aws.changing_role
        context = {
            "aws:principalarn": changer,
            "aws:principalaccount": self.aws.account_id,
            "aws:securetransport": "true",
        }
        resource = f"arn:aws:s3:::{self.bucket}"
        return [Request(principal=changer, action=one, resource=resource, context=context) for one in OURS_TO_KEEP]

    def apply(self, plan: Plan[PolicyTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if not _same(self._now(target), target.old):
            raise Drifted(f"The policy of {target.bucket} is no longer what was approved; plan again.")
        self._write(warrant, target, target.new)
        return Outcome(ok=True, note=f"{target.bucket} has its known-good policy.", results=_done(target))

    def landed(self, plan: Plan[PolicyTarget]) -> tuple[Answer, str]:
        return self._is(plan, plan.targets[0].new)

    def undo(self, plan: Plan[PolicyTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if _same(self._now(target), target.old):
            return Outcome(ok=True, note="The old policy is in place.", results=_done(target))
        self._write(warrant, target, target.old)
        back = "its old policy again" if target.old is not None else "no policy again"
        return Outcome(ok=True, note=f"{target.bucket} has {back}.", results=_done(target))

    def undone(self, plan: Plan[PolicyTarget]) -> tuple[Answer, str]:
        return self._is(plan, plan.targets[0].old)

    def _now(self, target: PolicyTarget) -> str | None:
        return get_policy(self.aws.reading("s3"), target.bucket)

    def _is(self, plan: Plan[PolicyTarget], wanted: str | None) -> tuple[Answer, str]:
        now = self._now(plan.targets[0])
        return (Answer.YES if _same(now, wanted) else Answer.NO), f"The policy has now {_listed(now)}."

    def _write(self, warrant: Warrant, target: PolicyTarget, document: str | None) -> None:
        s3 = self.aws.changing("s3", warrant, self.permissions, on=[f"arn:aws:s3:::{target.bucket}"])
        try:
            if document is None:
                s3.delete_bucket_policy(Bucket=target.bucket)
            else:
                s3.put_bucket_policy(Bucket=target.bucket, Policy=document)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"write the policy of {target.bucket}") from error


def _done(target: PolicyTarget) -> tuple[Result, ...]:
    return (Result(name=target.name, done=True),)


def _same(one: str | None, other: str | None) -> bool:
    """Whether two policies say the same; order and white space of the text do not count."""
    if one is None or other is None:
        return one is other
    return _read(one) == _read(other)


def _read(document: str) -> Any:
    try:
        return json.loads(document)
    except ValueError:
        return document


def _listed(document: str | None) -> str:
    if document is None:
        return "no policy"
    found = statements(document)
    return f"{len(found)} statements: " + ", ".join(name_of(one, number) for number, one in enumerate(found, start=1))


def _difference(old: str | None, new: str) -> tuple[list[str], list[str]]:
    """Names of the statements that go and of those that come; one that is changed does both."""
    before = statements(old) if old is not None else []
    after = statements(new)
    gone = [name_of(one, number) for number, one in enumerate(before, start=1) if one not in after]
    come = [name_of(one, number) for number, one in enumerate(after, start=1) if one not in before]
    return gone, come
