"""Bedrock's catalogue, who may call what, and the quota on calls; moto has none of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import iam_backends

from sandbox.overlay.call import Call, Refused
from sandbox.overlay.cloud import there
from sandbox.overlay.registry import handles, seeds, where
from sandbox.overlay.services.functions import execution_role
from sandbox.overlay.stage import Stage

POLICY = "bedrock-access"
USUAL_MODEL, ALTERNATE = "anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"
NAMES = {USUAL_MODEL: "Claude 3.5 Sonnet", ALTERNATE: "Claude 3 Haiku"}
QUOTA_CODES = {USUAL_MODEL: "L-254CACF4", ALTERNATE: "L-2DC80978"}
USUAL_PER_MINUTE = {USUAL_MODEL: 1000.0, ALTERNATE: 2000.0}
OF_ON_DEMAND = "On-demand model inference requests per minute for Anthropic "

QUOTAS: dict[str, float] = {}
"""Calls a minute by quota code, where a request has changed them."""


@seeds
@where("function")
def access(stage: Stage) -> None:
    """The execution role may call the models."""
    execution_role(stage)
    iam_backends[stage.account]["aws"].put_role_policy(there(stage.cloud.function).role, POLICY, policy())


def policy() -> str:
    """The inline policy that lets the function call Bedrock's models."""
    allowed = {"Effect": "Allow", "Action": ["bedrock:InvokeModel"], "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


def may_call(stage: Stage) -> bool:
    """Whether the function's role may call a model."""
    role = iam_backends[stage.account]["aws"].get_role(there(stage.cloud.function).role)
    return any("bedrock:InvokeModel" in str(document) for document in role.policies.values())


def gone(stage: Stage, model: str) -> bool:
    """Whether a model has reached the end of its life (condition `bedrock_gone`, its id)."""
    return stage.condition("bedrock_gone") == model


def closed(stage: Stage, model: str) -> bool:
    """Whether the account's access to a model has been taken away (condition `bedrock_closed`, its id)."""
    return stage.condition("bedrock_closed") == model


def per_minute(model: str) -> float:
    """How many calls a minute the account may make to a model."""
    return QUOTAS.get(QUOTA_CODES.get(model, ""), USUAL_PER_MINUTE.get(model, 1000.0))


@handles("bedrock", "GetFoundationModel")
def get_model(call: Call, stage: Stage) -> object:
    """One model of the catalogue."""
    return {"modelDetails": _model(stage, str(call.parameters["modelIdentifier"]).rpartition("/")[2])}


@handles("bedrock", "ListFoundationModels")
def list_models(_call: Call, stage: Stage) -> object:
    """The catalogue. It answers whatever becomes of calls, as AWS's does."""
    return {"modelSummaries": [_model(stage, model) for model in NAMES if not gone(stage, model)]}


@handles("bedrock", "GetFoundationModelAvailability")
def availability(call: Call, stage: Stage) -> object:
    """Whether this account may call a model."""
    model = str(call.parameters["modelId"])
    _model(stage, model)
    shut = closed(stage, model)
    return {
        "modelId": model,
        "agreementAvailability": {"status": "NOT_AVAILABLE" if shut else "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "NOT_AVAILABLE" if shut else "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }


@handles("service-quotas", "ListServiceQuotas")
def list_quotas(call: Call, stage: Stage) -> object:
    """The quotas on calls of Bedrock, one a page: a client that reads only the first page misses the second."""
    if call.parameters["ServiceCode"] != "bedrock":
        raise Refused("NoSuchResourceException", "The request failed because the specified service does not exist.")
    models, page = list(NAMES), int(call.parameters.get("NextToken") or 0)
    more = {"NextToken": str(page + 1)} if page + 1 < len(models) else {}
    return {"Quotas": [_quota(stage, models[page])], **more}


@handles("service-quotas", "RequestServiceQuotaIncrease")
def request_increase(call: Call, stage: Stage) -> object:
    """Grant what is asked for at once; AWS takes hours or days."""
    code, wanted = str(call.parameters["QuotaCode"]), float(call.parameters["DesiredValue"])
    model = next((model for model, known in QUOTA_CODES.items() if known == code), None)
    if model is None:
        raise Refused("NoSuchResourceException", f"The request failed because the quota {code} does not exist.")
    QUOTAS[code] = wanted
    return {
        "RequestedQuota": {
            "Id": f"{code}-request",
            "ServiceCode": "bedrock",
            "QuotaCode": code,
            "QuotaName": _quota(stage, model)["QuotaName"],
            "DesiredValue": wanted,
            "Status": "PENDING",
        }
    }


def _model(stage: Stage, model: str) -> dict[str, Any]:
    if model not in NAMES or gone(stage, model):
        raise Refused("ResourceNotFoundException", f"Could not resolve the foundation model from {model}", status=404)
    return {
        "modelArn": f"arn:aws:bedrock:{stage.region}::foundation-model/{model}",
        "modelId": model,
        "modelName": NAMES[model],
        "providerName": "Anthropic",
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE", "startOfLifeTime": datetime(2024, 6, 20, tzinfo=UTC)},
    }


def _quota(stage: Stage, model: str) -> dict[str, Any]:
    code = QUOTA_CODES[model]
    return {
        "ServiceCode": "bedrock",
        "ServiceName": "Amazon Bedrock",
        "QuotaArn": f"arn:aws:servicequotas:{stage.region}:{stage.account}:bedrock/{code}",
        "QuotaCode": code,
        "QuotaName": OF_ON_DEMAND + NAMES[model],
        "Value": per_minute(model),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
