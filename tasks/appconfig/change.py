"""Setting something in AppConfig for a while: a version with one value changed, saved and deployed.

Both steps compare: the version is saved only upon the one that is deployed, and deployed only after the last deployment
that was seen. Putting back saves and deploys one more version, so what its owner changed meanwhile is never lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.app_config import AllowedSetting, Profile
from blocks.aws import explain
from blocks.switchboard import Value
from journal.facts.words import Effect
from runbook import Drifted, NotSafe, Temporary, Warrant, changes
from tasks.appconfig.profile import OURS, content_of, deployments, read_setting, saved, value_in, whose, with_value
from tasks.selections import SettingOf
from tasks.switchboard.read import Switch, same, shown
from tasks.switchboard.setting import SetForAWhile, SwitchTarget
from tasks.waiting import until

ASKED_EVERY = timedelta(seconds=1)
READS = ("appconfig:ListDeployments", "appconfig:GetDeployment", "appconfig:GetHostedConfigurationVersion")
NEEDS = ("appconfig:CreateHostedConfigurationVersion", "appconfig:StartDeployment")


@dataclass(frozen=True, kw_only=True)
class InAppConfig:
    """A profile of AppConfig as a store of settings."""

    profile: Profile
    deployed_within: timedelta
    ends_by_itself: bool = False
    may_change: bool = True

    def allowed(self, key: str) -> AllowedSetting:
        return self.profile.allowed(key)

    def read(self, key: str) -> Switch:
        return read_setting(self.profile, key)

    def would_set(self, now: Switch, to: Value, seconds: int) -> Switch:  # noqa: ARG002 # the store knows no end
        _, done = deployments(self.profile)
        if (other := whose(self.profile, done[0])) is not None and other["act"] == "sets":
            raise NotSafe(f"{other['incident']} has set {other['key']} in the same profile; wait for the end of that.")
        return now.model_copy(update={"value": to, "version": now.version + 1, "is_set": True})

    def set(self, target: SwitchTarget, warrant: Warrant) -> Switch:
        made = self._deploy(target.key, target.new, target.version, f"codeblue {warrant.incident} sets", warrant)
        return self.read(target.key).model_copy(update={"version": made})

    def lift(self, target: SwitchTarget, now: Switch, warrant: Warrant) -> None:
        self._deploy(target.key, target.old, now.version, f"codeblue {warrant.incident} lifts", warrant)

    def _deploy(self, key: str, value: Value, upon: int, doing: str, warrant: Warrant) -> int:
        """Save the version `upon` with another value, deploy it, and wait until all clients have it."""
        last, done = deployments(self.profile)
        if done[0].version != upon:
            raise Drifted(f"Version {done[0].version} of {self.profile.profile} is deployed by now, no longer {upon}.")
        client = self.profile.aws.changing("appconfig", warrant, NEEDS, on=self.profile.arns())
        description = f"{doing} {key}"
        made = self._save(client, key, value, upon, description)
        try:
            client.start_deployment(
                ApplicationId=self.profile.application,
                EnvironmentId=self.profile.environment,
                DeploymentStrategyId=self.profile.strategy,
                ConfigurationProfileId=self.profile.profile,
                ConfigurationVersion=str(made),
                Description=description,
                LatestDeploymentNumber=last,
            )
        except (ClientError, BotoCoreError) as error:
            if _is_conflict(error):
                raise Drifted(f"Somebody deploys to {self.profile.environment} since; plan again.") from error
            raise explain(error, f"deploy {key}") from error
        until(self._is_settled, within=self.deployed_within, every=ASKED_EVERY)
        return made

    def _save(self, client: Any, key: str, value: Value, upon: int, description: str) -> int:
        allowed = self.allowed(key)
        content = with_value(content_of(self.profile, upon), allowed, value)
        try:
            answer = client.create_hosted_configuration_version(
                ApplicationId=self.profile.application,
                ConfigurationProfileId=self.profile.profile,
                Description=description,
                Content=json.dumps(content, ensure_ascii=False, indent=2).encode(),
                ContentType="application/json",
                LatestVersionNumber=upon,
            )
        except (ClientError, BotoCoreError) as error:
            if not _is_conflict(error):
                raise explain(error, f"save {key} as {shown(value)}") from error
            # We may have been interrupted between saving and deploying; nobody else's version is deployed by us.
            found = saved(self.profile, upon + 1)
            ours = found.get("Description") == description and OURS.fullmatch(description) is not None
            if ours and same(value_in(content_of(self.profile, upon + 1), allowed), value):
                return upon + 1
            raise Drifted(f"Somebody has saved a newer version of {self.profile.profile}; plan again.") from error
        return int(answer["VersionNumber"])

    def _is_settled(self) -> bool:
        try:
            deployments(self.profile)
        except Temporary:
            return False
        return True


@changes(SwitchTarget, name="appconfig.set_setting", effect=Effect.REVERSIBLE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class SetSetting(SetForAWhile):
    """Let a setting be `to` for `expires_after`, within what its owner allows. The mitigation must expire as well."""

    profile: Profile
    deployed_within: timedelta = timedelta(minutes=15)

    @property
    def store(self) -> InAppConfig:
        return InAppConfig(profile=self.profile, deployed_within=self.deployed_within)

    @property
    def about(self) -> SettingOf:
        return SettingOf(profile=self.profile.profile, key=self.key)

    @property
    def lock(self) -> str:
        return f"appconfig:{self.profile.profile}"


def _is_conflict(error: ClientError | BotoCoreError) -> bool:
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") == "ConflictException"
