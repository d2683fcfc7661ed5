"""Every look at AWS on raw answers: what is absent, empty, in several pages, refused or throttled, as AWS sends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.retries.standard import ThrottledRetryableChecker

from blocks.aws import TEMPORARY, Aws
from blocks.parts import RequiredFilter
from runbook import Permanent, SlowDown, Temporary
from tasks.awslambda.mapping import read_mapping
from tasks.awslambda.read import read_concurrency, read_function
from tasks.awslambda.release import read_moves, read_versions
from tasks.awslambda.served import calls_by_alias
from tasks.bedrock.read import read_models, read_quota
from tasks.cloudtrail.read import read_acts
from tasks.cloudwatch.alarms import read_alarm_history, read_alarms
from tasks.cloudwatch.noise import _values
from tasks.cloudwatch.read import Metric, read_metrics
from tasks.cognito.account import read_account
from tasks.cognito.read import Pool, read_client, read_pool
from tasks.ec2.read import read_endpoints
from tasks.ecs.containers import read_containers
from tasks.ecs.read import read_number, read_services
from tasks.ecs.releases import read_deployments
from tasks.iam.read import read_role
from tasks.logs.insights import read_reports
from tasks.logs.metric_filters import read_metric_filters
from tasks.logs.read import Kind, read_events
from tasks.n8n.read import to_workflow
from tasks.rds.read import parameter, read_connections, read_instance, users_of
from tasks.s3.read import read_bucket
from tasks.sns.read import read_subscribers
from tasks.sqs.read import read_queue
from tests.tasks.raw import RAW, answering

AWS_S = sorted(file for file in RAW.glob("*.json") if file.stem not in {"n8n", "statuspage"})
HOUR, LONG_AGO = timedelta(hours=1), timedelta(days=20_000)
MODEL = "anthropic.claude-3-5-sonnet-20240620-v1:0"
SUB = "5a8f1c2e-77b1-4d1e-9f0a-1d2c3b4a5968"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
ERRORS, THROTTLES = (
    Metric(name=name.lower(), namespace="AWS/Lambda", metric=name, statistic="Sum") for name in ("Errors", "Throttles")
)
POOL = Pool(
    pool="us-east-1_EXAMPLE",
    mfa="OPTIONAL",
    codes=True,
    watches=True,
    triggers={},
    temporary_for=timedelta(days=7),
    changed=datetime(2023, 5, 1, tzinfo=UTC),
    users=11,
)

Look = Callable[[Aws], Any]
metrics = partial(read_metrics, metrics=(ERRORS, THROTTLES), window=HOUR, period=timedelta(minutes=1))
events = partial(
    read_events, group="/rung/api", pattern="", window=HOUR, kinds=(Kind(name="throttled", pattern="Too many"),)
)
reports = partial(read_reports, group="/aws/lambda/f", window=HOUR)
services = partial(read_services, cluster="default", names=("ecs-simple-service",))
containers = partial(read_containers, cluster="default", name="ecs-simple-service", window=LONG_AGO)
function = partial(read_function, function="my-function", alias="BLUE")
concurrency = partial(read_concurrency, function="my-function", alias="BLUE")
mapping = partial(read_mapping, function="my-function", queue="mySQSqueue")
queue = partial(read_queue, queue="MyQueue", late_after=timedelta(minutes=3), window=HOUR, period=timedelta(minutes=1))
deployments = partial(read_deployments, cluster="default", service="ecs-simple-service", window=LONG_AGO)
versions = partial(read_versions, function="my-function", window=LONG_AGO)
moves = partial(read_moves, function="my-function", alias="BLUE", window=LONG_AGO)
acts = partial(read_acts, name="UpdateAlias20150331", window=LONG_AGO)
instance = partial(read_instance, identifier="rung-prod")
pool = partial(read_pool, pool="us-east-1_EXAMPLE")
account = partial(read_account, pool=POOL, user=SUB)
bucket = partial(read_bucket, bucket="memos", role="api", vpc="vpc-1")
models = partial(read_models, used=MODEL, alternate=MODEL)
role = partial(read_role, role="api", actions=("s3:GetObject", "s3:PutObject"), resource="arn:aws:s3:::memos/any")
subscribers = partial(read_subscribers, topic=TOPIC)
endpoints = partial(read_endpoints, vpc="vpc-1", services=("s3", "bedrock-runtime"))


def seen(look: Look, service: str, name: str) -> Any:
    """What a look makes of a recorded case, all of which it must have asked for."""
    with answering((service, name)) as (aws, answers):
        found = look(aws)
    assert not answers.left, [one["operation"] for one in answers.left]
    return found


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# -- refused and throttled --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "look"),
    [
        ("cloudwatch", metrics),
        ("logs", events),
        ("ecs", services),
        ("lambda", function),
        ("rds", instance),
        ("cognito", account),
        ("s3", bucket),
        ("bedrock", models),
        ("iam", role),
        ("sns", subscribers),
        ("sqs", queue),
        ("ec2", endpoints),
        ("cloudtrail", acts),
    ],
)
def test_a_side_that_is_asked_too_often_says_slow_down(service: str, look: Look) -> None:
    with answering((service, "throttled")) as (aws, _), pytest.raises(SlowDown, match="asks to slow down"):
        look(aws)


@pytest.mark.parametrize(
    ("service", "look"), [("cloudwatch", metrics), ("ec2", endpoints), ("s3", bucket), ("lambda", function)]
)
def test_an_error_of_its_own_is_tried_again(service: str, look: Look) -> None:
    with answering((service, "own_error")) as (aws, _), pytest.raises(Temporary, match="an error of its own") as said:
        look(aws)
    assert not isinstance(said.value, SlowDown)


WATCHED = {"AlarmName": "a", "Namespace": "n", "MetricName": "m", "Period": 60, "Statistic": "Sum"}


@pytest.mark.parametrize(
    "look",
    [
        metrics,
        partial(read_connections, identifier="rung-prod"),
        partial(calls_by_alias, function="f", alias="live", window=timedelta(hours=1)),
        partial(_values, found=WATCHED, period=timedelta(minutes=1), count=5),
    ],
)
def test_what_cloudwatch_told_in_part_is_unknown_and_neither_nothing_nor_zero(look: Look) -> None:
    with (
        answering(("cloudwatch", "in_part")) as (aws, _),
        pytest.raises(Temporary, match="only a part of what"),
    ):
        look(aws)


def test_every_word_that_aws_has_for_too_many_calls_is_known() -> None:
    """By the models of all services that we ask, and by the SDK's own list, without what a queue or a table says."""
    words = {"Throttl", "TooManyRequests", "SlowDown", "RequestLimit"}
    session = boto3.Session()
    asked = {model for file in AWS_S for model in MODELS.get(file.stem, (file.stem,))}
    codes = {
        shape.error_code
        for service in asked
        for shape in session.client(service, region_name="eu-central-1").meta.service_model.error_shapes
    }
    codes |= {*ThrottledRetryableChecker._THROTTLED_ERROR_CODES}
    said = {code for code in codes if any(word in code for word in words)}
    assert len(said) > 8
    # Of an encrypted topic or queue, which no look publishes to or receives from.
    assert said - {"KMSThrottling", "KmsThrottled"} <= TEMPORARY


