"""Five systems with runbooks of the same names: every alert reaches its own system's, and what names none is told."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from deployments import catalogue, deployed
from deployments.receiver.dispatch import Dispatcher
from deployments.receiver.inbox_queries import AMBIGUOUS, UNKNOWN_PLACE, UNROUTED, left_over, waiting
from deployments.receiver.meaning import NoRoute, SavedEnvironments
from deployments.receiver.routing import Route, Routes, Rule, systems_of
from flows.rung.connection_exhaustion import RUNBOOK
from journal.inbox import Inbox
from runbook.alert import Alert
from tests.packs import Install, declared
from tests.receiver.test_dispatch import FakePrefect, keep, settle

SYSTEMS = ("rung", "shop", "shop_search", "ledger", "mail")
NAMES = {"high_latency": "HighLatency", "slow_queries": "SlowQueries", "service_down": "*Down"}


def runbooks(*systems, names=NAMES, triage=True):
    for system in systems:
        where = {"environment": f"{system.replace('_', '-')}-prod", "from_labels": {}}
        for name, alert in names.items():
            yield replace(RUNBOOK, name=f"{system}.{name}", starts_on=(alert,), **where)
        if triage:
            yield replace(RUNBOOK, name=f"{system}.triage", starts_on=(), **where)


@pytest.fixture
def routes(monkeypatch):
    def made(*declared, own=(), installed=SYSTEMS, saved=lambda _: ()):
        entries = [
            SimpleNamespace(name=one.name.rpartition(".")[2], runbook=one.name, declaration=one) for one in declared
        ]
        monkeypatch.setattr(catalogue, "listed", lambda: entries)
        rules = catalogue.rules()
        return Routes(own, rules, systems_of(rules, installed=installed, saved=saved))

    return made


@pytest.fixture
def five(routes):
    return routes(*runbooks(*SYSTEMS))


def alert(name, fingerprint="f", **labels):
    return Alert(format="signed", name=name, fingerprint=fingerprint, labels=labels)


def taken(route):
    return (route.runbook, route.environment) if isinstance(route, Route) else route.instead


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    ("name", "runbook"),
    [
        ("HighLatency", "high_latency"),
        ("SlowQueries", "slow_queries"),
        ("WorkerDown", "service_down"),
        ("Unheard", "triage"),
    ],
)
def test_an_alert_reaches_the_runbook_of_its_own_system(five, system, name, runbook):
    begins = system.replace("_", "-")
    wanted = f"{system}.{runbook}"
    assert taken(five(alert(name, system=system))) == (wanted, f"{begins}-prod")
    assert taken(five(alert(name, environment=f"{begins}-prod"))) == (wanted, f"{begins}-prod")
    assert taken(five(alert(name, environment=f"{begins}-eu"))) == (wanted, f"{begins}-eu")
    assert taken(five(alert(name, system=system, environment=f"{begins}-eu"))) == (wanted, f"{begins}-eu")


@pytest.mark.parametrize("name", ["HighLatency", "WorkerDown", "Unheard"])
def test_an_alert_that_names_no_system_starts_nothing_where_several_can_mean_it(five, name):
    assert taken(five(alert(name))) == AMBIGUOUS


@pytest.mark.parametrize(
    "labels",
    [
        {"system": "warehouse"},
        {"environment": "warehouse-prod"},
        {"environment": "prod"},
        {"environment": "shop"},
        {"system": "rung", "environment": "shop-prod"},
        {"system": "rung", "environment": "prod"},
        {"system": "warehouse", "environment": "rung-prod"},
        {"system": "Rung"},
    ],
)
def test_an_alert_that_names_what_nobody_knows_starts_nothing(five, labels):
    assert taken(five(alert("HighLatency", **labels))) == UNKNOWN_PLACE


def test_an_alert_that_one_system_alone_has_a_runbook_for_goes_there(routes):
    only = [*runbooks("rung", names={"mfa_issues": "MfaFails"}), *runbooks("shop")]
    assert taken(routes(*only)(alert("MfaFails"))) == ("rung.mfa_issues", "rung-prod")
    assert taken(routes(*only)(alert("MfaFails", system="shop"))) == ("shop.triage", "shop-prod")


def test_two_runbooks_of_the_one_system_that_can_mean_it_leave_it_to_that_system_s_triage(routes):
    two = [*runbooks("rung", names={"a": "MfaFails", "b": "MfaFails"}), *runbooks("shop")]
    assert taken(routes(*two)(alert("MfaFails"))) == ("rung.triage", "rung-prod")


def test_a_more_specific_runbook_of_another_system_does_not_make_a_vague_one_impossible(routes):
    two = [*runbooks("rung", names={"a": "HighLatency"}), *runbooks("shop", names={"b": "*Latency"})]
    assert taken(routes(*two)(alert("HighLatency"))) == AMBIGUOUS
    assert taken(routes(*two)(alert("HighLatency", system="shop"))) == ("shop.b", "shop-prod")


def test_a_single_system_takes_what_names_none(routes):
    one = routes(*runbooks("rung"), installed=("rung",))
    assert taken(one(alert("HighLatency"))) == ("rung.high_latency", "rung-prod")
    assert taken(one(alert("Unheard"))) == ("rung.triage", "rung-prod")
    assert taken(one(alert("Unheard", system="shop"))) == UNKNOWN_PLACE


def test_a_system_without_a_runbook_for_it_takes_nothing_of_another(routes):
    some = routes(*runbooks("rung"), *runbooks("shop", names={}, triage=False))
    assert taken(some(alert("HighLatency", system="mail"))) == UNROUTED
    assert taken(some(alert("HighLatency", system="shop"))) == UNROUTED


# -- saved environments ------------------------------------------------------------------------------------------------


def test_the_kind_that_an_environment_is_saved_as_says_whose_it_is(routes):
    saved = {"blue": {"ledger"}, "shop-mails": {"mail"}, "prod": {"rung", "shop"}}
    some = routes(*runbooks(*SYSTEMS), saved=lambda name: saved.get(name, ()))
    assert taken(some(alert("HighLatency", environment="blue"))) == ("ledger.high_latency", "blue")
    assert taken(some(alert("HighLatency", environment="shop-mails"))) == ("mail.high_latency", "shop-mails")
    assert taken(some(alert("HighLatency", environment="prod"))) == AMBIGUOUS
    assert taken(some(alert("HighLatency", environment="prod", system="shop"))) == ("shop.high_latency", "prod")
    assert taken(some(alert("HighLatency", environment="prod", system="mail"))) == UNKNOWN_PLACE


def test_what_prefect_has_not_said_yet_is_asked_again_and_not_guessed(routes):
    some = routes(*runbooks(*SYSTEMS), saved=lambda _: None)
    assert taken(some(alert("HighLatency", environment="blue"))) == ""
    assert taken(some(alert("HighLatency", environment="mail-eu"))) == ("mail.high_latency", "mail-eu")


class Prefect:
    def __init__(self):
        self.saved, self.asked, self.away, self.now = {}, 0, False, 0.0

    def __call__(self):
        self.asked += 1
        if self.away:
            raise ConnectionError
        return dict(self.saved)


def test_saved_environments_are_remembered_for_a_moment_and_unknown_while_prefect_is_away():
    prefect = Prefect()
    saved = SavedEnvironments(prefect, clock=lambda: prefect.now)
    prefect.away = True
    assert saved("blue") is None
    prefect.away, prefect.saved = False, {"blue": {"mail"}}
    assert (saved("blue"), saved("green"), prefect.asked) == ({"mail"}, (), 2)
    prefect.now, prefect.saved = 20.0, {"green": {"shop"}}
    assert (saved("green"), saved("blue"), prefect.asked) == ({"shop"}, (), 3)
    prefect.now, prefect.away = 40.0, True
    assert (saved("green"), saved("blue")) == ({"shop"}, None)
    saved.close()


# -- the operator's own routes -----------------------------------------------------------------------------------------


def own(**fields):
    given = {"deployment": "own/own", "runbook": "own", "title": "Own", "system": "rung", "environment": "rung-own"}
    return Rule(**(given | fields))


@pytest.mark.parametrize("labels", [{}, {"system": "shop"}, {"system": "warehouse"}, {"environment": "prod"}])
def test_the_operator_s_own_route_wins_whatever_the_alert_names(routes, labels):
    some = routes(*runbooks(*SYSTEMS), own=[own(name="HighLatency")], saved=lambda _: None)
    assert taken(some(alert("HighLatency", **labels))) == ("own", "rung-own")


def test_the_operator_s_own_triage_takes_what_no_system_does(routes):
    some = routes(*runbooks(*SYSTEMS), own=[own(triage=True)])
    assert taken(some(alert("HighLatency"))) == ("own", "rung-own")
    assert taken(some(alert("HighLatency", system="warehouse"))) == ("own", "rung-own")
    assert taken(some(alert("HighLatency", system="mail"))) == ("mail.high_latency", "mail-prod")


# -- as they are installed ---------------------------------------------------------------------------------------------

DECLARED = """
from dataclasses import replace
from flows.rung.connection_exhaustion import RUNBOOK as OURS
RUNBOOK = replace(OURS, name={name!r}, starts_on=({alert!r},), environment={environment!r}, from_labels={{}})
"""


def test_systems_that_are_installed_beside_ours_have_their_own_runbooks_of_the_same_names(install: Install, tmp_path):
    """By entry points, as pip leaves them: four of others and rung."""
    theirs = SYSTEMS[1:]
    for system in theirs:
        install(system, declared(system), runbooks=tuple(NAMES), distribution=f"of_{system}")
        for name, begins in NAMES.items():
            more = {"name": f"{system}.{name}", "alert": begins, "environment": f"{system.replace('_', '-')}-prod"}
            with (tmp_path / f"{system}_pack" / f"{name}.py").open("a") as module:
                module.write(DECLARED.format(**more))
    found = [one for one in deployed.listed() if one.runbook.rpartition(".")[2] in NAMES]
    assert {(system, name) for system in theirs for name in NAMES} <= {tuple(one.runbook.split(".")) for one in found}
    assert len({one.entrypoint for one in found}) == len(found)
    rules = catalogue.rules()
    route = Routes((), rules, systems_of(rules))
    for system in theirs:
        prod = f"{system.replace('_', '-')}-prod"
        assert taken(route(alert("HighLatency", system=system))) == (f"{system}.high_latency", prod)
        assert taken(route(alert("WorkerDown", environment=prod))) == (f"{system}.service_down", prod)
    assert taken(route(alert("WorkerDown"))) == AMBIGUOUS
    assert taken(route(alert("WorkerDown", system="rung"))) == ("rung.triage", "rung-prod")


# -- through the dispatcher --------------------------------------------------------------------------------------------


def test_every_alert_starts_its_own_run_and_those_that_name_none_are_kept_and_told(journal, five):
    inbox, prefect = Inbox(journal), FakePrefect()
    for system in SYSTEMS:
        keep(inbox, alert("HighLatency", f"of-{system}", system=system), f"d-{system}")
    keep(inbox, alert("HighLatency", "of-none"), "d-none")
    keep(inbox, alert("HighLatency", "of-another", system="warehouse"), "d-another")
    settle(Dispatcher(journal, prefect, five))
    assert sorted(deployment for _, deployment, *_ in prefect.runs.values()) == sorted(
        f"{system}.high_latency/high_latency" for system in SYSTEMS
    )
    assert {one.system for one in journal.incidents()} == set(SYSTEMS)
    another, none = left_over(journal)
    assert (none.why, another.why, waiting(journal)) == (AMBIGUOUS, UNKNOWN_PLACE, 0)
    assert "several systems can mean it; name one by a label `system`" in str(none)
    assert "nothing here goes by the names it has (system 'warehouse')" in str(another)


def test_an_alert_waits_in_the_inbox_until_its_environment_can_be_known(journal, routes, clock):
    said = []
    some = routes(*runbooks(*SYSTEMS), saved=lambda _: said[-1] if said else None)
    inbox, prefect = Inbox(journal), FakePrefect()
    keep(inbox, alert("HighLatency", environment="blue"), "d")
    dispatcher = Dispatcher(journal, prefect, some)
    settle(dispatcher)
    assert (prefect.runs, waiting(journal), left_over(journal)) == ({}, 1, [])
    said.append({"ledger"})
    clock.now += timedelta(seconds=6)
    settle(dispatcher)
    assert [deployment for _, deployment, *_ in prefect.runs.values()] == ["ledger.high_latency/high_latency"]
    assert waiting(journal) == 0


def test_a_reason_says_what_to_fix():
    why = Routes(())(alert("X"))
    assert isinstance(why, NoRoute)
    assert why.instead == UNROUTED
