"""Which resources an action of AWS can be narrowed to, and what actions are called where IAM and the API differ.

Data for `deployments.permissions`. From AWS's service authorization reference; an action that is not here is granted
on `*`, in the environment's region only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

OWN_ROLES: Final = ("{env.aws.reading_role}", "{env.aws.changing_role}")

RESOURCES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    # Alarms are listed by prefix, and IAM checks that against all alarms; they are changed by name.
    (r"cloudwatch:Describe(Alarms|AlarmHistory)", ("arn:aws:cloudwatch:{region}:{account}:alarm:*",)),
    (
        r"cloudwatch:(PutMetricAlarm|DeleteAlarms|SetAlarmState)",
        ("arn:aws:cloudwatch:{region}:{account}:alarm:{env.alarm_prefix}*",),
    ),
    (
        r"logs:(FilterLogEvents|StartQuery|DescribeMetricFilters|PutMetricFilter|DeleteMetricFilter)",
        (
            "arn:aws:logs:{region}:{account}:log-group:{env.logs.api}:*",
            "arn:aws:logs:{region}:{account}:log-group:{env.logs.functions}*",
            "arn:aws:logs:{region}:{account}:log-group:{env.logs.audit}:*",
            "arn:aws:logs:{region}:{account}:log-group:{env.logs.security}:*",
            "arn:aws:logs:{region}:{account}:log-group:{env.logs.n8n}:*",
        ),
    ),
    (r"sns:ListSubscriptionsByTopic", ("{env.alarm_topic}",)),
    # All instances are listed, to see whether another one shares the parameter group.
    (r"rds:DescribeDBInstances", ("arn:aws:rds:{region}:{account}:db:*",)),
    (r"rds:RebootDBInstance", ("arn:aws:rds:{region}:{account}:db:{env.db_instance}",)),
    (
        r"rds:(DescribeDBParameters|ModifyDBParameterGroup|ResetDBParameterGroup)",
        ("arn:aws:rds:{region}:{account}:pg:{env.parameter_group}",),
    ),
    (r"ecs:(DescribeServices|UpdateService)", ("arn:aws:ecs:{region}:{account}:service/{env.ecs_cluster}/*",)),
    (r"ecs:(DescribeTasks|StopTask)", ("arn:aws:ecs:{region}:{account}:task/{env.ecs_cluster}/*",)),
    (
        r"lambda:(?!(GetAccountSettings|List))\w+",
        (
            "arn:aws:lambda:{region}:{account}:function:{env.api.function}",
            "arn:aws:lambda:{region}:{account}:function:{env.api.function}:*",
        ),
    ),
    (r"cognito-idp:(?!List)\w+", ("arn:aws:cognito-idp:{region}:{account}:userpool/{env.login.pool}",)),
    (r"s3:(Get|Put|Delete)Object", ("arn:aws:s3:::{env.storage.bucket}/*",)),
    (r"s3:(?!ListAllMyBuckets)\w+", ("arn:aws:s3:::{env.storage.bucket}",)),
    # The roles that n8n's tasks run under; they are passed on to a new revision of its task definition.
    (r"iam:PassRole", ("arn:aws:iam::{account}:role/{env.workflows.service}-*",)),
    # Whether our own two roles are still as generated is looked at as well.
    (r"iam:GetRolePolicy", OWN_ROLES),
    (
        r"iam:(GetRole|ListRolePolicies|ListAttachedRolePolicies)",
        ("arn:aws:iam::{account}:role/{env.storage.role}", *OWN_ROLES),
    ),
    (r"iam:GetPolicy(Version)?", ("arn:aws:iam::{account}:policy/*", "arn:aws:iam::aws:policy/*")),
    (r"iam:(?!List(Roles|Policies)$)\w+", ("arn:aws:iam::{account}:role/{env.storage.role}",)),
    (
        r"bedrock:(GetFoundationModel|GetFoundationModelAvailability|InvokeModel)",
        (
            "arn:aws:bedrock:{region}::foundation-model/{env.models.model}",
            "arn:aws:bedrock:{region}::foundation-model/{env.models.alternate}",
        ),
    ),
)
"""By pattern of the action, the first that matches; placeholders are the environment's names."""

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


def resources_of(action: str) -> tuple[str, ...]:
    """What an action can be narrowed to, as templates; `*` alone where it cannot."""
    return next((resources for pattern, resources in RESOURCES if re.fullmatch(pattern, action)), ("*",))