@pytest.mark.parametrize(
    ("service", "name", "look", "why"),
    [
        ("cloudwatch", "no_values", metrics, "that is unknown"),
        ("cloudwatch", "nothing", metrics, "that is unknown"),
        ("cloudwatch", "no_values", partial(read_connections, identifier="rung-prod"), "that is unknown"),
        ("logs", "no_group", events, "does not exist"),
        ("logs", "denied", events, "grant the generated policy"),
        ("logs", "query_failed", reports, "ended as Failed"),
        ("logs", "too_many_queries", reports, "LimitExceededException"),
        ("ecs", "missing", services, "has no service ecs-simple-service"),
        ("ecs", "missing", containers, "has no active service"),
        ("ecs", "inactive", containers, "has no active service"),
        ("ecs", "no_cluster", services, "Cluster not found"),
        ("ecs", "definition", partial(read_number, definition="hello_world:6", variable="NOWHERE"), "NOWHERE"),
        ("ecs", "no_service", deployments, "Service not found"),
        ("lambda", "gone", function, "Cannot find alias"),
        ("lambda", "no_function", versions, "Function not found"),
        ("cloudtrail", "denied", moves, "does not allow us to look up who called UpdateAlias20150331"),
        ("rds", "gone", instance, "not found"),
        ("cognito", "no_user", account, "does not exist"),
        ("s3", "denied", bucket, "does not allow"),
        ("s3", "gone", bucket, "There is no bucket"),
        ("bedrock", "no_quota", partial(read_quota, model=MODEL), "Service Quotas console"),
        ("iam", "gone", role, "cannot be found"),
        ("iam", "short", role, "did not answer for every action"),
        ("iam", "unknowable", role, "aws:SourceVpc"),
        ("lambda", "no_mapping", mapping, "0 mappings feed"),
        ("lambda", "mapping_short", mapping, "gave no State"),
        ("sqs", "gone", queue, "does not exist"),
        ("sqs", "short", queue, "gave no ApproximateNumberOfMessagesNotVisible"),
        ("sqs", "nothing", queue, "that is unknown"),
        ("sqs", "asleep", queue, "that is unknown"),
        ("sns", "gone", subscribers, "does not exist"),
    ],
)
def test_what_cannot_be_seen_is_unknown_and_says_why(service: str, name: str, look: Look, why: str) -> None:
    with answering((service, name)) as (aws, _), pytest.raises(Permanent, match=why):
        look(aws)


