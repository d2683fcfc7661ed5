"""The rules that runbooks bring along: no alert leads to nothing once its system has a triage runbook."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from deployments import catalogue
from deployments.receiver.routing import Route, Routes
from flows.rung.connection_exhaustion import RUNBOOK
from runbook.alert import Alert


def alert(name="Unheard", **labels):
    return Alert(format="signed", name=name, fingerprint="f", labels=labels)


def listing(*runbooks):
    return lambda: [SimpleNamespace(name=one.name.rpartition(".")[2], declaration=one) for one in runbooks]


@pytest.fixture
def routes(monkeypatch):
    def made(*runbooks):
        monkeypatch.setattr(catalogue, "listed", listing(*runbooks))
        return Routes((), catalogue.rules())

    return made


TRIAGE = replace(RUNBOOK, name="rung.triage", title="Triage", starts_on=())
OTHER = replace(RUNBOOK, name="tcgx.triage", environment="tcgx-prod", title="Triage", starts_on=())
RIVAL = replace(RUNBOOK, name="rung.rival", title="Rival")


def runbook_of(route):
    return route.runbook if isinstance(route, Route) else None


def test_without_a_triage_runbook_an_unknown_alert_is_taken_by_none(routes):
    assert runbook_of(routes(RUNBOOK)(alert())) is None


@pytest.mark.parametrize(("labels", "taken"), [
    ({"system": "rung"}, "rung.triage"), ({"system": "tcgx"}, "tcgx.triage"),
    ({"environment": "tcgx-staging"}, "tcgx.triage"), ({"system": "rung", "environment": "rung-x"}, "rung.triage"),
])  # fmt: skip
def test_an_unknown_alert_goes_to_the_triage_of_its_system(routes, labels, taken):
    assert runbook_of(routes(RUNBOOK, TRIAGE, OTHER)(alert(**labels))) == taken


def test_an_unknown_alert_of_no_system_goes_to_the_triage_of_the_only_system(routes):
    assert runbook_of(routes(RUNBOOK, TRIAGE)(alert())) == "rung.triage"


def test_an_alert_that_two_runbooks_take_goes_to_the_triage_of_their_system(routes):
    name = RUNBOOK.starts_on[0]
    assert runbook_of(routes(RUNBOOK, OTHER, TRIAGE)(alert(name))) == RUNBOOK.name
    assert runbook_of(routes(RUNBOOK, RIVAL, OTHER, TRIAGE)(alert(name))) == "rung.triage"


def test_a_label_chooses_the_environment_that_triage_looks_at(routes):
    route = routes(TRIAGE)(alert(environment="rung-staging"))
    assert (route.environment, route.deployment) == ("rung-staging", "rung.triage/triage")


def test_a_runbook_that_cannot_be_imported_stops_none_of_the_others(monkeypatch, caplog):
    class Broken:
        name, runbook = "checkout", "shop.checkout"

        @property
        def declaration(self):
            raise RuntimeError("no licence")

    monkeypatch.setattr(catalogue, "listed", lambda: [Broken(), *listing(TRIAGE)()])
    assert [rule.runbook for rule in catalogue.rules()] == ["rung.triage"]
    assert "shop.checkout cannot be loaded (RuntimeError: no licence)" in caplog.text
