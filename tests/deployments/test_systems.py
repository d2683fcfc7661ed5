"""Systems are found by their entry points; one that cannot be loaded is named and stops none of the others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deployments.deployed import everything
from deployments.systems import installed, system_of
from runbook.system import ScheduledCheck, System
from sandbox import faults
from sandbox.drills.run import modules
from tests.packs import Install, declared


def test_somebody_elses_system_is_listed_beside_ours(install: Install) -> None:
    check = "checks=(ScheduledCheck(name='disk', asks='a.b.c', about='x', cron='* * * * *'),)"
    found = install("shop", declared("shop", check), runbooks=("triage", "checkout_slow"))
    assert found.why == ""
    assert [one.runbook for one in found.runbooks] == ["shop.checkout_slow", "shop.triage"]
    assert found.runbooks[0].entrypoint == "shop_pack.checkout_slow.shop_checkout_slow"
    assert found.runbooks[0].description == "Find out why checkout_slow."
    names = [(one.name, one.entrypoint) for one in everything()]
    assert ("shop.disk", "a.b.c") in names
    assert len(names) == len(set(names))
    assert {"rung.disk", "shop.disk"} <= {one.name for one in everything()}
    assert "checkout_slow" not in sys.modules


def test_drills_and_faults_of_somebody_elses_system_are_found_in_the_packages_it_names(
    install: Install, tmp_path: Path
) -> None:
    for package in ("shop_drills_pack", "shop_faults_pack"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "shop_drills_pack" / "triage.py").write_text("DRILLS = ()")
    (tmp_path / "shop_faults_pack" / "cart_lost.py").write_text('"""A cart is lost."""')
    world = (
        "from sandbox.world import World",
        "class Shop(World):",
        "    system = 'shop'",
        "    faults_from = 'shop_faults_pack'",
    )
    (tmp_path / "shop_world_pack.py").write_text("\n".join(world))
    rehearsed = "drills='shop_drills_pack', faults='shop_faults_pack', world='shop_world_pack:Shop'"
    install("shop", declared("shop", rehearsed), runbooks=("triage",))
    found = [module.__name__ for module in modules()]
    assert "shop_drills_pack.triage" in found
    assert "sandbox.systems.rung.drills.triage" in found
    assert faults.described()["cart_lost"] == "A cart is lost."
    assert "cart_lost" not in faults.names("sandbox.systems.rung.faults")


@pytest.mark.parametrize(
    ("declaration", "why"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import a_library_that_is_not_there", "No module named 'a_library_that_is_not_there'"),
        ("SYSTEM = {'name': 'shop'}", "is no System but dict"),
        (declared("shopping"), "calls itself 'shopping'"),
        (declared("Shop!"), "needs a name of lower-case letters"),
        (declared("shop"), "has no module with a flow `shop_<module>`"),
        (declared("shop", "surprise=1"), "unexpected keyword argument 'surprise'"),
        (declared("shop").replace("'shop_pack'", "'nowhere'"), "no package nowhere"),
    ],
)
def test_a_broken_system_is_named_with_the_reason_and_ours_still_runs(
    install: Install, declaration: str, why: str
) -> None:
    found = install("shop", declaration)
    assert found.system is None
    assert why in found.why
    assert "theirs" in found.why
    assert system_of("rung").name == "rung"
    assert any(one.runbook == "rung.triage" for one in everything())
    with pytest.raises(LookupError, match=r"There is no system 'shop'. There are: medicalcor, rastup, rung"):
        system_of("shop")


def test_the_reason_why_a_system_is_broken_holds_no_secret(install: Install) -> None:
    found = install("shop", 'raise RuntimeError("cannot reach redis://:Falcon!9174#x@cache:6379/0")')
    assert "cache:6379" in found.why
    assert "Falcon" not in found.why


def test_a_runbook_that_is_no_python_breaks_its_own_system_alone(install: Install, tmp_path: Path) -> None:
    install("shop", declared("shop"), runbooks=("triage",))
    (tmp_path / "shop_pack" / "broken.py").write_text("def shop_broken(:")
    installed.cache_clear()
    assert "SyntaxError" in next(one.why for one in installed() if one.name == "shop")
    assert system_of("rung.triage").name == "rung"


def test_two_distributions_may_not_bring_the_same_system(install: Install) -> None:
    found = install("rung", declared("rung"), runbooks=("triage",))
    taken = [one for one in installed() if one.name == "rung"]
    assert sorted(bool(one.why) for one in taken) == [False, True]
    assert found in taken
    assert "already; uninstall one of them" in next(one.why for one in taken if one.why)


def test_a_check_names_a_flow_and_a_system_has_each_once() -> None:
    check = ScheduledCheck(name="disk", asks="a.b.c", about="x", cron="* * * * *")
    with pytest.raises(ValueError, match="two checks named disk"):
        System(name="shop", about="x", environment="a:B", runbooks="a", checks=(check, check))
    with pytest.raises(ValueError, match=r"name a flow as package.module.function"):
        ScheduledCheck(name="disk", asks="nothing", about="x", cron="* * * * *")
    with pytest.raises(ValueError, match="name it as module:name"):
        System(name="shop", about="x", environment="blocks.rung.Rung", runbooks="a")
