"""An AWS account and region with a reading and a changing role."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field, SecretStr

from blocks.aws_session import Renewed, session_of
from blocks.aws_session import session as shared
from blocks.base import CodeBlueBlock, require
from blocks.iam.policy import policy
from blocks.iam.resources import SERVICES
from blocks.iam.session import session_policy
from blocks.permissions import IDENTITIES, Difference, Grants, Held, Identity, Names, Needs, Users
from journal import clock
from journal.facts.seen import Check
from journal.facts.words import Answer
from journal.wording import span
from runbook import Permanent, SlowDown, Temporary, Warrant

MARGIN = timedelta(minutes=2)
"""Credentials that end sooner than this are replaced."""

APART, NOT_APART = timedelta(seconds=30), timedelta(0)
"""By how much our clock may differ from that of AWS: a look by whole minutes is still of now."""

_LOCK = threading.RLock()
_HELD: dict[tuple[str | None, str, str, str | None], _Held] = {}
_ASSUMING: dict[tuple[str | None, ...], Any] = {}
"""The clients that assume roles, by where and by whose key."""


@dataclass(kw_only=True)
class _Held:
    """What this process holds for one reading role: probes share it, for assuming a role costs a round trip each."""

    credentials: Renewed
    ends: datetime
    session: Any
    clients: dict[str, Any] = field(default_factory=dict[str, Any])


def warm(services: tuple[str, ...]) -> None:
    """Load the models of these services; called once in the process from which runs are forked."""
    for service in services:
        shared().client(service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106 # nothing is called


TEMPORARY = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "Throttled",
        "EC2ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
        "ServiceUnavailable",
    }
)
"""Error codes by which AWS asks for fewer calls."""

TOO_MANY, OWN_ERROR = 429, 500
"""HTTP statuses that say so whatever the code, and from which on an error is AWS's own: the same call may succeed."""


