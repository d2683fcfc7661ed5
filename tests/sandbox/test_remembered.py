"""What is remembered of moto is what moto works out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import moto.core.responses
import pytest
from moto.core.base_backend import BackendDict
from moto.core.model import ServiceModel
from moto.core.serialize import (
    AttributePickerContext,
    ResponseSerializer,
    TimestampSerializer,
    XFormedAttributePicker,
    get_serializer_class,
)
from moto.core.utils import get_service_model, method_names_from_class
from moto.rds.models import rds_backends
from moto.rds.responses import RDSResponse

from sandbox.overlay import remembered
from sandbox.overlay.remembered import Dispatcher, remember

ASKED = (("DBInstanceIdentifier", {}), ("Endpoint", {"endpoint": 1}), ("dbName", object()))


def test_an_attribute_is_called_by_the_same_names() -> None:
    remember()
    shape = get_service_model("rds").operation_model("DescribeDBInstances").output_shape
    picker = XFormedAttributePicker()
    for key, obj in ASKED:
        context = AttributePickerContext(obj=obj, key=key, shape=shape)
        own = list(dict.fromkeys(remembered._ITS_OWN(picker, context)))
        assert list(picker.get_possible_keys(context)) == list(picker.get_possible_keys(context)) == own


def test_an_attribute_has_the_same_value() -> None:
    remember()
    shape = get_service_model("rds").operation_model("DescribeDBInstances").output_shape
    plain = XFormedAttributePicker()
    doubled = XFormedAttributePicker(response_transformers={".Port": lambda value: value * 2})
    asked = [(plain, obj) for obj in ({"Port": 1, "port": 2}, {"port": 2}, {"Port": None}, {})]
    asked.append((plain, {"Port": 1, str(shape.name): 2}))  # moto prefers the name of the shape
    for picker, obj in [*asked, (doubled, {"Port": 3})]:
        context = AttributePickerContext(obj=obj, key="Port", shape=shape)
        assert picker(context) == remembered._PICKING(picker, context)


@pytest.mark.parametrize("form", ["iso8601", "iso8601_zeroed", "rfc822", "unixTimestamp"])
def test_a_moment_is_written_the_same(form: str) -> None:
    remember()
    serializer = TimestampSerializer(form)
    at = datetime(2026, 3, 4, 12, 0, 1, 250_750, tzinfo=UTC).replace(tzinfo=None)  # as moto keeps moments
    elsewhere = at.replace(tzinfo=timezone(timedelta(hours=2)))
    for value in (at, at.replace(tzinfo=UTC), at.replace(microsecond=0), elsewhere, "2026-03-04T12:00:00Z", 1772625600):
        assert serializer._convert_timestamp_to_str(value, form) == remembered._WRITING(serializer, value, form)


def test_methods_hosts_and_accounts_are_those_of_moto() -> None:
    remember()
    assert moto.core.responses.method_names_from_class(RDSResponse) == method_names_from_class(RDSResponse)
    dispatcher = Dispatcher()
    for host in ("rds.us-east-1.amazonaws.com", "moto_api", None):
        asked_first, asked_again = dispatcher.get_backend_for_host(host), dispatcher.get_backend_for_host(host)
        assert asked_first == asked_again == super(Dispatcher, dispatcher).get_backend_for_host(host)
    assert rds_backends["777788889999"] is rds_backends["777788889999"]
    assert isinstance(rds_backends, BackendDict)
    assert rds_backends["777788889999"]["us-east-1"] is rds_backends["777788889999"]["us-east-1"]
    with pytest.raises(KeyError):
        rds_backends["777788889999"]["nowhere"]
    assert rds_backends["777788889999"]["us-east-1"].account_id == "777788889999"


EVENTS = {
    "AuthEvents": [
        {
            "EventId": "1",
            "EventType": "SignIn",
            "CreationDate": datetime(2026, 3, 4, tzinfo=UTC),
            "ChallengeResponses": [],
        },
        {"EventId": "2", "EventRisk": {"RiskDecision": "NoRisk"}, "EventContextData": None},
    ]
}
INSTANCES = {"DBInstances": [{"DBInstanceIdentifier": "one", "Endpoint": {"Port": 5432}, "DBSecurityGroups": []}]}
ANSWERS = (
    ("cognito-idp", "json", "AdminListUserAuthEvents", EVENTS),
    ("rds", "query", "DescribeDBInstances", INSTANCES),
    ("rds", "query", "DescribeDBInstances", {"db_instances": [{"identifier": "one", "Engine": "postgres"}]}),
    (
        "lambda",
        "rest-json",
        "GetAlias",
        {"AliasArn": "arn", "Name": "live", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}}},
    ),
    (
        "s3",
        "rest-xml",
        "GetBucketEncryption",
        {"ServerSideEncryptionConfiguration": {"Rules": [{"BucketKeyEnabled": True}]}},
    ),
    ("ec2", "ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "Tags": [{"Key": "Name", "Value": "x"}]}]}),
)


@pytest.mark.parametrize(("service", "protocol", "operation", "answer"), ANSWERS)
def test_an_answer_is_written_the_same(
    service: str, protocol: str, operation: str, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember()
    model = get_service_model(service).operation_model(operation)

    def written() -> Any:
        kind = get_serializer_class(service, protocol)
        return kind(operation_model=model, value_picker=XFormedAttributePicker()).serialize(answer)

    ours = written()
    monkeypatch.setattr(ResponseSerializer, remembered._STRUCTURES, remembered._STRUCTURE)
    assert ours == written()
    assert len(ours["body"]) > 20


def test_a_name_that_two_members_could_mean_is_left_to_moto() -> None:
    operation = get_service_model("rds").operation_model("DescribeDBInstances")
    serializer = get_serializer_class("rds", "query")(operation_model=operation, value_picker=XFormedAttributePicker())
    shapes = {
        "Any": {
            "type": "structure",
            "members": {"Gate": {"shape": "Word", "locationName": "Port"}, "Port": {"shape": "Word"}},
        },
        "Other": {"type": "structure", "members": {"Host": {"shape": "Word"}, "Port": {"shape": "Word"}}},
        "Header": {
            "type": "structure",
            "members": {"Host": {"shape": "Word", "location": "header", "locationName": "host"}},
        },
        "Body": {"type": "structure", "members": {"body": {"shape": "Word"}}},
        "Word": {"type": "string"},
    }
    model = ServiceModel({"metadata": {}, "shapes": shapes})
    for left in ("Any", "Header", "Body"):
        assert not remembered._unmistakable(serializer, model.shape_for(left))
    assert remembered._unmistakable(serializer, model.shape_for("Other"))