# -- CloudWatch -------------------------------------------------------------------------------------------------------


def test_a_series_in_two_pages_is_one_and_an_empty_one_is_absent() -> None:
    with answering(("cloudwatch", "metrics")) as (aws, answers):
        found = metrics(aws)
    assert found.series["errors"].values == (1, 2, 4)
    assert found.series["errors"].at == (at(1700000000), at(1700000060), at(1700000120))
    assert not found.has("throttles")
    assert [given.get("NextToken") for _, given in answers.asked] == [None, "page-2"]


def test_alarms_of_every_kind_are_read() -> None:
    found = seen(partial(read_alarms, prefix="rung"), "cloudwatch", "alarms")
    errors, maths, all_of = (found.alarms[name] for name in ("rung-api-errors", "rung-maths", "rung-all"))
    assert errors.watches == "AWS/ApiGateway 5XXError ApiName=rung Stage=prod"
    assert (errors.state, errors.since, errors.reaches) == ("ALARM", at(1700000100.25), True)
    assert (maths.since, maths.tells, maths.watches, maths.reaches) == (at(1700000001), (), "", False)
    assert (all_of.tells_ok, all_of.reaches) == ((TOPIC,), False)
    assert found.in_state("INSUFFICIENT_DATA") == ("rung-maths",)


def test_no_alarm_is_none() -> None:
    assert seen(partial(read_alarms, prefix="rung"), "cloudwatch", "no_alarms").alarms == {}


def test_a_history_is_counted_over_its_pages() -> None:
    found = seen(partial(read_alarm_history, window=LONG_AGO), "cloudwatch", "history")
    assert (found.went_off, found.told, found.failed, found.complete) == (1, 1, 1, True)
    assert (found.last_told, found.last_failed) == (at(1700000101), at(1700000050))


# -- CloudWatch Logs --------------------------------------------------------------------------------------------------


