"""A change's session may touch what its plan names, and is refused everything beside it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from blocks.iam.resources import EVERYWHERE
from blocks.iam.session import session_policy
from blocks.rung import Rung
from runbook import Permanent
from runbook.change import CHANGES
from sandbox.overlay.touched import TOUCHED
from tests.tasks.cases import WARRANT

ROLE = "arn:aws:iam::111122223333:role/"
OURS, NEXT = "ours", "neighbour"

MAPPING = "00000000-0000-0000-0000-00000000{}"
CONFIGURATION = "application/{} application/{}/configurationprofile/{}"

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "appconfig:CreateHostedConfigurationVersion": (
        "create_hosted_configuration_version",
        CONFIGURATION,
        {"ApplicationId": "{}", "ConfigurationProfileId": "{}", "Content": "{{}}", "ContentType": "application/json"},
    ),
    "appconfig:StartDeployment": (
        "start_deployment",
        CONFIGURATION + " application/{}/environment/{} deploymentstrategy/{}",
        {
            "ApplicationId": "{}",
            "EnvironmentId": "{}",
            "DeploymentStrategyId": "{}",
            "ConfigurationProfileId": "{}",
            "ConfigurationVersion": "1",
        },
    ),
    "cloudwatch:PutMetricAlarm": (
        "put_metric_alarm",
        "alarm:{}",
        {"AlarmName": "{}", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"},
    ),
    "cloudwatch:SetAlarmState": (
        "set_alarm_state",
        "alarm:{}",
        {"AlarmName": "{}", "StateValue": "OK", "StateReason": "x"},
    ),
    "cloudwatch:DeleteAlarms": ("delete_alarms", "alarm:{}", {"AlarmNames": ["{}"]}),
    **{
        f"cognito-idp:{name}": (verb, "userpool/us-east-1_{}", {"UserPoolId": "us-east-1_{}", "Username": "someone"})
        for name, verb in {
            "AdminDisableUser": "admin_disable_user",
            "AdminEnableUser": "admin_enable_user",
            "AdminResetUserPassword": "admin_reset_user_password",
            "AdminSetUserMFAPreference": "admin_set_user_mfa_preference",
            "AdminUserGlobalSignOut": "admin_user_global_sign_out",
        }.items()
    },
    "ecs:UpdateService": ("update_service", "service/cluster/{}", {"cluster": "cluster", "service": "{}"}),
    "lambda:DeleteProvisionedConcurrencyConfig": (
        "delete_provisioned_concurrency_config",
        "function:{}:*",
        {"FunctionName": "{}", "Qualifier": "prod"},
    ),
    "lambda:PublishVersion": ("publish_version", "function:{}", {"FunctionName": "{}"}),
    "lambda:PutFunctionConcurrency": (
        "put_function_concurrency",
        "function:{}",
        {"FunctionName": "{}", "ReservedConcurrentExecutions": 5},
    ),
    "lambda:PutProvisionedConcurrencyConfig": (
        "put_provisioned_concurrency_config",
        "function:{}:*",
        {"FunctionName": "{}", "Qualifier": "prod", "ProvisionedConcurrentExecutions": 5},
    ),
    "lambda:UpdateAlias": ("update_alias", "function:{}:*", {"FunctionName": "{}", "Name": "prod"}),
    "lambda:UpdateEventSourceMapping": (
        "update_event_source_mapping",
        f"event-source-mapping:{MAPPING}",
        {"UUID": MAPPING, "Enabled": True},
    ),
    "lambda:UpdateFunctionConfiguration": (
        "update_function_configuration",
        "function:{}",
        {"FunctionName": "{}", "Timeout": 9},
    ),
    "logs:DeleteMetricFilter": (
        "delete_metric_filter",
        "log-group:/{}:*",
        {"logGroupName": "/{}", "filterName": "x"},
    ),
    "logs:PutMetricFilter": (
        "put_metric_filter",
        "log-group:/{}:*",
        {
            "logGroupName": "/{}",
            "filterName": "x",
            "filterPattern": "x",
            "metricTransformations": [{"metricName": "x", "metricNamespace": "x", "metricValue": "1"}],
        },
    ),
    **{
        f"rds:{name}": (
            verb,
            "pg:{}",
            {
                "DBParameterGroupName": "{}",
                "Parameters": [{"ParameterName": "max_connections", "ParameterValue": "9", "ApplyMethod": "immediate"}],
            },
        )
        for name, verb in {
            "ModifyDBParameterGroup": "modify_db_parameter_group",
            "ResetDBParameterGroup": "reset_db_parameter_group",
        }.items()
    },
    "rds:RebootDBInstance": ("reboot_db_instance", "db:{}", {"DBInstanceIdentifier": "{}"}),
    "s3:PutBucketPolicy": ("put_bucket_policy", "arn:aws:s3:::bucket-{}", {"Bucket": "bucket-{}", "Policy": "{{}}"}),
    "s3:DeleteBucketPolicy": ("delete_bucket_policy", "arn:aws:s3:::bucket-{}", {"Bucket": "bucket-{}"}),
    "ssm:PutParameter": ("put_parameter", "parameter/{}", {"Name": "/{}", "Value": "1", "Overwrite": True}),
}
"""By action: the call, the resources that the session is narrowed to, and what is sent; `{}` is a name."""


def narrowed() -> set[str]:
    """What changes need of AWS and IAM can narrow."""
    ours = (kind for kind in CHANGES.values() if kind.__module__.startswith("tasks."))
    needs = {need for kind in ours for need in kind.permissions}
    others = {
        "postgres",
        "n8n",
        "http",
        "switchboard",
        "redis",
        "google",
        "triggerdev",
    }  # these narrow by words of their own
    return {need for need in needs if need.partition(":")[0] not in others and need not in EVERYWHERE}


def filled(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return value.format(name)
    if isinstance(value, list):
        return [filled(one, name) for one in value]
    return {key: filled(one, name) for key, one in value.items()} if isinstance(value, dict) else value


def attempt(env: Rung, action: str, *, allowed: str, asked: str) -> str:
    """The error code of a call on one name in a session for another; nothing when it went through."""
    verb, resource, given = CALLS[action]
    service = action.partition(":")[0]
    named = resource.replace("{}", allowed).split()
    on = [one if one.startswith("arn:") else env.aws.arn(service, one) for one in named]
    client = env.aws.changing(service, WARRANT, (action,), on=on)
    try:
        getattr(client, verb)(**filled(given, asked))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.mark.parametrize("action", sorted(CALLS))
def test_a_change_is_refused_on_the_neighbour_of_what_was_approved(env: Rung, action: str) -> None:
    assert attempt(env, action, allowed=OURS, asked=NEXT).startswith("AccessDenied"), action


@pytest.mark.parametrize("action", sorted(set(CALLS) - {"cloudwatch:PutMetricAlarm"}))  # that one would be made
def test_the_same_call_on_its_own_resource_is_not_refused_for_that(env: Rung, action: str) -> None:
    assert not attempt(env, action, allowed=OURS, asked=OURS).startswith("AccessDenied"), action


def test_a_role_that_was_not_approved_is_not_passed_on(env: Rung) -> None:
    ecs = env.aws.changing("ecs", WARRANT, ("ecs:RegisterTaskDefinition", "iam:PassRole"), on=[f"{ROLE}ours"])
    with pytest.raises(ClientError, match=r"iam:PassRole|not authorized"):
        ecs.register_task_definition(family="x", containerDefinitions=[], taskRoleArn=f"{ROLE}neighbour")


def test_every_action_of_every_change_is_tried_against_its_neighbour() -> None:
    assert narrowed() - set(CALLS) - {"iam:PassRole"} == set()
    assert set(TOUCHED) <= set(CALLS)


def test_a_change_that_names_nothing_gets_no_session() -> None:
    with pytest.raises(Permanent, match="names no resource for rds:RebootDBInstance"):
        session_policy(["rds:RebootDBInstance"], [])


def test_only_what_cannot_be_narrowed_is_allowed_on_everything() -> None:
    found = session_policy(["ecs:RegisterTaskDefinition", "iam:PassRole"], [f"{ROLE}ours"])
    assert found["Statement"] == [
        {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": [f"{ROLE}ours"]},
        {"Effect": "Allow", "Action": ["ecs:RegisterTaskDefinition"], "Resource": "*"},
    ]
