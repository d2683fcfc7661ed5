"""AppConfig's environments and deployments, and what its versions compare; moto has neither."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from moto.appconfig.models import AppConfigBackend, Application, appconfig_backends

from journal import clock
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.registry import handles
from sandbox.overlay.stage import Stage

STRATEGY = "AppConfig.AllAtOnce"
"""The only one that is known here: whatever is deployed is deployed at once."""


@dataclass(kw_only=True)
class Environment:
    """One environment of an application, with its deployments in order."""

    name: str
    deployments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


ENVIRONMENTS: dict[tuple[str, str], Environment] = {}
"""By application and environment; ids are made by chance, so no two stages share one."""


@handles("appconfig", "CreateEnvironment")
def create_environment(call: Call, stage: Stage) -> dict[str, Any]:
    """One without alarms."""
    application, name = call.parameters["ApplicationId"], call.parameters["Name"]
    _application(stage, application)
    made = f"e{len(ENVIRONMENTS):06d}"
    ENVIRONMENTS[application, made] = Environment(name=name)
    return {"ApplicationId": application, "Id": made, "Name": name, "State": "READY_FOR_DEPLOYMENT"}


@handles("appconfig", "CreateHostedConfigurationVersion")
def create_version(call: Call, stage: Stage) -> dict[str, Any]:
    """As moto, if the version that is named is still the latest."""
    given = call.parameters
    application, profile = given["ApplicationId"], given["ConfigurationProfileId"]
    there = backend_of(stage).get_configuration_profile(application, profile).config_versions
    latest = max(there, default=0)
    if given.get("LatestVersionNumber", latest) != latest:
        raise Refused("ConflictException", f"The latest version of {profile} is {latest}.", status=409)
    made = backend_of(stage).create_hosted_configuration_version(
        application, profile, given.get("Description", ""), _bytes(given["Content"]).decode(), given["ContentType"], ""
    )
    return _version(made)


@handles("appconfig", "GetHostedConfigurationVersion")
def get_version(call: Call, stage: Stage) -> dict[str, Any]:
    """As moto."""
    given = call.parameters
    return _version(
        backend_of(stage).get_hosted_configuration_version(
            given["ApplicationId"], given["ConfigurationProfileId"], int(given["VersionNumber"])
        )
    )


@handles("appconfig", "StartDeployment")
def start_deployment(call: Call, stage: Stage) -> dict[str, Any]:
    """At once, if the deployment that is named is still the last, and none is under way."""
    given = call.parameters
    if given["DeploymentStrategyId"] != STRATEGY:
        raise Refused("BadRequestException", f"The sandbox knows no strategy but {STRATEGY}; teach it.", status=400)
    done, profile = _deployments(given), given["ConfigurationProfileId"]
    name = backend_of(stage).get_configuration_profile(given["ApplicationId"], profile).name
    version = int(given["ConfigurationVersion"])
    backend_of(stage).get_hosted_configuration_version(given["ApplicationId"], profile, version)
    if given.get("LatestDeploymentNumber", len(done)) != len(done) or any(one["State"] == "DEPLOYING" for one in done):
        raise Refused("ConflictException", "Another deployment is the last, or under way.", status=409)
    now, held = clock.now(), stage.condition("deployments_hang")
    made = {
        "ApplicationId": given["ApplicationId"],
        "EnvironmentId": given["EnvironmentId"],
        "DeploymentStrategyId": STRATEGY,
        "ConfigurationProfileId": profile,
        "DeploymentNumber": len(done) + 1,
        "ConfigurationName": name,
        "ConfigurationVersion": str(version),
        "Description": given.get("Description", ""),
        "State": "DEPLOYING" if held else "COMPLETE",
        "StartedAt": now,
        **({} if held else {"CompletedAt": now}),
    }
    done.append(made)
    return made


@handles("appconfig", "GetDeployment")
def get_deployment(call: Call, _stage: Stage) -> dict[str, Any]:
    """One of an environment."""
    number = int(call.parameters["DeploymentNumber"])
    found = next((one for one in _deployments(call.parameters) if one["DeploymentNumber"] == number), None)
    if found is None:
        raise Refused("ResourceNotFoundException", f"There is no deployment {number}.", status=404)
    return found


@handles("appconfig", "ListDeployments")
def list_deployments(call: Call, _stage: Stage) -> dict[str, Any]:
    """The newest first, without their descriptions."""
    told = ("ConfigurationProfileId", "DeploymentNumber", "ConfigurationName", "ConfigurationVersion", "State")
    when = ("StartedAt", "CompletedAt")
    found = [{name: one[name] for name in (*told, *when) if name in one} for one in _deployments(call.parameters)]
    return {"Items": found[::-1][: int(call.parameters.get("MaxResults") or 50)]}


def backend_of(stage: Stage) -> AppConfigBackend:
    """AppConfig in this account and region."""
    return appconfig_backends[stage.account][stage.region]


def _application(stage: Stage, name: str) -> Application:
    return backend_of(stage).get_application(name)


def _deployments(given: Any) -> list[dict[str, Any]]:
    found = ENVIRONMENTS.get((given["ApplicationId"], given["EnvironmentId"]))
    if found is None:
        raise Refused("ResourceNotFoundException", f"There is no environment {given['EnvironmentId']}.", status=404)
    return found.deployments


def _version(made: Any) -> dict[str, Any]:
    return {
        "ApplicationId": made.app_id,
        "ConfigurationProfileId": made.config_id,
        "VersionNumber": made.version,
        "Description": made.description,
        "Content": _bytes(made.content),
        "ContentType": made.content_type,
    }


def _bytes(content: Any) -> bytes:
    if isinstance(content, str):
        return content.encode()
    return content.read() if isinstance(content, io.IOBase) else bytes(content)
