"""The REST API in front of the function: one proxy resource whose integration calls the function by its alias."""

from __future__ import annotations

import re
from typing import Any

from moto.apigateway.models import apigateway_backends

from sandbox.overlay.cloud import there
from sandbox.overlay.registry import seeds, where
from sandbox.overlay.stage import Stage

CALLED = re.compile(r":function:(?P<function>[\w-]+)(?::(?P<qualifier>[\w$-]+))?/invocations$")


@seeds
@where("api", "function")
def rest_api(stage: Stage) -> None:
    """The API, deployed to its stage."""
    backend = _backend(stage)
    api = backend.create_rest_api(there(stage.cloud.api).name, "The API")
    root = next(iter(api.resources.values()))
    proxy = backend.create_resource(api.id, root.id, "{proxy+}")
    backend.put_method(api.id, proxy.id, "ANY", "AWS_IAM")
    backend.put_integration(
        api.id, proxy.id, "ANY", "AWS_PROXY", uri(stage, there(stage.cloud.function).alias), integration_method="POST"
    )
    backend.create_deployment(api.id, there(stage.cloud.api).stage)


def uri(stage: Stage, qualifier: str | None) -> str:
    """How an integration names the function, by a qualifier or without one."""
    names = [there(stage.cloud.function).name, qualifier]
    named = ":".join(["arn:aws:lambda", stage.region, stage.account, "function", *filter(None, names)])
    return f"arn:aws:apigateway:{stage.region}:lambda:path/2015-03-31/functions/{named}/invocations"


def called(stage: Stage) -> tuple[str, str | None]:
    """The function that the API calls, and by which qualifier: what its integration says now."""
    for api in _backend(stage).apis.values():
        for resource in api.resources.values() if api.name == there(stage.cloud.api).name else ():
            for method in resource.resource_methods.values():
                if method.method_integration and (found := CALLED.search(method.method_integration.uri or "")):
                    return found["function"], found["qualifier"]
    raise LookupError(f"The API {there(stage.cloud.api).name} calls no function.")


def _backend(stage: Stage) -> Any:
    """Moto's API Gateway; what it returns is typed too loosely to be of use."""
    return apigateway_backends[stage.account][stage.region]
