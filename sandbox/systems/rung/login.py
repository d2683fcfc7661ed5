"""The user pool as an administrator sees and changes it: for faults, and for what a drill's person does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from journal import clock
from sandbox.aws import AwsFacts
from sandbox.systems.rung import people
from sandbox.systems.rung.api_faults import roll_back
from sandbox.turns import turn_seconds

ADDONS = {"AdvancedSecurityMode": "AUDIT"}
POLICY = {"PasswordPolicy": {"MinimumLength": 12, "TemporaryPasswordValidityDays": 7}}
APP = {"Enabled": True, "PreferredMfa": True}


class Login:
    """An administrator at the pool."""

    def __init__(self, facts: AwsFacts) -> None:
        self._facts = facts
        self._cognito: Any = facts.client("cognito-idp")

    def user(self, verb: str, sub: str = people.ADA.sub, **more: Any) -> Mapping[str, Any]:
        """A call about one user, such as `admin_disable_user`."""
        return getattr(self._cognito, verb)(UserPoolId=people.POOL, Username=sub, **more)

    def call_trigger(self, qualifier: str) -> None:
        """Let the pool call the function that it asks before anybody signs in by an alias or a version."""
        function = f"arn:aws:lambda:{self._facts.region}:{self._facts.account_id}:function:{people.TRIGGER}:{qualifier}"
        self._cognito.update_user_pool(
            UserPoolId=people.POOL,
            LambdaConfig={"PreAuthentication": function},
            UserPoolAddOns=ADDONS,
            Policies=POLICY,
        )

    def allow(self, *flows: str) -> None:
        """Let the app client sign in by these flows and no others."""
        self._cognito.update_user_pool_client(
            UserPoolId=people.POOL, ClientId=people.CLIENT, ClientName="rung-web", ExplicitAuthFlows=list(flows)
        )

    def take_codes(self, *, yes: bool) -> None:
        """Let the pool take codes of authenticator apps, or not."""
        self._cognito.set_user_pool_mfa_config(
            UserPoolId=people.POOL, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": yes}
        )

    def make_importer(self) -> None:
        """Make the app client that signs in again and again."""
        self._cognito.create_user_pool_client(UserPoolId=people.POOL, ClientName=people.IMPORTER)

    def remove_importer(self) -> None:
        """Take it away."""
        listed = self._cognito.list_user_pool_clients(UserPoolId=people.POOL, MaxResults=60)["UserPoolClients"]
        for client in listed:
            if client["ClientName"] == people.IMPORTER:
                self._cognito.delete_user_pool_client(UserPoolId=people.POOL, ClientId=client["ClientId"])

    def restore(self) -> None:
        """Put pool, app client and the user that incidents are about back to what is usual."""
        self.call_trigger(people.TRIGGER_ALIAS)
        roll_back(self._facts.client("lambda"), people.TRIGGER, people.TRIGGER_ALIAS)
        self.allow(*people.FLOWS)
        self.take_codes(yes=True)
        self.remove_importer()
        self.user("admin_enable_user")
        self.user("admin_set_user_password", Password=people.PASSWORD, Permanent=True)
        self.user("admin_set_user_mfa_preference", SoftwareTokenMfaSettings=APP)

    def keeps_out(self, sub: str = people.ADA.sub, *, tries: int = 1) -> bool:
        """Whether the newest `tries` sign-ins since the account was changed all failed, or somebody else's passed."""
        changed = self.user("admin_get_user", sub)["UserLastModifiedDate"]
        newest = self.user("admin_list_user_auth_events", sub, MaxResults=20)["AuthEvents"]
        since = [event for event in newest if event["CreationDate"] > changed]
        risky = [event for event in since if event["EventRisk"]["RiskDecision"] != "NoRisk"]
        own = [event["EventResponse"] for event in since if event not in risky][:tries]
        intruded = any(event["EventResponse"] == "Pass" for event in risky)
        return intruded or (len(own) == tries and "Pass" not in own)

    def failing(self) -> float:
        """Share of all sign-ins of the newest two turns that failed or were throttled; 0 when nobody tried."""
        cloudwatch: Any = self._facts.client("cloudwatch")
        end = clock.now().replace(microsecond=0)
        named = [
            {"Name": "UserPool", "Value": people.POOL},
            {"Name": "UserPoolClient", "Value": people.CLIENT},
        ]
        counted: dict[str, float] = {}
        for name, metric, statistic in (
            ("attempts", "SignInSuccesses", "SampleCount"),
            ("successes", "SignInSuccesses", "Sum"),
            ("throttled", "SignInThrottles", "Sum"),
        ):
            points = cloudwatch.get_metric_statistics(
                Namespace="AWS/Cognito",
                MetricName=metric,
                Dimensions=named,
                StartTime=end - timedelta(seconds=2 * turn_seconds()),
                EndTime=end,
                Period=1,
                Statistics=[statistic],
            )["Datapoints"]
            counted[name] = sum(point[statistic] for point in points)
        every = counted["attempts"] + counted["throttled"]
        return 1 - counted["successes"] / every if every else 0.0
