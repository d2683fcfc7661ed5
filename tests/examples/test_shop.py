"""The example is a system like ours: found, routed, granted what it declares, and rehearsed on its own world."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from shop import acl
from shop.drills import database_connections as drills_of_connections
from shop.drills import valkey_memory as drills_of_memory
from shop.environment import Shop
from shop.runbooks import database_connections, valkey_memory
from shop.valkey import Valkey

from blocks.permissions import Needs, NotNamed
from deployments.catalogue import rules
from deployments.environments import kinds
from deployments.permissions import granted, needs_of_system, usual
from deployments.receiver.routing import Routes
from deployments.systems import GROUP, installed
from runbook.alert import Alert
from runbook.rendering import runbook_as_markdown
from sandbox.drills.drill import Drill
from sandbox.drills.run import chosen, really, within
from sandbox.within.lanes import Shown
from sandbox.within.rehearsal import flows
from sandbox.within.twins import compare
from tests.docs.pages import ROOT

BOTH_FORMS = ("shop.database_connections.idle_leak", "shop.database_connections.false_alarm")


@pytest.fixture(autouse=True)
def beside_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its distribution, as pip would install it."""
    info = tmp_path / "packages" / "codeblue_shop-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: codeblue-shop\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nshop = shop.system:SYSTEM\n")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    for cached in (installed, flows):
        cached.cache_clear()
    yield
    for cached in (installed, flows):
        cached.cache_clear()


def allowed(needs: Needs) -> dict[str, dict[str, tuple[str, ...]]]:
    found = granted(needs, usual(Shop)).connections
    return {name: {one.identity: tuple(one.document) for one in grants} for name, grants in found.items()}


def test_it_is_found_beside_ours() -> None:
    found = {one.name: one for one in installed()}
    assert found["shop"].why == ""
    assert [one.runbook for one in found["shop"].runbooks] == ["shop.database_connections", "shop.valkey_memory"]
    assert [one.name for one in found["shop"].checks] == ["shop.valkey_memory"]
    assert {Shop, Valkey} <= set(kinds())
    assert "rung" in found


@pytest.mark.parametrize(
    ("name", "runbook"),
    [("ValkeyMemoryFull", "shop.valkey_memory"), ("ShopDatabaseConnections", "shop.database_connections")],
)
def test_its_alerts_start_its_runbooks(name: str, runbook: str) -> None:
    route = Routes(rules())(Alert(format="alertmanager", name=name, fingerprint="f", labels={"environment": "shop-eu"}))
    assert route is not None
    assert (route.runbook, route.environment) == (runbook, "shop-eu")


def test_it_needs_no_aws_and_is_granted_what_it_declares_and_no_more() -> None:
    found = allowed(needs_of_system("shop"))
    assert set(found) == {"database", "valkey"}
    assert found["valkey"]["reading"] == (
        (
            "ACL SETUSER READER on resetkeys resetchannels -@all +acl|getuser +hget +info +memory|usage +scan +ttl"
            " %R~cart:* %R~page:* %R~session:*"
        ),
    )
    assert found["valkey"]["changing"] == (
        "ACL SETUSER CHANGER on resetkeys resetchannels -@all +exec +hget +multi +ttl +unlink +unwatch +watch ~cart:*",
    )


def test_a_need_whose_keys_the_environment_does_not_name_is_refused_with_the_name() -> None:
    with pytest.raises(NotNamed, match="valkey:get:basket is needed, and the environment names no basket"):
        allowed(Needs(reading=frozenset({"valkey:get:basket"})))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("-@all +info", "%R~cart:*"), "It lacks +ttl; shop.valkey_memory would be blind without it."),
        (("-@all +info +ttl", ""), "It lacks the keys %R~cart:*."),
        (("-@all +info +ttl +flushall", "%R~cart:*"), "It is allowed more than is generated: +flushall."),
        (("-@all +info +ttl", "%R~cart:* ~*"), "It is allowed more than is generated: ~*."),
    ],
)
def test_what_a_user_is_really_allowed_is_compared(told: tuple[str, str], said: str) -> None:
    needs, users = ("valkey:info", "valkey:ttl:cart"), {"valkey:ttl:cart": ("shop.valkey_memory",)}
    names = {"cart": ("cart:*",)}
    assert acl.compare("reading", needs, names, told, users).said == (said,)
    assert acl.compare("reading", needs, names, ("-@all +info +ttl", "%R~cart:*"), users).said == ()


@pytest.mark.parametrize("module", [database_connections, valkey_memory])
def test_its_runbooks_are_rendered(module: ModuleType) -> None:
    text = runbook_as_markdown(module.RUNBOOK)
    assert module.RUNBOOK.title in text
    assert all(one.claim in text for one in module.RUNBOOK.hypotheses)


EVERY = (*drills_of_connections.DRILLS, *drills_of_memory.DRILLS)


def called(drill: Drill) -> str:
    return f"{drill.runbook}.{drill.name}"


@pytest.mark.parametrize("drill", EVERY, ids=called)
def test_its_drills_go_as_expected_on_its_own_world(drill: Drill) -> None:
    assert chosen([called(drill)]) == [drill]
    (shown,) = within([drill])
    assert shown.outcome.faults == ()


@pytest.mark.timeout(600)  # a stack of its own
def test_its_drills_go_as_expected_by_the_whole_stack_and_the_journals_tell_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with a change, and one with nothing to change, on a world that begins anew."""
    paths = (ROOT, ROOT / "examples" / "shop", tmp_path / "packages")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, paths)))
    some = [one for one in EVERY if called(one) in BOTH_FORMS]
    outcomes: list[tuple[str, ...]] = []

    def expected(form: Callable[[list[Drill]], Iterator[Shown]]) -> Callable[[list[Drill]], Iterator[Shown]]:
        def show(drills: list[Drill]) -> Iterator[Shown]:
            for one in form(drills):
                outcomes.append(one.outcome.faults)
                yield one

        return show

    pairs = list(compare(some, expected(within), expected(really)))
    assert outcomes == [()] * 2 * len(some)
    assert [pair.drill for pair in pairs] == some
    assert {called(pair.drill): pair.differences for pair in pairs} == dict.fromkeys(map(called, some), ())


def test_a_drill_that_does_not_go_as_expected_says_so() -> None:
    (alarm,) = (one for one in EVERY if called(one) == "shop.valkey_memory.false_alarm")
    (shown,) = within([replace(alarm, fault="many_carts")])
    assert "ended Unresolved, not NotReproduced" in " ".join(shown.outcome.faults)
    assert "users suffer: no cart can be kept" in shown.outcome.faults


def test_a_world_that_cannot_break_what_it_is_asked_to_costs_that_drill_alone() -> None:
    (alarm,) = (one for one in EVERY if called(one) == "shop.valkey_memory.false_alarm")
    odd, next_ = within([replace(alarm, fault="no_such_fault"), alarm])
    assert (odd.outcome.faults, next_.outcome.faults) == (("KeyError: 'no_such_fault'",), ())
