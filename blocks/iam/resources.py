"""Which resources an action of AWS can be narrowed to, and what actions are called where IAM and the API differ.

Data for `blocks.iam.policy`. From AWS's service authorization reference. An action that is not here is an error, and
never granted on everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_CONFIG: Final = "arn:aws:appconfig:{region}:{account}:application/{config_application}"
_PLACE, _PROFILE = "environment/{config_environment}", "configurationprofile/{config_profile}"

RESOURCES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    # Alarms are listed by prefix, and IAM checks that against all alarms; they are changed by name.
    (r"cloudwatch:Describe(Alarms|AlarmHistory)", ("arn:aws:cloudwatch:{region}:{account}:alarm:*",)),
    (
        r"cloudwatch:(PutMetricAlarm|DeleteAlarms|SetAlarmState)",
        ("arn:aws:cloudwatch:{region}:{account}:alarm:{alarm}",),
    ),
    (
        r"logs:(FilterLogEvents|StartQuery|DescribeMetricFilters|PutMetricFilter|DeleteMetricFilter)",
        ("arn:aws:logs:{region}:{account}:log-group:{log_group}:*",),
    ),
    (r"sns:ListSubscriptionsByTopic", ("{topic_arn}",)),
    # All instances are listed, to see whether another one shares the parameter group.
    (r"rds:DescribeDBInstances", ("arn:aws:rds:{region}:{account}:db:*",)),
    (r"rds:RebootDBInstance", ("arn:aws:rds:{region}:{account}:db:{db_instance}",)),
    (
        r"rds:(DescribeDBParameters|ModifyDBParameterGroup|ResetDBParameterGroup)",
        ("arn:aws:rds:{region}:{account}:pg:{parameter_group}",),
    ),
    (
        r"ecs:(DescribeServices|UpdateService|ListServiceDeployments)",
        ("arn:aws:ecs:{region}:{account}:service/{ecs_cluster}/*",),
    ),
    (r"ecs:DescribeServiceRevisions", ("arn:aws:ecs:{region}:{account}:service-revision/{ecs_cluster}/*",)),
    (r"ecs:(DescribeTasks|StopTask)", ("arn:aws:ecs:{region}:{account}:task/{ecs_cluster}/*",)),
    # By which id a queue is mapped to a function is read, so it is not known before.
    (r"lambda:(Get|Update)EventSourceMapping", ("arn:aws:lambda:{region}:{account}:event-source-mapping:*",)),
    (r"sqs:(?!ListQueues)\w+", ("arn:aws:sqs:{region}:{account}:{queue}",)),
    (
        r"lambda:UpdateAlias",
        (
            "arn:aws:lambda:{region}:{account}:function:{function}",
            "arn:aws:lambda:{region}:{account}:function:{alias}",
        ),
    ),
    (
        r"lambda:(PublishVersion|UpdateFunctionConfiguration|Put\w+Concurrency\w*|Delete\w+Concurrency\w*)",
        (
            "arn:aws:lambda:{region}:{account}:function:{tuned_function}",
            "arn:aws:lambda:{region}:{account}:function:{tuned_function}:*",
        ),
    ),
    (
        r"lambda:(?!(GetAccountSettings|List(?!VersionsByFunction)))\w+",
        (
            "arn:aws:lambda:{region}:{account}:function:{function}",
            "arn:aws:lambda:{region}:{account}:function:{function}:*",
        ),
    ),
    (r"cognito-idp:(?!List)\w+", ("arn:aws:cognito-idp:{region}:{account}:userpool/{user_pool}",)),
    (r"s3:(Get|Put|Delete)Object", ("arn:aws:s3:::{bucket}/*",)),
    (r"s3:(?!ListAllMyBuckets)\w+", ("arn:aws:s3:::{bucket}",)),
    # The roles that tasks run under; they are passed on to a new revision of a task definition.
    (r"iam:PassRole", ("arn:aws:iam::{account}:role/{task_role}",)),
    # Whether our own two roles are still as generated is looked at as well.
    (r"iam:GetRolePolicy", ("{own_role_arn}",)),
    (
        r"iam:(GetRole|ListRolePolicies|ListAttachedRolePolicies)",
        ("arn:aws:iam::{account}:role/{role?}", "{own_role_arn}"),
    ),
    (r"iam:GetPolicy(Version)?", ("arn:aws:iam::{account}:policy/*", "arn:aws:iam::aws:policy/*")),
    (r"iam:(?!List(Roles|Policies)$)\w+", ("arn:aws:iam::{account}:role/{role}",)),
    (
        r"ssm:(GetParameterHistory|PutParameter)",
        ("arn:aws:ssm:{region}:{account}:parameter/{parameter}",),
    ),
    (
        r"appconfig:(CreateHostedConfigurationVersion|GetHostedConfigurationVersion)",
        (_CONFIG, f"{_CONFIG}/{_PROFILE}", f"{_CONFIG}/{_PROFILE}/hostedconfigurationversion/*"),
    ),
    (
        r"appconfig:(ListDeployments|GetDeployment)",
        (_CONFIG, f"{_CONFIG}/{_PLACE}", f"{_CONFIG}/{_PLACE}/deployment/*"),
    ),
    (
        r"appconfig:StartDeployment",
        (
            _CONFIG,
            f"{_CONFIG}/{_PLACE}",
            f"{_CONFIG}/{_PROFILE}",
            "arn:aws:appconfig:{region}:{account}:deploymentstrategy/{config_strategy}",
        ),
    ),
    # Which key a bucket or a secret uses is read from it, so its name is not known before.
    (r"kms:DescribeKey", ("arn:aws:kms:{region}:{account}:key/*",)),
    (
        r"bedrock:(GetFoundationModel|GetFoundationModelAvailability|InvokeModel)",
        ("arn:aws:bedrock:{region}::foundation-model/{model}",),
    ),
)
"""By pattern of the action, the first that matches; placeholders are kinds of names that an environment gives.

