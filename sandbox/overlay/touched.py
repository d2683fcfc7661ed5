"""Which resources a changing call touches, as IAM names them. A call that is not here is refused to such sessions.

Used for sessions that carry a policy of their own: only changes do. From AWS's service authorization reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from blocks.iam.resources import CALLED
from sandbox.overlay.call import Call
from sandbox.overlay.stage import Stage

Names = Callable[[Mapping[str, Any]], list[str]]

IAM_NAME = {f"{action.partition(':')[0]}:{called}": action for action, called in CALLED.items() if called}
"""What IAM calls an operation whose name in the API differs."""


def _one(template: str) -> Names:
    return lambda given: [template.format_map(given)]


def _function(given: Mapping[str, Any]) -> list[str]:
    """A function by its name, with the version or alias that the call is about."""
    about = given.get("Qualifier") or given.get("Name")
    return [f"function:{given['FunctionName']}" + (f":{about}" if about else "")]


def _service(given: Mapping[str, Any]) -> list[str]:
    return [f"service/{str(given.get('cluster') or 'default').rpartition('/')[2]}/{given['service']}"]


def _configuration(given: Mapping[str, Any]) -> list[str]:
    """An application of AppConfig, and what of it a call is about."""
    application = f"application/{given['ApplicationId']}"
    about = [application, f"{application}/configurationprofile/{given['ConfigurationProfileId']}"]
    if "EnvironmentId" in given:
        about += [
            f"{application}/environment/{given['EnvironmentId']}",
            f"deploymentstrategy/{given['DeploymentStrategyId']}",
        ]
    return about


TOUCHED: Mapping[str, Names] = {
    "appconfig:CreateHostedConfigurationVersion": _configuration,
    "appconfig:StartDeployment": _configuration,
    "cloudwatch:PutMetricAlarm": _one("alarm:{AlarmName}"),
    "cloudwatch:SetAlarmState": _one("alarm:{AlarmName}"),
    "cloudwatch:DeleteAlarms": lambda given: [f"alarm:{name}" for name in given["AlarmNames"]],
    "cognito-idp:AdminDisableUser": _one("userpool/{UserPoolId}"),
    "cognito-idp:AdminEnableUser": _one("userpool/{UserPoolId}"),
    "cognito-idp:AdminResetUserPassword": _one("userpool/{UserPoolId}"),
    "cognito-idp:AdminSetUserMFAPreference": _one("userpool/{UserPoolId}"),
    "cognito-idp:AdminUserGlobalSignOut": _one("userpool/{UserPoolId}"),
    "ecs:UpdateService": _service,
    "lambda:DeleteProvisionedConcurrencyConfig": _function,
    "lambda:PublishVersion": _function,
    "lambda:PutFunctionConcurrency": _function,
    "lambda:PutProvisionedConcurrencyConfig": _function,
    "lambda:UpdateAlias": _function,
    "lambda:UpdateEventSourceMapping": _one("event-source-mapping:{UUID}"),
    "lambda:UpdateFunctionConfiguration": _function,
    "logs:DeleteMetricFilter": _one("log-group:{logGroupName}:*"),
    "logs:PutMetricFilter": _one("log-group:{logGroupName}:*"),
    "rds:ModifyDBParameterGroup": _one("pg:{DBParameterGroupName}"),
    "rds:ResetDBParameterGroup": _one("pg:{DBParameterGroupName}"),
    "rds:RebootDBInstance": _one("db:{DBInstanceIdentifier}"),
    "ssm:PutParameter": lambda given: [f"parameter/{given['Name'].lstrip('/')}"],
}
"""By operation, the last part of the ARN, within the account and region."""


def touched(call: Call, stage: Stage) -> Iterator[tuple[str, str]]:
    """IAM's action and each ARN of one call; the action on nothing where it is not known."""
    action, given = IAM_NAME.get(call.action, call.action), call.parameters
    if call.service == "s3":
        yield action, f"arn:aws:s3:::{given.get('Bucket', '')}"
    elif call.action == "ecs:RegisterTaskDefinition":
        yield action, "*"
        for role in ("taskRoleArn", "executionRoleArn"):
            if given.get(role):
                yield "iam:PassRole", str(given[role])
    elif call.action in TOUCHED:
        for name in TOUCHED[call.action](given):
            yield action, f"arn:aws:{call.service}:{call.region}:{stage.account}:{name}"
    else:
        yield action, ""
