"""Settings in AppConfig on the stand-in for AWS: a version saved and deployed, and another one put back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from blocks.app_config import AllowedSetting
from blocks.notifier import Notifier
from blocks.permissions import Needs
from blocks.switchboard import Switchboard
from deployments.permissions import granted
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent, Temporary
from sandbox.aws import Aws as Standing
from tasks.appconfig.change import SetSetting
from tasks.appconfig.profile import read_setting
from tests.tasks.account import seen_by
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.typing.kiosk import CAMPAIGN, Kiosk

HOUR = timedelta(hours=1)
CALLS, MODE = "calls", "mode"
OWNERS = [
    AllowedSetting(key=CAMPAIGN, owner="the kiosk's team", at=("values", "campaign", "enabled")),
    AllowedSetting(key=CALLS, owner="the kiosk's team", at=("calls",), least=1, most=40),
    AllowedSetting(key=MODE, owner="the kiosk's team", at=("mode",), one_of=("fast", "steady")),
]
USUAL = {"values": {"campaign": {"enabled": True}}, "calls": 20, "mode": "fast", "more": [1.5, None, "Ä"]}


@dataclass(frozen=True, kw_only=True)
class Owner:
    """AppConfig as the owner has it: an application, an environment and a profile."""

    client: Any
    application: str
    environment: str
    profile: str

    def save(self, content: bytes) -> int:
        of = {"ApplicationId": self.application, "ConfigurationProfileId": self.profile}
        made = self.client.create_hosted_configuration_version(Content=content, ContentType="application/json", **of)
        return int(made["VersionNumber"])

    def deploy(self, content: dict[str, Any] | bytes, profile: str | None = None) -> None:
        version = self.save(content if isinstance(content, bytes) else json.dumps(content).encode())
        self.client.start_deployment(
            ApplicationId=self.application,
            EnvironmentId=self.environment,
            DeploymentStrategyId="AppConfig.AllAtOnce",
            ConfigurationProfileId=profile or self.profile,
            ConfigurationVersion=str(version),
        )

    def deployed(self) -> dict[str, Any]:
        of = {"ApplicationId": self.application, "EnvironmentId": self.environment}
        newest = self.client.list_deployments(**of)["Items"][0]
        found = self.client.get_hosted_configuration_version(
            ApplicationId=self.application,
            ConfigurationProfileId=self.profile,
            VersionNumber=int(newest["ConfigurationVersion"]),
        )
        return json.loads(found["Content"].read())


@pytest.fixture
def owner(account: Standing) -> Owner:
    """An application of its own for each test, with one version deployed."""
    client: Any = account.facts.client("appconfig")
    application = client.create_application(Name="kiosk")["Id"]
    environment = client.create_environment(ApplicationId=application, Name="prod")["Id"]
    profile = client.create_configuration_profile(ApplicationId=application, Name="features", LocationUri="hosted")
    made = Owner(client=client, application=application, environment=environment, profile=profile["Id"])
    made.deploy(USUAL)
    return made


@pytest.fixture
def env(account: Standing, owner: Owner) -> Kiosk:
    """What we have, and what `guarded` judges guardrails in."""
    return kiosk(account, owner, account.facts.reading_role)


def kiosk(account: Standing, owner: Owner, reading_role: str) -> Kiosk:
    return Kiosk(
        notifier=Notifier(),
        switchboard=Switchboard.placeholder(),
        aws=seen_by(account.facts, reading_role),
        application=owner.application,
        stage=owner.environment,
        features=owner.profile,
        flags=OWNERS,
    )


def campaign(env: Kiosk, **other: Any) -> SetSetting:
    return SetSetting(**{"profile": env.profile, "key": CAMPAIGN, "to": False, "expires_after": HOUR, **other})


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"key": "other"}, "does not name other"),
        ({"to": 0}, "may be true or false"),
        ({"key": CALLS, "to": 41}, "may be 1 to 40"),
        ({"key": MODE, "to": "slow"}, "may be one of fast, steady"),
        ({"expires_after": timedelta(days=2)}, "may be set for 1 s to 86400 s"),
    ],
)
def test_what_the_environment_does_not_allow_is_refused(env: Kiosk, other: dict[str, Any], why: str) -> None:
    with pytest.raises(NotSafe, match=why):
        campaign(env, **other).plan()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"enabled = true", "is no JSON"),
        (b'{"calls": 20, "calls": 21}', "is no JSON that could be saved again as it is"),
        (b'{"calls": 20, "more": NaN}', "is no JSON that could be saved again as it is"),
        (b'{"calls": 20, "more": 1e999}', "is no JSON that could be saved again as it is"),
        (b"[]", "is JSON and no object"),
        (b"{}", "holds no bool"),
        (b'{"values": {"campaign": {"enabled": 1}}}', "holds no bool"),
        (b'{"values": {"campaign": true}}', "holds no bool"),
    ],
)
def test_what_is_not_understood_is_no_value(env: Kiosk, owner: Owner, content: bytes, why: str) -> None:
    owner.deploy(content)
    with pytest.raises(Permanent, match=why):
        read_setting(env.profile, CAMPAIGN)


def test_where_nothing_is_deployed_nothing_is_off(env: Kiosk, owner: Owner) -> None:
    empty = owner.client.create_environment(ApplicationId=owner.application, Name="new")["Id"]
    with pytest.raises(Permanent, match=r"Nothing of .* is deployed"):
        read_setting(replace(env.profile, environment=empty), CAMPAIGN)


@pytest.mark.case(SetSetting, NEEDED, UNDO, GUARDRAIL)
def test_a_setting_is_deployed_for_a_while_and_put_back(env: Kiosk, owner: Owner, guarded: Guarded) -> None:
    change = campaign(env)
    plan = planned(change)
    guarded(plan)
    (target,) = plan.targets
    assert (target.before, target.after) == ("true", "false for 1 h")
    assert change.landed(plan)[0] is Answer.NO
    outcome = change.apply(plan, WARRANT)
    assert outcome.ok, outcome.note
    assert owner.deployed() == {**USUAL, "values": {"campaign": {"enabled": False}}}
    seen = read_setting(env.profile, CAMPAIGN)
    assert (seen.is_set, seen.value, seen.lasting, seen.changed_by) == (True, False, True, "INC-TEST")
    assert change.landed(plan)[0] is Answer.YES
    assert change.undone(plan)[0] is Answer.NO
    assert change.undo(plan, WARRANT).ok
    assert owner.deployed() == USUAL
    assert change.undone(plan)[0] is Answer.YES
    assert not read_setting(env.profile, CAMPAIGN).is_set
    assert change.undo(plan, WARRANT).ok


@pytest.mark.case(SetSetting, NOT_NEEDED)
def test_a_setting_that_is_so_already_needs_nothing(env: Kiosk) -> None:
    assert isinstance(campaign(env, to=True).plan(), NotNeeded)


def test_while_one_setting_of_a_profile_is_set_no_other_is(env: Kiosk) -> None:
    change = campaign(env)
    change.apply(planned(change), WARRANT)
    with pytest.raises(NotSafe, match=f"INC-TEST has set {CAMPAIGN} in the same profile"):
        campaign(env, key=CALLS, to=4).plan()
    with pytest.raises(NotSafe, match="is false for a while, then true"):
        campaign(env, to=True).plan()


@pytest.mark.case(SetSetting, DRIFTED)
def test_a_profile_that_was_deployed_since_the_approval_is_left_alone(env: Kiosk, owner: Owner) -> None:
    change = campaign(env)
    plan = planned(change)
    owner.deploy({**USUAL, "calls": 30})
    with pytest.raises(Drifted, match="nothing was set"):
        change.apply(plan, WARRANT)
    assert owner.deployed() == {**USUAL, "calls": 30}
    assert change.landed(plan)[0] is Answer.NO


def test_a_version_that_somebody_has_saved_and_not_deployed_is_not_passed_over(env: Kiosk, owner: Owner) -> None:
    change = campaign(env)
    plan = planned(change)
    owner.save(b"{}")
    with pytest.raises(Drifted, match="has saved a newer version"):
        change.apply(plan, WARRANT)
    assert owner.deployed() == USUAL


def test_what_we_saved_before_an_interruption_is_deployed_then(env: Kiosk, owner: Owner) -> None:
    change = campaign(env)
    plan = planned(change)
    owner.client.create_hosted_configuration_version(
        ApplicationId=owner.application,
        ConfigurationProfileId=owner.profile,
        Description=f"codeblue INC-TEST sets {CAMPAIGN}",
        Content=json.dumps({**USUAL, "values": {"campaign": {"enabled": False}}}).encode(),
        ContentType="application/json",
    )
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert read_setting(env.profile, CAMPAIGN).version == 2


@pytest.mark.case(SetSetting, UNKNOWN)
def test_what_became_of_it_cannot_be_told_when_others_followed_or_nobody_may_look(
    env: Kiosk, owner: Owner, account: Standing
) -> None:
    change = campaign(env)
    plan = planned(change)
    for calls in (30, 31):
        owner.deploy({**USUAL, "calls": calls})
    assert change.landed(plan)[0] is Answer.UNKNOWN
    with pytest.raises(Permanent, match="grant the generated policy"):
        replace(change, profile=kiosk(account, owner, account.facts.blind_role).profile).landed(plan)


def test_putting_back_overwrites_nobody(env: Kiosk, owner: Owner) -> None:
    change = campaign(env)
    plan = planned(change)
    change.apply(plan, WARRANT)
    owner.deploy({**USUAL, "calls": 30})
    outcome = change.undo(plan, WARRANT)
    assert not outcome.ok
    assert "which somebody else decided" in outcome.note
    assert owner.deployed() == {**USUAL, "calls": 30}


def test_while_a_deployment_is_under_way_nobody_can_say_what_clients_have(env: Kiosk, account: Standing) -> None:
    change = campaign(env, deployed_within=timedelta(0))
    plan = planned(change)
    account.set_conditions({"deployments_hang": True})
    try:
        with pytest.raises(Temporary, match="is under way"):
            change.apply(plan, WARRANT)
    finally:
        account.set_conditions({"deployments_hang": None})
    with pytest.raises(Temporary, match="is under way"):
        change.landed(plan)


def test_the_roles_are_granted_this_profile_and_no_other(env: Kiosk) -> None:
    needs = Needs(reading=frozenset(SetSetting.reads), changing=frozenset(SetSetting.permissions))
    for found in granted(needs, env).connections["aws"]:
        assert isinstance(found.document, dict)
        for statement in found.document["Statement"]:
            assert statement["Resource"][0].endswith(f":application/{env.application}")
            assert all(f"application/{env.application}" in one or "strategy/" in one for one in statement["Resource"])