def test_an_empty_page_is_not_the_end_of_a_log() -> None:
    with answering(("logs", "events")) as (aws, answers):
        found = events(aws)
    assert (found.total, found.kinds, found.complete) == (2, {"throttled": 1}, True)
    assert found.last == at(1396035378.989)
    assert [given.get("nextToken") for _, given in answers.asked] == [None, "t1", "t2"]


def test_figures_of_a_query_are_text_and_what_has_no_value_is_left_out() -> None:
    found = seen(reports, "logs", "reports")
    assert (found.requests, found.cold, found.timed_out, found.memory) == (28, 0, 2, 0.4375)
    assert found.p95 == timedelta(milliseconds=1350.4921)
    assert (found.init, found.begin) == (None, timedelta(0))


def test_a_query_without_rows_saw_nothing() -> None:
    found = seen(reports, "logs", "no_reports")
    assert found.requests == 0
    with pytest.raises(LookupError, match="only 0 requests of /aws/lambda/f"):
        _ = found.cold_share


def test_a_query_that_nobody_waits_for_is_stopped() -> None:
    with answering(("logs", "reports")) as (aws, answers), pytest.raises(Temporary, match="it was stopped"):
        reports(aws, within=timedelta(0))
    assert answers.asked[-1][0] == "StopQuery"


def test_filters_are_found_on_every_page() -> None:
    required = tuple(
        RequiredFilter(name=name, group="/rung/api", pattern="ERROR") for name in ("ApiErrors", "ApiSlow", "ApiGone")
    )
    found = seen(partial(read_metric_filters, required=required), "logs", "filters")
    assert (found.missing, found.altered, found.groups_missing) == (("ApiGone",), ("ApiSlow",), ())
    assert seen(partial(read_metric_filters, required=required), "logs", "no_filters").missing == tuple(
        one.name for one in required
    )


# -- ECS and Lambda ---------------------------------------------------------------------------------------------------


def test_services_are_read() -> None:
    one = seen(services, "ecs", "services").services["ecs-simple-service"]
    assert (one.running, one.desired, one.definition.rpartition("/")[2]) == (0, 1, "hello_world:6")


def test_why_tasks_ended_is_read_also_where_nothing_is_said_of_their_end() -> None:
    found = seen(containers, "ecs", "containers")
    assert found.ended == {"out of memory": 1, "failed to start": 1, "replaced": 1}
    assert (found.last_ended, found.unable, found.memory) == ("failed to start", 1, 800)
    assert (found.rollout.state, found.rollout.since, found.rolling) == ("completed", at(1472487952.13), False)
    assert str(found.release) == "deployment hello_world:6 of ecs-simple-service at 2016-08-29 16:25:52 UTC (ECS)"


def test_a_service_of_which_no_task_ended() -> None:
    found = seen(containers, "ecs", "none_ended")
    assert (found.ended, found.last_ended) == ({}, None)


def test_a_number_of_a_definition_is_read_and_nothing_else() -> None:
    assert seen(partial(read_number, definition="hello_world:6", variable="POOL_SIZE"), "ecs", "definition") == 20


def test_a_function_is_read_as_its_alias_gives_it() -> None:
    found = seen(function, "lambda", "function")
    assert (found.version, found.memory_mb, found.timeout, found.shifting) == ("3", 256, timedelta(seconds=15), False)
    assert found.published == datetime(2020, 4, 10, 19, 6, 32, 563_000, tzinfo=UTC)
    assert "inbound" not in found.model_dump_json()
    assert str(found.release) == "version 3 of my-function:BLUE at 2020-04-10 19:06:32 UTC (Lambda)"
    assert seen(function, "lambda", "shifting").shifting


def test_concurrency_is_read_where_there_is_some_and_where_there_is_none() -> None:
    found = seen(concurrency, "lambda", "concurrency")
    assert (found.provisioned, found.ready, found.status, found.reserved) == (100, 60, "IN_PROGRESS", 250)
    bare = seen(concurrency, "lambda", "no_concurrency")
    assert (bare.provisioned, bare.ready, bare.status, bare.reserved, bare.unreserved) == (0, 0, "none", None, 750)