class Aws(CodeBlueBlock):
    """One account in one region. Every session is assumed for its purpose; a change's is narrowed to its own actions.

    Example:
        Load a saved account:
        ```python
        from blocks.aws import Aws

        aws = Aws.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue AWS"
    _block_type_slug = "codeblue-aws"

    region: str = Field(description="Region that all calls go to, e.g. eu-central-1.")
    account_id: str = Field(pattern=r"^\d{12}$", description="Account that must be on the other side; asserted first.")
    reading_role: str = Field(description="ARN of the role for looking.")
    changing_role: str = Field(description="ARN of the role for approved changes.")
    access_key_id: str | None = Field(
        default=None, description="Access key that may assume both roles; the machine's own identity when empty."
    )
    secret_access_key: SecretStr | None = Field(default=None, description="Secret of the access key.")
    endpoint_url: str | None = Field(default=None, description="Endpoint to use in place of AWS, for practice.")

    def reading(self, service: str) -> Any:
        """A client of the reading role, bounded in time; boto3's own retries are off because the pipeline retries."""
        role = (self.endpoint_url, self.region, self.reading_role, self.access_key_id)
        with _LOCK:
            held = _HELD.get(role)
            if held is None or held.ends < clock.now() + MARGIN:
                given = self._assume(self.reading_role, "codeblue-reading")
                if held is None:
                    own = Renewed(given)
                    held = _HELD[role] = _Held(credentials=own, ends=given["Expiration"], session=session_of(own))
                else:
                    held.credentials.renew(given)
                    held.ends = given["Expiration"]
            if service not in held.clients:
                held.clients[service] = self._client(service, session=held.session)
            return held.clients[service]

    def changing(self, service: str, warrant: Warrant, allow: tuple[str, ...], *, on: Sequence[str]) -> Any:
        """A client of the changing role whose session may do nothing but `allow`, to nothing but `on` (ARNs).

        Only actions that IAM cannot narrow to a resource (`blocks.iam.resources.EVERYWHERE`) are allowed on all.
        """
        name = f"codeblue-{require(warrant).incident}"
        narrowed = session_policy(allow, on)
        with _LOCK:
            given = self._assume(self.changing_role, name, Policy=json.dumps(narrowed))
            return self._client(
                service,
                aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"],
                aws_session_token=given["SessionToken"],
            )

    def arn(self, service: str, resource: str) -> str:
        """The name of one of this account's resources in this region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def _assume(self, role: str, name: str, **more: str) -> dict[str, Any]:
        try:
            answer = self._sts().assume_role(RoleArn=role, RoleSessionName=name[:64], DurationSeconds=900, **more)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"assume {role.rpartition('/')[2]}") from error
        return answer["Credentials"]

    def _sts(self) -> Any:
        """The client that assumes roles: of the block's own key, else of the machine's identity."""
        own: dict[str, str] = {}
        if self.access_key_id and self.secret_access_key:
            secret = self.secret_access_key.get_secret_value()
            own = {"aws_access_key_id": self.access_key_id, "aws_secret_access_key": secret}
        asks = (self.endpoint_url, self.region, *own.values())
        if asks not in _ASSUMING:
            _ASSUMING[asks] = self._client("sts", **own)
        return _ASSUMING[asks]

    def _client(self, service: str, *, session: Any = None, **credentials: str) -> Any:
        return (session or shared()).client(
            service, region_name=self.region, endpoint_url=self.endpoint_url, config=CONFIG, **credentials
        )

    @classmethod
    def speaks(cls, need: str) -> bool:
        return need.partition(":")[0] in SERVICES

    @classmethod
    def own_needs(cls) -> frozenset[str]:
        from blocks.iam.held import read_held  # it looks by this block; importing it above would be a circle

        return frozenset(read_held.permissions)

    @classmethod
    def placeholder(cls) -> Self:
        role = "arn:aws:iam::ACCOUNT:role/"
        return cls.model_construct(
            region="REGION", account_id="ACCOUNT", reading_role=f"{role}READING", changing_role=f"{role}CHANGING"
        )

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:
        for identity in IDENTITIES:
            if wanted := needs.of(identity):
                document = self._policy(wanted, names)
                yield Grants(
                    identity=identity, title=f"{identity.capitalize()} role", language="json", document=document
                )

    def held(self, needs: Needs, names: Names, users: Users) -> Iterator[Held]:
        from blocks.iam.compare import of_role  # see `own_needs`
        from blocks.iam.held import read_held

        for identity, arn in zip(IDENTITIES, (self.reading_role, self.changing_role), strict=True):

            def look(identity: Identity = identity, arn: str = arn) -> Difference:
                wanted = self._policy(needs.of(identity), names)
                return of_role(identity, read_held(self, arn), wanted, users)

            yield Held(asks=f"What is the {identity} role allowed?", look=look)

    def _policy(self, needs: frozenset[str], names: Names) -> dict[str, Any]:
        own = {"own_role_arn": (self.reading_role, self.changing_role)}
        return policy(needs, {**names, **own}, region=self.region, account=self.account_id)

    def checks(self) -> Iterator[Check]:
        name = f"aws {self.region}"
        try:
            answer = self.reading("sts").get_caller_identity()
            account = answer["Account"]
        except (Temporary, Permanent) as blind:
            yield Check(name=name, answer=Answer.UNKNOWN, text=str(blind))
            return
        except (ClientError, BotoCoreError) as error:
            yield Check(name=name, answer=Answer.UNKNOWN, text=str(explain(error, "ask who we are")))
            return
        if account == self.account_id:
            yield Check(name=name, answer=Answer.YES, text=f"The reading role looks at account {account}.")
        else:
            text = f"The reading role is in account {account}, not {self.account_id}: correct the saved block."
            yield Check(name=name, answer=Answer.NO, text=text)
        yield from _clock(answer["ResponseMetadata"]["HTTPHeaders"].get("date", ""))


def _clock(theirs: str) -> Iterator[Check]:
    """Whether our clock is off, by the one that AWS answers with: metrics and logs are asked for by ours."""
    try:
        apart = clock.now() - parsedate_to_datetime(theirs)
    except (TypeError, ValueError):
        return  # a stand-in that says no time
    if abs(apart) > APART:
        text = (
            f"The clock of this machine is {span(abs(apart))} {'ahead of' if apart > NOT_APART else 'behind'} that of"
            " AWS, so whatever is looked for by time is looked for at another one: set it (NTP)."
        )
        yield Check(name="clock", answer=Answer.UNKNOWN, text=text, of_time=True)


CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1}, user_agent_extra="codeblue")


def explain(error: ClientError | BotoCoreError, doing: str) -> Temporary | Permanent:
    """One of our two error words for one of AWS's many."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "Unknown")
        said = error.response.get("Error", {}).get("Message", "").rstrip(".")
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in TEMPORARY or status == TOO_MANY:
            return SlowDown(f"AWS asks to slow down ({code}) when trying to {doing}.")
        if status >= OWN_ERROR:
            return Temporary(f"AWS had an error of its own ({code}) when trying to {doing}; it is tried again.")
        if "AccessDenied" in code or "Unauthorized" in code:
            return Permanent(f"AWS does not allow us to {doing} ({code}); grant the generated policy to the role.")
        return Permanent(f"AWS refused to {doing} ({code}): {said}.")
    return Temporary(f"AWS could not be reached to {doing} ({type(error).__name__}); check the network and the region.")
