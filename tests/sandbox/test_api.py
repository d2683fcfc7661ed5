"""The API of the sandbox: Lambda and Insights refuse what AWS refuses, and requests fare as is configured."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from journal import clock
from sandbox.overlay.call import Refused
from sandbox.overlay.insights import Query, discover
from sandbox.process import wait_until
from sandbox.systems.rung.api_faults import publish, settle, usual_function
from sandbox.systems.rung.delivery import turned_away
from sandbox.systems.rung.faults.endpoint_unrouted import endpoint
from sandbox.systems.rung.faults.n8n_unreached import let_out
from sandbox.systems.rung.world import World

FUNCTION = {"FunctionName": "rung-api-prod"}
REPORT = (
    "REPORT RequestId: 1\tDuration: 120.00 ms\tBilled Duration: 720 ms\tMemory Size: 512 MB\tMax Memory Used: 256 MB\t"
)


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


class TestLambda:
    @pytest.mark.parametrize(
        ("call", "given", "refusal"),
        [
            (
                "put_provisioned_concurrency_config",
                {"Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1},
                "InvalidParameterValueException",
            ),
            (
                "put_provisioned_concurrency_config",
                {"Qualifier": "nobody", "ProvisionedConcurrentExecutions": 1},
                "ResourceNotFoundException",
            ),
            (
                "put_provisioned_concurrency_config",
                {"Qualifier": "prod", "ProvisionedConcurrentExecutions": 901},
                "InvalidParameterValueException",
            ),
            (
                "get_provisioned_concurrency_config",
                {"Qualifier": "prod"},
                "ProvisionedConcurrencyConfigNotFoundException",
            ),
            ("put_function_concurrency", {"ReservedConcurrentExecutions": 901}, "InvalidParameterValueException"),
            ("update_function_configuration", {"Timeout": 901}, "InvalidParameterValueException"),
            ("publish_version", {"CodeSha256": "another"}, "InvalidParameterValueException"),
            (
                "update_alias",
                {"Name": "prod", "FunctionVersion": "1", "RevisionId": "old"},
                "PreconditionFailedException",
            ),
            ("update_alias", {"Name": "prod", "FunctionVersion": "99"}, "ResourceNotFoundException"),
        ],
    )
    def test_what_aws_refuses_is_refused(self, world: World, call: str, given: dict[str, Any], refusal: str):
        with pytest.raises(ClientError) as refused:
            getattr(world.facts.aws.client("lambda"), call)(**FUNCTION, **given)
        assert code(refused) == refusal

    def test_a_function_that_is_being_updated_cannot_be_published(self, world: World):
        functions: Any = world.facts.aws.client("lambda")
        functions.update_function_configuration(**FUNCTION, Description="changed")
        with pytest.raises(ClientError) as refused:
            functions.publish_version(**FUNCTION)
        assert code(refused) == "ResourceConflictException"
        usual_function(functions)


class TestTrail:
    def test_it_tells_when_an_alias_was_moved_and_nothing_else(self, world: World):
        functions: Any = world.facts.aws.client("lambda")
        trail: Any = world.facts.aws.client("cloudtrail")
        while_ = {"StartTime": clock.now() - timedelta(days=30), "EndTime": clock.now() + timedelta(minutes=1)}

        def told() -> list[str]:
            moved = [{"AttributeKey": "EventName", "AttributeValue": "UpdateAlias20150331"}]
            pages = trail.get_paginator("lookup_events").paginate(
                **while_, LookupAttributes=moved, PaginationConfig={"PageSize": 1}
            )
            given = [json.loads(event["CloudTrailEvent"])["requestParameters"] for p in pages for event in p["Events"]]
            return [one["functionVersion"] for one in given if one["functionName"] == FUNCTION["FunctionName"]]

        assert told() == ["1"]
        functions.update_function_configuration(**FUNCTION, Description="changed")
        settle(functions)
        version = publish(functions)
        assert told() == [version, "1"]
        usual_function(functions)
        assert told() == ["1"], "what was put right is no past of the next drill"
        with pytest.raises(ClientError) as refused:
            trail.lookup_events(**while_)
        assert code(refused) == "InvalidLookupAttributesException"


class TestRequests:
    def test_an_endpoint_that_was_put_right_heals_at_once(self, world: World):
        world.break_("endpoint_unrouted")
        assert world.suffers() == ("endpoint_unrouted",)
        ec2: Any = world.facts.aws.client("ec2")
        vpc = [{"Name": "vpc-id", "Values": ["vpc-0rungprod"]}]
        tables = ec2.describe_route_tables(Filters=[*vpc, {"Name": "tag:Name", "Values": ["rung-private"]}])[
            "RouteTables"
        ]
        assert not any(route.get("GatewayId", "").startswith("vpce-") for route in tables[0]["Routes"])
        ec2.modify_vpc_endpoint(
            VpcEndpointId=endpoint(ec2)["VpcEndpointId"],
            AddRouteTableIds=[tables[0]["RouteTableId"]],
        )
        wait_until(lambda: not world.suffers(), seconds=20, failing=lambda: AssertionError(world.suffers()))

    def test_n8n_is_well_while_the_function_may_not_call_it_and_a_rule_for_its_port_is_enough(self, world: World):
        world.break_("n8n_unreached")
        assert world.suffers() == ("n8n_unreached",)
        assert turned_away(world.facts.aws) == ()
        let_out(world.facts.aws)
        wait_until(lambda: not world.suffers(), seconds=20, failing=lambda: AssertionError(world.suffers()))
        world.heal()
        ec2: Any = world.facts.aws.client("ec2")
        (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["rung-functions"]}])[
            "SecurityGroups"
        ]
        assert [rule["IpProtocol"] for rule in group["IpPermissionsEgress"]] == ["-1"]

    def test_the_logs_hold_personal_data_as_they_do_in_life(self, world: World):
        logs: Any = world.facts.aws.client("logs")
        said = logs.filter_log_events(logGroupName="/aws/apigateway/rung-prod", filterPattern="{ $.status = 200 }")
        page = (
            said
            if said["events"]
            else logs.filter_log_events(
                logGroupName="/aws/apigateway/rung-prod",
                filterPattern="{ $.status = 200 }",
                nextToken=said["nextToken"],
            )
        )
        assert "anna.lindqvist@example.com" in page["events"][0]["message"]


class TestInsights:
    def test_the_fields_of_a_report_line_are_discovered(self):
        assert discover(REPORT) == {
            "@message": REPORT,
            "@type": "REPORT",
            "@requestId": "1",
            "@duration": 120.0,
            "@billedDuration": 720.0,
            "@memorySize": 512e6,
            "@maxMemoryUsed": 256e6,
        }
        assert discover(f"{REPORT}Init Duration: 600.00 ms\t")["@initDuration"] == 600.0
        assert discover("REPORT of a therapist") == {"@message": "REPORT of a therapist"}

    @pytest.mark.parametrize(
        ("text", "row"),
        [
            ("stats count(*) as n", {"n": "3"}),
            ('filter @type = "REPORT" | stats count(*) as n', {"n": "2"}),
            ('filter @message like "timeout" | stats count(*) as n', {"n": "1"}),
            ("filter @message like /time.ut/ | stats count(*) as n", {"n": "1"}),
            ("filter ispresent(@initDuration) and @duration >= 120 | stats count(*) as n", {"n": "1"}),
            ("stats count(@initDuration) as cold, max(@initDuration) as init", {"cold": "1", "init": "600"}),
            ("stats max(@maxMemoryUsed / @memorySize) as memory", {"memory": "0.5"}),
            ('stats sum(strcontains(@message, "Status: timeout")) as n', {"n": "1"}),
            ("stats pct(@duration, 50) as median, min(@duration) as least", {"median": "560", "least": "120"}),
            ('filter @type = "NOTHING" | stats count(*) as n, max(@duration) as longest', {"n": "0"}),
        ],
    )
    def test_figures_are_worked_out(self, text: str, row: dict[str, str]):
        messages = [
            f"{REPORT}Init Duration: 600.00 ms\t",
            REPORT.replace("120.00", "1000.00") + "Status: timeout\t",
            "START",
        ]
        assert Query(text).run(messages, 10) == [row]

    @pytest.mark.parametrize(
        "text",
        [
            "fields @message",
            "filter @type REPORT | stats count(*) as n",
            "stats median(@duration) as n",
            "stats count(*)",
            "stats count(*) as n by bin(5m)",
            "sort @timestamp desc",
            "stats count(*) as n | dedup @requestId",
            "filter @type ~ 3 | stats count(*) as n",
        ],
    )
    def test_what_the_sandbox_does_not_know_is_refused(self, text: str):
        with pytest.raises(Refused) as refused:
            Query(text)
        assert refused.value.code == "MalformedQueryException"

    def test_a_query_of_a_group_that_does_not_exist_is_refused(self, world: World):
        now = datetime.now(UTC)
        with pytest.raises(ClientError) as refused:
            world.facts.aws.client("logs").start_query(
                logGroupName="/nowhere",
                queryString="stats count(*) as n",
                startTime=int((now - timedelta(minutes=1)).timestamp()),
                endTime=int(now.timestamp()),
            )
        assert code(refused) == "ResourceNotFoundException"
