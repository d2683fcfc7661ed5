"""Settings in a profile of AppConfig, as they are deployed in one environment.

A deployment says by its description whose it is: for which incident, and whether it sets a setting or puts it back. The
version of the profile is that of every setting in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from blocks.app_config import AllowedSetting, Profile
from blocks.aws import explain
from blocks.switchboard import Value
from runbook import Permanent, Temporary, look
from tasks.switchboard.read import KINDS, LastSet, Switch

OURS = re.compile(r"codeblue (?P<incident>\S+) (?P<act>sets|lifts) (?P<key>\S+)")
GOOD, UNDER_WAY = frozenset({"COMPLETE", "BAKING"}), frozenset({"VALIDATING", "DEPLOYING", "ROLLING_BACK"})
"""States in which all clients have what was deployed, and those in which nobody can say what they have."""
AT_MOST, OUR_LAST = 50, 10
"""Deployments that are looked at, and how many of ours are opened to find what was set."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One good deployment of the profile. `number` counts all of the environment."""

    number: int
    version: int
    at: Any


@look(
    "appconfig:ListDeployments",
    "appconfig:GetDeployment",
    "appconfig:GetHostedConfigurationVersion",
    bound=f"{AT_MOST} deployments of one environment; one value is kept",
)
def read_setting(profile: Profile, key: str) -> Switch:
    """A setting as it is deployed now. Raises `Temporary` while a deployment is under way."""
    allowed, (_, done) = profile.allowed(key), deployments(profile)
    value, newest = value_in(content_of(profile, done[0].version), allowed), whose(profile, done[0])
    is_set, lasting, last = False, value, None
    if (ours := _our_set(profile, done, key)) is not None:
        position, incident, lifted = ours
        if position + 1 == len(done):
            raise Permanent(f"What {key} was before Code Blue has set it is not found any more; ask its owner.")
        one, before, is_set = done[position], done[position + 1], not lifted
        lasting = value_in(content_of(profile, before.version), allowed)
        last = LastSet(
            request="",
            incident=incident,
            value=value_in(content_of(profile, one.version), allowed),
            after_version=one.version - 1,
            version=one.version,
            expires_at=None,
        )
    return Switch(
        key=key,
        type=KINDS[type(value)],
        value=value,
        lasting=lasting if is_set else value,
        version=done[0].version,
        changed_at=done[0].at,
        changed_by=newest["incident"] if newest else "its owner",
        is_set=is_set,
        expires_at=None,
        last_set=last,
    )


def deployments(profile: Profile) -> tuple[int, tuple[Deployment, ...]]:
    """The number of the last deployment in the environment, and the good ones of the profile, the newest first."""
    try:
        found: list[Mapping[str, Any]] = profile.aws.reading("appconfig").list_deployments(
            ApplicationId=profile.application, EnvironmentId=profile.environment, MaxResults=AT_MOST
        )["Items"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list what is deployed of {profile.profile}") from error
    found = sorted(found, key=lambda one: -one["DeploymentNumber"])
    ours = [one for one in found if one["ConfigurationProfileId"] == profile.profile]
    if any(one["State"] in UNDER_WAY for one in ours):
        raise Temporary(f"A deployment of {profile.profile} is under way, so nobody can say what its clients have.")
    done = tuple(
        Deployment(number=one["DeploymentNumber"], version=_number(one, profile), at=one["StartedAt"])
        for one in ours
        if one["State"] in GOOD
    )
    if not done:
        raise Permanent(f"Nothing of {profile.profile} is deployed in {profile.environment}; correct the environment.")
    return found[0]["DeploymentNumber"], done


def whose(profile: Profile, one: Deployment) -> re.Match[str] | None:
    """Which of our changes a deployment is; nothing where it is its owner's."""
    try:
        found = profile.aws.reading("appconfig").get_deployment(
            ApplicationId=profile.application, EnvironmentId=profile.environment, DeploymentNumber=one.number
        )
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read a deployment of {profile.profile}") from error
    return OURS.fullmatch(str(found.get("Description", "")))


def saved(profile: Profile, version: int) -> Mapping[str, Any]:
    """A version of the profile as AppConfig keeps it."""
    try:
        return profile.aws.reading("appconfig").get_hosted_configuration_version(
            ApplicationId=profile.application, ConfigurationProfileId=profile.profile, VersionNumber=version
        )
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read version {version} of {profile.profile}") from error


def content_of(profile: Profile, version: int) -> dict[str, Any]:
    """What is in a version. Raises `Permanent` when that is no JSON object."""
    try:
        found = json.loads(
            saved(profile, version)["Content"].read(),
            object_pairs_hook=_once,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise Permanent(
            f"{profile.profile} is no JSON that could be saved again as it is, and nothing else is understood; leave it"
            " out."
        ) from error
    if not isinstance(found, dict):
        raise Permanent(f"{profile.profile} is JSON and no object, and nothing else is understood; leave it out.")
    return cast("dict[str, Any]", found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that is there twice one would be lost."""
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _finite(text: str) -> float:
    """A number; what is none, or too large for one, could not be saved again."""
    if not isfinite(number := float(text)):
        raise ValueError(text)
    return number


def value_in(content: Mapping[str, Any], allowed: AllowedSetting) -> Value:
    """A setting's value. Raises `Permanent` where there is none, or one of another kind."""
    found: Any = content
    for step in allowed.at:
        found = cast("dict[str, Any]", found).get(step) if isinstance(found, dict) else None
    kind = str if allowed.one_of else bool if allowed.least is None else int
    if type(found) is not kind:
        raise Permanent(f"{allowed.key} ({' > '.join(allowed.at)}) holds no {KINDS[kind]}; correct the environment.")
    return found


def with_value(content: Mapping[str, Any], allowed: AllowedSetting, value: Value) -> dict[str, Any]:
    """The same with another value, and nothing else changed."""
    copy: dict[str, Any] = json.loads(json.dumps(content))
    inner = copy
    for step in allowed.at[:-1]:
        inner = inner[step]
    inner[allowed.at[-1]] = value
    return copy


def _our_set(profile: Profile, done: tuple[Deployment, ...], key: str) -> tuple[int, str, bool] | None:
    """Where our last set of a setting is, of which incident, and whether it was lifted; none after its owner's own."""
    lifted = False
    for position, one in enumerate(done[:OUR_LAST]):
        if (made := whose(profile, one)) is None:
            return None
        if made["key"] == key and made["act"] == "sets":
            return position, made["incident"], lifted
        lifted = lifted or made["key"] == key
    return None


def _number(one: Mapping[str, Any], profile: Profile) -> int:
    """The version that was deployed. One that is not kept by AppConfig itself has no number."""
    version = str(one["ConfigurationVersion"])
    if not version.isdigit():
        raise Permanent(f"{profile.profile} is not hosted by AppConfig itself, and nothing else is understood.")
    return int(version)
