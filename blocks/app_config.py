"""A profile of AppConfig: which of its settings may be set, within which bounds, and who answers for them.

It is kept in an account, whose two roles read and change it; see `tasks/appconfig`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from blocks.aws import Aws
from blocks.permissions import Names
from blocks.switchboard import Allowed
from runbook import NotSafe


class AllowedSetting(Allowed):
    """One setting that may be set, and where it stands in the profile's JSON."""

    at: tuple[str, ...] = Field(
        min_length=1, description="Keys on the way to it; of a feature flag: values, its key, enabled."
    )


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A hosted profile of JSON, in one environment of its application. `strategy` is how it is deployed."""

    aws: Aws
    application: str
    environment: str
    profile: str
    may_be_set: Sequence[AllowedSetting]
    strategy: str = "AppConfig.AllAtOnce"

    def allowed(self, key: str) -> AllowedSetting:
        """What the owner of a setting allows. Raises `NotSafe` for one that the environment does not name."""
        found = next((one for one in self.may_be_set if one.key == key), None)
        if found is None:
            raise NotSafe(f"The environment does not name {key} among the settings that may be set; ask its owner.")
        return found

    def resources(self) -> Names:
        """What the permissions of looks and changes are narrowed to; an environment gives these in its own."""
        return {
            "config_application": (self.application,),
            "config_environment": (self.environment,),
            "config_profile": (self.profile,),
            "config_strategy": (self.strategy,),
        }

    def arns(self) -> list[str]:
        """What a change touches."""
        application = f"application/{self.application}"
        touched = (
            application,
            f"{application}/environment/{self.environment}",
            f"{application}/configurationprofile/{self.profile}",
            f"deploymentstrategy/{self.strategy}",
        )
        return [self.aws.arn("appconfig", one) for one in touched]
