"""Whatever the described interface allows, the receiver answers as described, and never with an internal error."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.receiver.senders import FORMATS

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


# Hypothesis takes a random number drawn by another thread (a server's, a retry's) for one drawn in the strategy.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.parametrize("form", FORMATS)
def test_no_request_brings_a_server_error_or_an_answer_nobody_described(form, served, receiver):
    it = receiver(form)
    schema = schemathesis.openapi.from_url(f"{served(it)}/openapi.json")
    proved = dict(
        it.sender.seal(b"{}", it.clock.now)[1]
    )  # so that the cases of forms that sign no body get past the channel
    for found in schema.get_all_operations():
        operation = found.ok()
        modes = (
            GenerationMode if operation.method == "post" else [GenerationMode.POSITIVE]
        )  # a bare GET has no wrong form
        for mode in modes:

            @settings(max_examples=25, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case):
                if "form" in (case.path_parameters or {}):
                    case.path_parameters["form"] = form
                case.headers = {**(case.headers or {}), **proved}
                case.call_and_validate(checks=CHECKS)

            ask()
