"""Which runbook an alert starts."""

import pytest
from pydantic import ValidationError

from deployments.receiver.routing import Route, Routes, Rule
from runbook.alert import Alert, Severity

ALERT = Alert(
    format="alertmanager",
    name="PostgresTooManyConnections",
    fingerprint="f",
    labels={"environment": "rung-staging", "system": "rung", "datname": "ledger"},
)


def rule(runbook, **fields):
    given = {"deployment": f"{runbook}/default", "title": runbook, "system": "rung", "environment": "rung-prod"}
    return Rule(runbook=runbook, **(given | fields))


def taken_by(*rules, alert=ALERT):
    route = Routes(rules)(alert)
    return route.runbook if isinstance(route, Route) else None


def test_an_alert_that_no_rule_names_is_taken_by_none():
    assert taken_by() is None
    assert (
        taken_by(rule("a", name="Redis*"), rule("b", labels={"system": "tcgx"}), rule("c", labels={"zone": "*"}))
        is None
    )


@pytest.mark.parametrize(("more", "less"), [
    ({"name": "PostgresTooManyConnections"}, {"name": "Postgres*", "labels": {"system": "rung", "datname": "ledger"}}),
    ({"name": "Postgres*", "labels": {"system": "rung"}}, {"name": "Postgres*"}),
    ({"labels": {"system": "rung", "datname": "*"}}, {"labels": {"system": "rung"}}),
    ({"labels": {"datname": "ledger"}}, {"labels": {"datname": "led*"}}),
    ({"name": "PostgresToo*"}, {"name": "Postgres*"}),
    ({"format": "alertmanager"}, {}),
])  # fmt: skip
def test_the_more_specific_rule_wins_wherever_it_stands(more, less):
    assert taken_by(rule("more", **more), rule("less", **less)) == "more"
    assert taken_by(rule("less", **less), rule("more", **more)) == "more"


def test_two_equal_rules_leave_it_to_triage():
    two = rule("a", name="Postgres*"), rule("b", name="Postgres*")
    assert taken_by(*two) is None
    assert taken_by(*two, rule("triage", triage=True)) == "triage"


def test_two_equal_rules_that_agree_are_one():
    assert taken_by(rule("a", name="Postgres*"), rule("a", name="Postgres*")) == "a"


def test_triage_takes_what_nobody_takes_and_nothing_else():
    triage = rule("triage", triage=True, labels={"system": "rung"})
    assert taken_by(triage) == "triage"
    assert taken_by(triage, rule("everything", triage=True)) == "triage"
    assert taken_by(triage, rule("a", name="*")) == "a"
    assert taken_by(triage, alert=ALERT.model_copy(update={"labels": {}})) is None


def test_labels_become_parameters_and_may_name_the_environment():
    it = rule("a", params={"pool": 5, "database": "rung"},
              from_labels={"environment": "environment", "database": "datname", "zone": "zone"},
              severity="critical")  # fmt: skip
    route = Routes([it])(ALERT)
    assert (route.environment, route.params, route.severity) == (
        "rung-staging", {"pool": 5, "database": "ledger"}, Severity.CRITICAL,
    )  # fmt: skip


def test_a_misspelt_rule_is_refused():
    with pytest.raises(ValidationError):
        rule("a", lables={})
    with pytest.raises(ValidationError):
        rule("a", deployment="no-slash")