def test_what_feeds_a_function_is_read_with_its_bound_and_while_it_changes() -> None:
    found = seen(mapping, "lambda", "mapping")
    assert (found.uuid, found.on, found.most, found.batch) == ("a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", True, None, 5)
    bounded = seen(mapping, "lambda", "mapping_bounded")
    assert bounded.most == 2
    with pytest.raises(LookupError, match="disabling"):
        _ = bounded.on


# -- queues -----------------------------------------------------------------------------------------------------------


def test_a_queue_is_read_with_its_dead_letters_and_what_cloudwatch_counts() -> None:
    found = seen(queue, "sqs", "queue")
    assert (found.waiting, found.in_flight, found.held, found.dead, found.died) == (4, 0, 4, 7, 2)
    assert found.counted.series["oldest"].values == (60, 120, 180, 240)
    with pytest.raises(LookupError, match="old"):
        _ = found.late  # CloudWatch's values are of 2023


def test_what_of_a_queue_is_too_little_to_tell_is_unknown() -> None:
    found = seen(queue, "sqs", "alone")
    assert found.dead is None
    with pytest.raises(LookupError, match="no dead-letter queue"):
        _ = found.died
    for said in ("falls", "drains", "surge"):
        with pytest.raises(LookupError):
            getattr(found, said)


# -- releases ---------------------------------------------------------------------------------------------------------


def test_deployments_of_a_service_are_read_with_what_they_brought() -> None:
    found = seen(deployments, "ecs", "deployments")
    assert [(one.version, one.at.timestamp()) for one in found.releases] == [
        ("hello_world:6", 1730383410.0),  # one that has not started yet, back to the revision before
        ("hello_world:7", 1730379812.5),
        ("hello_world:6", 1730376213.417),
        ("10", 1730372612.5),  # its revision is gone
    ]
    assert {(one.what, one.service, one.by, one.source) for one in found.releases} == {
        ("deployment", "ecs-simple-service", None, "ECS")
    }
    assert found.none_for(HOUR)


def test_a_service_that_was_never_deployed() -> None:
    found = seen(deployments, "ecs", "no_deployments")
    assert found.releases == ()
    assert found.none_for(HOUR)


def test_of_more_deployments_than_fit_nobody_knows_that_there_were_no_others() -> None:
    with pytest.raises(LookupError, match="known only"):
        seen(deployments, "ecs", "more_deployments").none_for(HOUR)


def test_versions_are_read_over_their_pages_and_the_unpublished_one_is_none() -> None:
    found = seen(versions, "lambda", "versions")
    assert [one.version for one in found.releases] == ["2", "1"]
    assert found.releases[0].at == datetime(2020, 4, 10, 19, 6, 32, 563_000, tzinfo=UTC)
    assert "inbound" not in found.model_dump_json()
    assert found.none_for(HOUR)


def test_moves_of_an_alias_are_read_with_who_made_them() -> None:
    found = seen(moves, "cloudtrail", "moves")
    assert [(one.version, one.at, one.by) for one in found.releases] == [
        ("4", at(1730380000), "ci-4711"),
        ("3", at(1730376000), None),
    ], "not of another alias or function, nor what was refused, nor where no version was named"
    assert "192.0.2.17" not in found.model_dump_json()


def test_what_was_moved_in_the_last_minutes_is_not_told_yet() -> None:
    found = seen(moves, "cloudtrail", "none")
    with pytest.raises(LookupError, match="known only"):
        found.none_for(HOUR)
    assert found.until == found.asked_at - timedelta(minutes=15)


def test_of_more_acts_than_fit_only_those_since_the_oldest_are_known() -> None:
    found = seen(acts, "cloudtrail", "too_many")
    assert (len(found.acts), found.since) == (4, at(1730375997))