A kind with a question mark is left out where the environment names none, since the other resources remain.
"""

EVERYWHERE: Final = frozenset(
    {
        "apigateway:GET",
        "application-autoscaling:DescribeScalableTargets",
        "cloudtrail:LookupEvents",
        "cloudwatch:GetMetricData",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "ecs:DescribeTaskDefinition",
        "ecs:ListTasks",
        "ecs:RegisterTaskDefinition",
        "lambda:GetAccountSettings",
        "lambda:ListEventSourceMappings",
        "logs:DescribeLogGroups",
        "logs:GetQueryResults",
        "logs:StopQuery",
    }
)
"""Actions that IAM narrows to no resource, or to none that is known before. Only these are granted on `*`."""

GLOBAL: Final = frozenset({"iam", "sts", "s3"})
"""Services whose calls carry no region that a condition could ask for, or another than the caller's."""

CALLED: Final[Mapping[str, str | None]] = {
    "s3:ListBucket": "ListObjectsV2",
    "s3:GetEncryptionConfiguration": "GetBucketEncryption",
    "s3:PutEncryptionConfiguration": "PutBucketEncryption",
    "s3:GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "s3:PutBucketPublicAccessBlock": "PutPublicAccessBlock",
    "apigateway:GET": "GetRestApis",
    "iam:PassRole": None,
}
"""Actions whose operation in the API has another name; `None` for rights that no call of ours asks for by name."""

ALSO_CALLED: Final[Mapping[str, str]] = {"states": "stepfunctions", "ses": "sesv2", "servicequotas": "service-quotas"}
"""Services that boto3 calls by another name than IAM."""


SERVICES: Final = frozenset(pattern.partition(":")[0] for pattern, _ in RESOURCES) | {
    action.partition(":")[0] for action in EVERYWHERE
}
"""The services whose actions are known here."""


def resources_of(action: str) -> tuple[str, ...]:
    """What an action can be narrowed to, as templates; `*` alone for one of `EVERYWHERE`.

    Raises `LookupError` for an action that is in neither: it must be looked up and entered, never widened.
    """
    if action in EVERYWHERE:
        return ("*",)
    found = next((resources for pattern, resources in RESOURCES if re.fullmatch(pattern, action)), None)
    if found is None:
        raise LookupError(f"It is not known what {action} can be narrowed to; enter it in blocks.iam.resources.")
    return found
