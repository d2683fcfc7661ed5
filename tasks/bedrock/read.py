"""Looks at Bedrock's models and at the quota on their calls. That the catalogue answers is no sign of health.

Nothing here calls a model: a canary costs money and needs a right to invoke, which a reading role should not have.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, Permanent, look

AREA = re.compile(r"^(us|us-gov|eu|apac|jp|au|ca|sa|global)\.(?=[a-z0-9]+\.)")
"""What an inference profile puts before the id of its model."""

MISSING = frozenset({"ResourceNotFoundException", "ValidationException"})
PAGES = 20


class Model(Facts):
    """A model as this account may use it. `state` is active, legacy (still served, until `ends`), or absent.

    `closed` are the reasons why it cannot be called, in words.
    """

    id: str
    name: str
    provider: str
    state: str
    ends: datetime | None
    closed: tuple[str, ...]

    @property
    def callable(self) -> bool:
        return self.state != "absent" and not self.closed

    def __str__(self) -> str:
        if self.state == "absent":
            return f"{self.id} is not among Bedrock's models here"
        ends = f" (until {self.ends:%Y-%m-%d})" if self.ends else ""
        return f"{self.id} is {self.state}{ends}, " + (", ".join(self.closed) or "open to this account")


class Models(Facts):
    """The model that is called, and the one it may be switched to."""

    used: Model
    alternate: Model

    def __str__(self) -> str:
        return f"{self.used}; the alternate {self.alternate}"


class Quota(Facts):
    """How many on-demand requests a minute the account may make to a model."""

    model: str
    code: str
    per_minute: float
    adjustable: bool

    def __str__(self) -> str:
        raised = "can" if self.adjustable else "cannot"
        return f"{self.model} may be called {self.per_minute:.0f} times a minute ({self.code}; it {raised} be raised)"


@look("bedrock:GetFoundationModel", "bedrock:GetFoundationModelAvailability", bound="two models")
def read_models(aws: Aws, used: str, alternate: str) -> Models:
    """Whether the two models exist, for how long, and whether this account may call them (`rung.c258`)."""
    return Models(used=_model(aws, used), alternate=_model(aws, alternate))


@look("bedrock:GetFoundationModel", "servicequotas:ListServiceQuotas", bound=f"{PAGES * 100} quotas; one is kept")
def read_quota(aws: Aws, model: str) -> Quota:
    """The account's quota on on-demand requests to a model. Raises `Permanent` when it cannot be found by its name."""
    one = _model(aws, model)
    name = f"On-demand model inference requests per minute for {one.provider} {one.name}"
    quotas = aws.reading("service-quotas").get_paginator("list_service_quotas")
    try:
        for page in quotas.paginate(ServiceCode="bedrock", PaginationConfig={"MaxItems": PAGES * 100, "PageSize": 100}):
            for found in page["Quotas"]:
                if found["QuotaName"].lower() == name.lower():
                    return Quota(
                        model=one.name,
                        code=found["QuotaCode"],
                        per_minute=found["Value"],
                        adjustable=found["Adjustable"],
                    )
    except (ClientError, BotoCoreError) as error:
        raise explain(error, "list Bedrock's quotas") from error
    raise Permanent(f"No quota is called '{name}'; look for it in the Service Quotas console.")


def _model(aws: Aws, identifier: str) -> Model:
    bedrock: Any = aws.reading("bedrock")
    bare = AREA.sub("", identifier)
    try:
        found: dict[str, Any] = bedrock.get_foundation_model(modelIdentifier=bare)["modelDetails"]
        access: dict[str, Any] = bedrock.get_foundation_model_availability(modelId=bare)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in MISSING:
            return Model(id=identifier, name="", provider="", state="absent", ends=None, closed=())
        raise explain(error, f"look at the model {identifier}") from error
    except BotoCoreError as error:
        raise explain(error, f"look at the model {identifier}") from error
    life: dict[str, Any] = found.get("modelLifecycle", {})
    return Model(
        id=identifier,
        name=found["modelName"],
        provider=found["providerName"],
        state=life.get("status", "ACTIVE").lower(),
        ends=life.get("endOfLifeTime"),
        closed=tuple(_closed(access)),
    )


def _closed(access: dict[str, Any]) -> list[str]:
    """Why this account may not call a model, in the order in which it is put right."""
    said = (
        ("regionAvailability", "NOT_AVAILABLE", "not offered in this region"),
        ("authorizationStatus", "NOT_AUTHORIZED", "this account is not authorised for it"),
        ("entitlementAvailability", "NOT_AVAILABLE", "access to it has not been requested or has been taken away"),
    )
    closed = [words for name, value, words in said if access.get(name) == value]
    agreement = access.get("agreementAvailability", {}).get("status")
    return [*closed, *([f"its agreement is {agreement.lower()}"] if agreement not in (None, "AVAILABLE") else [])]
