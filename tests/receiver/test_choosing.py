"""Which labels may choose where a run works and on what: only those that are what people read."""

import pytest

from deployments.receiver.routing import Routes, Rule
from runbook.alert import Alert

RULE = Rule(
    deployment="a/b",
    runbook="rung.a",
    title="A",
    system="rung",
    environment="rung-prod",
    from_labels={"environment": "environment", "alarm": "alarm"},
)
UNFIT = [
    "", " ", "\t", "a\x00b", "a\x07", "a\nb", "a\r\nHost: b",
    "\x1b[31mred", "[/]", "[bold]x", "<script>", "</td>", "{x}",
    "a\u202eb", "a\u200bb", "\ufeffa", "a\u2066b\u2069", "x" * 2000, "x" * 201, " padded", "`id`", "a\\b", "--force",
    "a\u2028b", "a\u00adb",
]  # fmt: skip


def route(**labels):
    return Routes([RULE])(Alert(format="signed", name="x", fingerprint="f", labels=labels))


@pytest.mark.parametrize("value", UNFIT)
@pytest.mark.parametrize("label", ["environment", "alarm"])
def test_a_label_that_is_not_what_people_read_chooses_nothing_and_is_told(label, value):
    found = route(**{label: value})
    assert (found.environment, dict(found.params)) == ("rung-prod", {})
    [told] = found.remarks
    assert f"label '{label}' chose no {label}" in told
    assert told.isprintable()


@pytest.mark.parametrize(
    "value",
    [
        "Rung-Prod",
        "rung_prod",
        "rung/prod",
        "../x",
        "rung prod",
        "r\u00fcng",
        "\u0440ung-prod",
        "rung.prod",
        "-x",
        "x-",
    ],
)
def test_an_environment_is_one_that_can_be_saved(value):
    assert route(environment=value).environment == "rung-prod"
    assert route(environment=value).remarks


@pytest.mark.parametrize("value", ["rung-staging", "a", "7", "rung-prod-2"])
def test_a_saved_environment_is_chosen(value):
    assert (route(environment=value).environment, route(environment=value).remarks) == (value, ())


@pytest.mark.parametrize("value", ["rung-prod-latency", "Ana Lima", "user@example.org", "a/b:c", "ação", "x" * 200])
def test_a_parameter_may_be_any_text_that_people_can_read(value):
    assert (route(alarm=value).params, route(alarm=value).remarks) == ({"alarm": value}, ())


def test_a_label_that_is_not_there_chooses_nothing_and_is_not_told():
    assert (route().environment, route().remarks) == ("rung-prod", ())
