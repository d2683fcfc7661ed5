"""AWS answers as AWS does: who may do what, what waits for a reboot, what is refused, and what a percentile is."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from sandbox.overlay.datapoints import percentile
from sandbox.process import wait_until
from sandbox.systems.rung.world import World


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def instance(world: World) -> dict[str, Any]:
    rds = world.facts.aws.client("rds", as_=world.facts.aws.reading_role)
    return rds.describe_db_instances(DBInstanceIdentifier="rung-prod")["DBInstances"][0]


def wait_for_status(world: World, status: str) -> None:
    wait_until(
        lambda: instance(world)["DBInstanceStatus"] == status,
        seconds=30,
        failing=lambda: AssertionError(instance(world)["DBInstanceStatus"]),
    )


def max_connections(value: int, method: str = "pending-reboot") -> list[dict[str, str]]:
    return [{"ParameterName": "max_connections", "ParameterValue": str(value), "ApplyMethod": method}]


@pytest.fixture
def changing_rds(world: World) -> Iterator[Any]:
    rds = world.facts.aws.client("rds", as_=world.facts.aws.changing_role)
    yield rds
    rds.modify_db_parameter_group(DBParameterGroupName="rung-prod", Parameters=max_connections(60))
    now = instance(world)
    if (now["DBInstanceStatus"], now["DBParameterGroups"][0]["ParameterApplyStatus"]) != ("available", "in-sync"):
        rds.reboot_db_instance(DBInstanceIdentifier="rung-prod")
        wait_for_status(world, "available")


class TestIdentities:
    @pytest.mark.parametrize(
        ("service", "operation", "parameters"),
        [
            ("rds", "reboot_db_instance", {"DBInstanceIdentifier": "rung-prod"}),
            ("rds", "modify_db_parameter_group", {"DBParameterGroupName": "rung-prod", "Parameters": []}),
            ("ecs", "update_service", {"cluster": "rung-prod", "service": "rung-api", "desiredCount": 0}),
            ("cloudwatch", "put_metric_data", {"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1}]}),
            ("lambda", "delete_function", {"FunctionName": "rung-api-prod"}),
            ("sts", "assume_role", {"RoleArn": "arn:aws:iam::111122223333:role/x", "RoleSessionName": "reader"}),
        ],
    )
    def test_the_reading_role_is_refused_every_write(self, world: World, service, operation, parameters):
        client = world.facts.aws.client(service, as_=world.facts.aws.reading_role)
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)(**parameters)
        assert code(refused) in ("AccessDenied", "AccessDeniedException")
        assert "codeblue-reading" in str(refused.value)

    @pytest.mark.parametrize(
        ("service", "operation"),
        [("rds", "describe_db_instances"), ("ecs", "list_clusters"), ("cloudwatch", "describe_alarms")],
    )
    def test_the_blind_role_is_refused_every_look_but_its_own_name(self, world: World, service, operation):
        with pytest.raises(ClientError) as refused:
            getattr(world.facts.aws.client(service, as_=world.facts.aws.blind_role), operation)()
        assert code(refused) in ("AccessDenied", "AccessDeniedException")
        me = world.facts.aws.client("sts", as_=world.facts.aws.blind_role).get_caller_identity()
        assert me["Account"] == world.facts.aws.account_id
        assert "assumed-role/codeblue-blind/" in me["Arn"]

    def test_a_person_on_call_may_only_assume_the_roles(self, world: World):
        with pytest.raises(ClientError) as refused:
            world.facts.aws.client("rds", as_="oncall").describe_db_instances()
        assert code(refused) == "AccessDenied"

    def test_a_role_that_does_not_exist_cannot_be_assumed(self, world: World):
        with pytest.raises(ClientError) as refused:
            world.facts.aws.client("rds", as_="arn:aws:iam::111122223333:role/codeblue-nobody")
        assert code(refused) == "AccessDenied"

    def test_an_unknown_key_is_refused(self, world: World):
        stranger = boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1").client(
            "sts", endpoint_url=world.facts.aws.endpoint_url
        )
        with pytest.raises(ClientError) as refused:
            stranger.get_caller_identity()
        assert code(refused) == "InvalidClientTokenId"

    def test_motos_own_control_surface_is_shut(self, world: World):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{world.facts.aws.endpoint_url}/moto-api/data.json")
        assert refused.value.code == 403
        refused.value.close()


class TestDatabaseInstance:
    def test_a_default_parameter_group_refuses_modification(self, changing_rds):
        with pytest.raises(ClientError, match="default parameter group") as refused:
            changing_rds.modify_db_parameter_group(
                DBParameterGroupName="default.postgres18", Parameters=max_connections(200)
            )
        assert code(refused) == "InvalidParameterValue"

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            (max_connections(200, "immediate"), "InvalidParameterCombination"),
            (max_connections(200, "now"), "ValidationError"),
            (max_connections(5), "InvalidParameterValue"),
            (
                [{"ParameterName": "max_conections", "ParameterValue": "9", "ApplyMethod": "immediate"}],
                "InvalidParameterValue",
            ),
        ],
    )
    def test_a_parameter_aws_would_refuse_is_refused_and_nothing_changes(self, world, changing_rds, change, refusal):
        with pytest.raises(ClientError) as refused:
            changing_rds.modify_db_parameter_group(DBParameterGroupName="rung-prod", Parameters=change)
        assert code(refused) == refusal
        assert instance(world)["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"

    def test_a_new_max_connections_waits_for_the_reboot_that_really_applies_it(self, world: World, changing_rds):
        changing_rds.modify_db_parameter_group(DBParameterGroupName="rung-prod", Parameters=max_connections(90))
        (shown,) = changing_rds.describe_db_parameters(DBParameterGroupName="rung-prod", Source="user")["Parameters"]
        assert (shown["ParameterName"], shown["ParameterValue"]) == ("max_connections", "90")
        assert instance(world)["DBParameterGroups"][0]["ParameterApplyStatus"] == "pending-reboot"
        assert world.health().max_connections == 60

        with psycopg.connect(world.facts.dsn("rung_app")) as session:
            told = changing_rds.reboot_db_instance(DBInstanceIdentifier="rung-prod")["DBInstance"]
            assert told["DBInstanceStatus"] == "rebooting"
            wait_for_status(world, "available")
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")

        assert instance(world)["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"
        assert world.health().max_connections == 90

    def test_a_value_the_server_cannot_start_with_leaves_incompatible_parameters(self, world: World, changing_rds):
        changing_rds.modify_db_parameter_group(DBParameterGroupName="rung-prod", Parameters=max_connections(8388607))
        changing_rds.reboot_db_instance(DBInstanceIdentifier="rung-prod")
        wait_for_status(world, "incompatible-parameters")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(world.facts.dsn("rung_app"))

    def test_honest_load_is_served_once_a_reboot_gives_it_slots(self, world: World, changing_rds):
        world.break_("honest_load")
        assert world.health().waiting["honest_load"] > 10
        changing_rds.modify_db_parameter_group(DBParameterGroupName="rung-prod", Parameters=max_connections(200))
        changing_rds.reboot_db_instance(DBInstanceIdentifier="rung-prod")
        health = world.wait_for(
            lambda health: health.max_connections == 200 and health.sessions == {"honest_load": 75}, seconds=40
        )
        assert not health.waiting["honest_load"]
        assert health.connected == health.attempts

    def test_the_endpoint_is_where_the_database_really_listens(self, world: World):
        assert instance(world)["Endpoint"]["Port"] == world.facts.database.port


class TestServices:
    def test_an_update_of_the_desired_count_really_scales_the_service(self, world: World):
        ecs = world.facts.aws.client("ecs", as_=world.facts.aws.changing_role)

        def counts() -> tuple[int, int]:
            service = ecs.describe_services(cluster="rung-prod", services=["rung-api"])["services"][0]
            return service["desiredCount"], service["runningCount"]

        assert counts() == (2, 2)
        ecs.update_service(cluster="rung-prod", service="rung-api", desiredCount=5)
        world.wait_for(lambda health: health.slots_taken == 20 and counts() == (5, 5))
        ecs.update_service(cluster="rung-prod", service="rung-api", desiredCount=2)
        world.wait_for(lambda health: health.slots_taken == 8 and counts() == (2, 2))


ALARM = {
    "AlarmName": "rung-api-error-rate-prod",
    "Namespace": "AWS/ApiGateway",
    "MetricName": "5XXError",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "AlarmActions": ["arn:aws:sns:us-east-1:111122223333:oncall"],
}


class TestMetrics:
    @pytest.fixture
    def cloudwatch(self, world: World) -> Any:
        return world.facts.aws.client("cloudwatch")

    def window(self) -> dict[str, datetime]:
        now = datetime.now(UTC)
        return {"StartTime": now - timedelta(minutes=10), "EndTime": now + timedelta(minutes=1)}

    def query(self, name: str, statistic: str) -> dict[str, Any]:
        metric = {"Namespace": "Test", "MetricName": name}
        return {"Id": name, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": statistic}}

    def test_percentiles_are_computed_from_the_values(self, cloudwatch):
        values = [float(number) for number in range(1, 101)]
        cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": "latency", "Values": values}])
        found = cloudwatch.get_metric_data(MetricDataQueries=[self.query("latency", "p95")], **self.window())
        assert found["MetricDataResults"][0]["Values"] == [pytest.approx(95.05)]
        statistics = cloudwatch.get_metric_statistics(
            Namespace="Test", MetricName="latency", Period=3600, ExtendedStatistics=["p50"], **self.window()
        )
        assert statistics["Datapoints"][0]["ExtendedStatistics"] == {"p50": pytest.approx(50.5)}

    def test_one_value_is_every_percentile_of_itself_and_none_is_none(self):
        assert percentile([7.0], 99) == 7.0
        assert percentile([], 50) is None

    def test_a_ratio_of_two_metrics_is_computed(self, cloudwatch):
        for name, value in (("errors", 3.0), ("requests", 60.0)):
            cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": name, "Value": value}])
        queries = [self.query("errors", "Sum"), self.query("requests", "Sum")]
        queries.append({"Id": "rate", "Expression": "100 * errors / requests"})
        found = cloudwatch.get_metric_data(MetricDataQueries=queries, **self.window())
        assert {one["Id"]: one["Values"] for one in found["MetricDataResults"]}["rate"] == [5.0]

    def test_no_data_is_an_empty_answer_and_not_zero(self, cloudwatch):
        found = cloudwatch.get_metric_data(MetricDataQueries=[self.query("silence", "Sum")], **self.window())
        assert found["MetricDataResults"][0]["Values"] == []

    @pytest.mark.parametrize("statistics", [["p95"], ["Average,Maximum"]])
    def test_a_statistic_outside_the_enum_is_refused(self, cloudwatch, statistics):
        with pytest.raises(ClientError, match="Member must satisfy enum value set") as refused:
            cloudwatch.get_metric_statistics(
                Namespace="Test", MetricName="latency", Period=60, Statistics=statistics, **self.window()
            )
        assert code(refused) == "ValidationError"

    @pytest.mark.parametrize("period", [7, 90])
    def test_a_period_that_is_no_period_is_refused(self, cloudwatch, period):
        query = self.query("latency", "Sum")
        query["MetricStat"]["Period"] = period
        with pytest.raises(ClientError) as refused:
            cloudwatch.get_metric_data(MetricDataQueries=[query], **self.window())
        assert code(refused) == "ValidationError"

    @pytest.mark.parametrize(
        "given",
        [
            {"OKActions": ["arn:aws:sns:us-east-1:111122223333:oncall"]},
            {"Threshold": 20.0, "EvaluationPeriods": 2, "DatapointsToAlarm": 2},
            {name: value for name, value in ALARM.items() if name not in ("AlarmName", "Statistic")},
        ],
    )
    def test_an_incomplete_alarm_is_refused_and_the_old_one_stays(self, cloudwatch, given):
        cloudwatch.put_metric_alarm(**ALARM)
        with pytest.raises(ClientError) as refused:
            cloudwatch.put_metric_alarm(AlarmName=ALARM["AlarmName"], **given)
        assert code(refused) in ("ValidationError", "InvalidParameterCombination")
        (kept,) = cloudwatch.describe_alarms(AlarmNames=[ALARM["AlarmName"]])["MetricAlarms"]
        assert kept["AlarmActions"] == ALARM["AlarmActions"]
        assert kept["Threshold"] == 5.0
