"""Looks at how often a function was refused by S3, and at whose refusals they were.

AWS says in the message of a refusal which kind of policy was at fault. Only that is counted; the text, with the name of
the object and of whoever it is about, is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from blocks.aws import Aws
from runbook import Facts, look
from runbook.shares import FEW, share
from tasks.cloudwatch.dimensions import of_function
from tasks.cloudwatch.read import read_metrics
from tasks.logs.read import A_MINUTE, Kind, read_events

ELSEWHERE = Kind(name="elsewhere", pattern=r"when calling the (?:InvokeModel|Converse|InitiateAuth|Admin|Publish)")
"""Another service's refusal, by the operation that was called: the words are the same."""

KINDS = (
    Kind(name="by_key", pattern=r"KMS\.|kms:(Decrypt|GenerateDataKey)"),
    Kind(name="by_bucket", pattern=r"explicit deny in a resource-based policy"),
    Kind(name="by_endpoint", pattern=r"VPC endpoint policy"),
    Kind(name="by_role", pattern=r"no identity-based policy allows|explicit deny in an identity-based policy|boundary"),
)
OTHER = Kind(name="other", pattern=r".")
PATTERN = (
    '?AccessDenied ?"KMS." ?ExpiredToken ?InvalidAccessKeyId ?SignatureDoesNotMatch ?RequestTimeTooSkewed ?InvalidToken'
)
"""Who may not, and whom S3 does not know."""


HALF = 0.5


class Denials(Facts):
    """Refused requests in `window`, by whose refusal it was. `invocations` is how often the function ran lately.

    `a_minute` is how fast refusals come since the first of them, where there are enough.
    """

    total: int
    by_key: int
    by_bucket: int
    by_endpoint: int
    by_role: int
    complete: bool
    invocations: int
    window: timedelta
    a_minute: float | None = None

    def at_least(self, count: int) -> bool:
        """Whether so many requests were refused. Raises `LookupError` where fewer were seen and nobody can tell why.

        No refusals mean something only if the whole window was searched and the function has been at work.
        """
        if self.total >= count:
            return True
        if not self.complete:
            raise LookupError("the log was not searched to the end of the window")
        if not self.invocations:
            raise LookupError("the function has not run, so nothing could be refused")
        return False

    def mostly(self, count: int) -> bool:
        """Whether a kind is at least half of all refusals. Raises `LookupError` when there are hardly any."""
        return share(count, self.total, "refusals", least=FEW) >= HALF

    def figures(self) -> Mapping[str, tuple[float, str]]:
        seen = {"requests refused": (float(self.total), "")} if self.complete and self.invocations else {}
        return seen if self.a_minute is None else {**seen, "requests refused a minute": (self.a_minute, A_MINUTE)}

    def __str__(self) -> str:
        named = {
            "the bucket's policy": self.by_bucket,
            "the role's policies": self.by_role,
            "the endpoint's policy": self.by_endpoint,
            "the key": self.by_key,
        }
        by = ", ".join(f"{count} by {name}" for name, count in named.items() if count)
        upto = "" if self.complete else " or more"
        return f"{self.total}{upto} requests refused ({by or 'none'}) in {self.invocations} runs of the function"


@look(*read_events.permissions, *read_metrics.permissions, bound=f"{read_events.bound}; one metric")
def read_denials(aws: Aws, group: str, function: str, *, window: timedelta, period: timedelta) -> Denials:
    """How often the function was refused by S3 (`rung.p393`), and whether it has run within five windows.

    Raises `Permanent` when the log or the metric may not be read, or CloudWatch has no invocations at all.
    """
    events = read_events(aws, group, pattern=PATTERN, window=window, kinds=(ELSEWHERE, *KINDS, OTHER))
    invocations = of_function(function)(name="invocations", metric="Invocations", statistic="Sum")
    ran = read_metrics(aws, (invocations,), window=window * 5, period=period)
    return Denials(
        total=events.total - events.of(ELSEWHERE.name),
        **{kind.name: events.of(kind.name) for kind in KINDS},
        complete=events.complete,
        invocations=round(ran.total("invocations")),
        window=window,
        a_minute=events.a_minute(*(kind.name for kind in (*KINDS, OTHER))),
    )