# -- RDS --------------------------------------------------------------------------------------------------------------


def test_an_instance_is_read_with_and_without_what_is_optional() -> None:
    found = seen(instance, "rds", "instance")
    assert (found.status, found.parameter_group, found.pending, found.multi_az) == (
        "available", "rung-pg16", True, True,
    )  # fmt: skip
    plain = seen(instance, "rds", "plain")
    assert (plain.pending, plain.multi_az) == (False, False)


def test_instances_and_parameters_are_looked_for_on_every_page() -> None:
    assert seen(lambda aws: users_of(aws.reading("rds"), "rung-pg16"), "rds", "users") == ["rung-prod"]
    found = seen(lambda aws: parameter(aws.reading("rds"), "rung-pg16", "max_connections"), "rds", "parameters")
    assert "ParameterValue" not in found  # one that was never set has none


# -- Cognito ----------------------------------------------------------------------------------------------------------


def test_a_pool_is_read_with_and_without_what_is_optional() -> None:
    found = seen(pool, "cognito", "pool")
    assert (found.mfa, found.codes, found.watches, found.users) == ("OPTIONAL", True, True, 11)
    assert (found.temporary_for, found.changed) == (timedelta(days=3), at(1682955829.578))
    assert found.triggers["PreSignUp"] == "before"
    bare = seen(pool, "cognito", "bare")
    assert (bare.mfa, bare.codes, bare.watches, bare.users, bare.triggers) == ("OFF", False, False, 0, {})
    assert bare.temporary_for == timedelta(days=7)


def test_an_app_client_is_read_with_and_without_what_is_optional() -> None:
    client = partial(read_client, pool="us-east-1_EXAMPLE", client="1example23456789")
    found = seen(client, "cognito", "client")
    assert (found.access_for, found.refresh_for, found.signs_in) == (timedelta(minutes=30), timedelta(days=6), True)
    bare = seen(client, "cognito", "bare_client")
    assert (bare.access_for, bare.refresh_for, bare.signs_in) == (timedelta(hours=1), timedelta(days=30), False)


def test_a_users_attempts_are_counted_over_their_pages() -> None:
    found = seen(account, "cognito", "account")
    assert (found.status, found.reachable, found.factors) == ("CONFIRMED", True, ("SOFTWARE_TOKEN_MFA",))
    assert (found.attempts.passed, found.attempts.password_failures, found.attempts.code_failures) == (1, 1, 1)
    assert "jo" not in json.loads(found.model_dump_json()).values()
    assert "Reno" not in found.model_dump_json()


def test_a_user_who_never_tried() -> None:
    found = seen(account, "cognito", "no_events")
    assert (found.factors, found.attempts.passed, found.attempts.unanswered) == ((), 0, 0)


# -- S3, IAM, network -------------------------------------------------------------------------------------------------


def test_a_bucket_is_read_with_and_without_its_settings() -> None:
    found = seen(bucket, "s3", "bucket")
    assert found.decisions == {"s3:GetObject": "none", "s3:PutObject": "deny"}
    assert (found.named, found.shut, found.public, found.owner_enforced) == (("NoForeigners",), True, False, True)
    assert (found.encryption, found.key_state) == ("aws:kms", "PendingDeletion")
    bare = seen(bucket, "s3", "bare")
    assert (bare.statements, bare.shut, bare.owner_enforced, bare.encryption, bare.key) == (
        0,
        False,
        False,
        "AES256",
        "",
    )


def test_a_role_is_read() -> None:
    found = seen(role, "iam", "role")
    assert (found.decisions, found.inline, found.attached, found.boundary) == (
        {"s3:GetObject": "allowed", "s3:PutObject": "explicitDeny"}, ("memos",), (), False,
    )  # fmt: skip


def test_subscribers_are_counted_over_their_pages() -> None:
    found = seen(subscribers, "sns", "subscribers")
    assert (found.confirmed, found.pending) == (1, 1)
    assert "jo@example.com" not in found.model_dump_json()
    nobody = seen(subscribers, "sns", "nobody")
    assert (nobody.confirmed, nobody.pending) == (0, 0)


