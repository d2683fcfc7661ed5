"""What is remembered of moto is what moto works out."""

from __future__ import annotations

import moto.core.responses
from moto.core.base_backend import BackendDict
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
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


def test_methods_hosts_and_accounts_are_those_of_moto() -> None:
    remember()
    assert moto.core.responses.method_names_from_class(RDSResponse) == method_names_from_class(RDSResponse)
    dispatcher = Dispatcher()
    for host in ("rds.us-east-1.amazonaws.com", "moto_api", None):
        asked_first, asked_again = dispatcher.get_backend_for_host(host), dispatcher.get_backend_for_host(host)
        assert asked_first == asked_again == super(Dispatcher, dispatcher).get_backend_for_host(host)
    assert rds_backends["777788889999"] is rds_backends["777788889999"]
    assert isinstance(rds_backends, BackendDict)
    assert rds_backends["777788889999"]["us-east-1"].account_id == "777788889999"