def test_endpoints_are_read_and_where_there_are_none_they_are_absent() -> None:
    found = seen(endpoints, "ec2", "endpoints").endpoints
    assert (found["s3"].state, found["s3"].routed, found["s3"].route_tables) == ("available", 1, 1)
    assert (found["bedrock-runtime"].private_dns, found["bedrock-runtime"].open_to_vpc) == (True, True)
    assert {one.state for one in seen(endpoints, "ec2", "none").endpoints.values()} == {"absent"}


# -- Bedrock ----------------------------------------------------------------------------------------------------------


def test_models_are_read_also_one_that_is_gone() -> None:
    found = seen(models, "bedrock", "models")
    assert (found.used.state, found.used.ends, found.used.callable) == (
        "legacy", datetime(2026, 3, 1, tzinfo=UTC), True,
    )  # fmt: skip
    assert (found.alternate.state, found.alternate.ends, found.alternate.callable) == ("active", None, False)
    assert "its agreement is pending" in str(found.alternate)
    assert seen(models, "bedrock", "gone").used.state == "absent"


def test_a_quota_is_looked_for_on_every_page() -> None:
    found = seen(partial(read_quota, model=MODEL), "bedrock", "quota")
    assert (found.per_minute, found.code, found.adjustable) == (50, "L-254CACF4", False)


# -- n8n, and the recordings ------------------------------------------------------------------------------------------


def test_workflows_are_read_with_and_without_what_is_optional() -> None:
    said = json.loads((RAW / "n8n.json").read_text("utf-8"))
    found, bare, empty = (to_workflow(said[name]["answer"]) for name in ("workflow", "bare", "empty"))
    assert (found.id, found.active, found.version, found.paths) == (
        "2tUt1wbLX592XDdX",
        True,
        "7c3b",
        ("merge-accounts",),
    )
    assert (bare.id, bare.version, bare.paths) == ("12", "2024-02-01T00:00:00.000Z", ())
    assert (empty.version, empty.paths) == ("", ())


MODELS = {"cognito": ("cognito-idp",), "bedrock": ("bedrock", "service-quotas"), "s3": ("s3", "kms")}


def test_every_recording_says_where_its_shape_is_published_and_is_used() -> None:
    used = (RAW.parents[1] / "tasks" / "test_raw_answers.py").read_text("utf-8")
    for file in AWS_S:
        for name, case in json.loads(file.read_text("utf-8")).items():
            assert case["page"].startswith("https://docs.aws.amazon.com/"), (file.stem, name)
            assert name in {"throttled", "own_error"} or f'"{file.stem}", "{name}"' in used, (file.stem, name)


def test_every_recorded_answer_has_only_what_the_service_knows() -> None:
    held = 0
    for file in AWS_S:
        clients = [boto3.client(one, region_name="eu-central-1") for one in MODELS.get(file.stem, (file.stem,))]
        models = [client.meta.service_model for client in clients]
        for name, case in json.loads(file.read_text("utf-8")).items():
            for answer in case["answers"]:
                known = next((one for one in models if answer["operation"] in one.operation_names), None)
                if known is None or "json" not in answer or answer.get("status", 200) != 200:
                    continue  # by its address only, as XML, or an error
                held += 1
                shape = known.operation_model(answer["operation"]).output_shape
                assert list(strangers(answer["json"], shape)) == [], (file.stem, name)
    assert held > 40


def strangers(value: Any, shape: Any) -> Iterator[str]:
    """Fields that a shape of the service's model does not have."""
    if shape.type_name == "structure":
        for key, one in value.items():
            if key not in shape.members:
                yield key
            else:
                yield from strangers(one, shape.members[key])
    elif shape.type_name == "list":
        for one in value:
            yield from strangers(one, shape.member)
