"""Strangers: which there are, how they are drawn, and the rules by which they are judged."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import load_pem_x509_certificate

from deployments.deployed import listed
from journal import clock
from journal.facts.words import Ending
from sandbox import faults
from sandbox.certificate import make
from sandbox.drills.run import drills
from sandbox.errors import SandboxError
from sandbox.eyes import BLIND, BY_TLS, SEEING, saved_as
from sandbox.faults.fault import AwsFault
from sandbox.strangers import meet as meeting
from sandbox.strangers.__main__ import MANY
from sandbox.strangers.hindrance import BLINDED, NOTHING, OF_THE_WORLD, hindered, without
from sandbox.strangers.lot import Broken, Stranger, at_work, drawn, every
from sandbox.strangers.meet import Came, Met, judged, meet, treated_by
from sandbox.strangers.record import Record
from sandbox.strangers.record import met as met_before
from sandbox.systems.rung.alerting import Alerting
from sandbox.systems.rung.api_faults import ALIAS, FUNCTION, STAGE_OF, ApiFault
from sandbox.systems.rung.memos import BUCKET, POLICY, ROLE
from sandbox.systems.rung.world import FAULTS
from sandbox.within.clock import PracticeClock
from sandbox.within.rehearsal import ProcessRehearsal
from sandbox.world import REFUSED

LEAK = Stranger(
    runbook="rung.connection_exhaustion",
    alert="PostgresTooManyConnections",
    labels={},
    broken=(Broken(fault="idle_leak"),),
    ours=("idle_leak",),
)
TREATS = {"end_idle_sessions": ("idle_leak",), "reboot_instance": ("honest_load",)}


KNOWN = tuple(drills())


@pytest.fixture(scope="module")
def lot() -> list[Stranger]:
    return list(every(KNOWN))


def test_every_fault_meets_every_runbook_seen_blind_and_hindered_in_each_way(lot: list[Stranger]) -> None:
    alone = {(one.runbook, one.broken[0].fault, str(one.hindrance)) for one in lot if len(one.broken) == 1}
    runbooks, names = {drill.runbook for drill in KNOWN}, faults.names(FAULTS)
    ways = {str(way) for way in (NOTHING, BLINDED, *OF_THE_WORLD)}
    assert {(r, f, way) for r in runbooks for f in names for way in ways} <= alone


def test_every_probe_of_a_runbook_is_blinded_by_itself(lot: list[Stranger]) -> None:
    blinded = {(one.runbook, one.hindrance.probe) for one in lot if one.kind == "without"}
    drilled = [one for one in listed() if one.runbook in {drill.runbook for drill in KNOWN}]
    assert blinded == {(one.runbook, name) for one in drilled for name in one.declaration.probes()}


def test_limits_are_met_from_both_sides(lot: list[Stranger]) -> None:
    edges = [one.broken[0] for one in lot if one.kind == "edge"]
    seconds = {one.bounds["seconds"] for one in edges if one.fault == "slow_authorizer"}
    assert min(seconds) < 5 < max(seconds), "latency counts as high from 5 s on"


def test_a_number_that_becomes_nothing_is_no_edge(lot: list[Stranger]) -> None:
    moved = [one.broken[0].bounds for one in lot if one.kind == "edge"]
    assert any("clients" in bounds for bounds in moved)
    assert all(value != 0 for bounds in moved for name, value in bounds.items() if name == "clients")


def test_there_are_enough_to_draw_from_and_of_each_kind_as_many(lot: list[Stranger]) -> None:
    few = drawn(lot, 200, "a")
    assert len(lot) >= MANY
    kinds = Counter(one.kind for one in few)
    assert set(kinds) == {one.kind for one in lot}
    assert max(kinds.values()) - min(kinds.values()) <= 1
    assert sum(bool(one.ours) for one in few) >= 90, "half of them meet a runbook that knows them"


def test_a_seed_draws_the_same_ones_again_and_another_others(lot: list[Stranger]) -> None:
    assert drawn(lot, 50, "a") == drawn(reversed(lot), 50, "a") != drawn(lot, 50, "b")


SEED = secrets.token_hex(4)


@pytest.mark.parametrize("number", range(6))
def test_a_stranger_drawn_by_lot_keeps_the_rules(number: int, lot: list[Stranger], within: ProcessRehearsal) -> None:
    stranger = drawn(lot, 6, SEED)[number]
    met = meet(stranger, within, at_work(stranger, KNOWN))
    assert met.told == (), f"make strangers ARGS='--many 6 --seed {SEED}': {stranger}"


def test_one_probe_that_may_not_look_is_unknown_and_the_others_are_seen(within: ProcessRehearsal) -> None:
    blinded = replace(LEAK, hindrance=without("sessions"))
    met = meet(blinded, within, at_work(LEAK, KNOWN))
    assert (met.told, met.unmet) == ((), "")


def test_metrics_that_come_late_and_a_clock_that_is_off_are_seen_by_us_alone(within: ProcessRehearsal) -> None:
    world, env = within.world, within.environments[False]["rung-practice"]
    world.begin_afresh(seconds=600, turns=4)  # also what a clock that is behind would show

    def seen(aws: Any) -> int:
        end = clock.now() + timedelta(seconds=1)
        metric = {"Namespace": "AWS/ApiGateway", "MetricName": "Count", "Dimensions": STAGE_OF}
        query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 1, "Stat": "Sum"}}
        start = end - timedelta(minutes=1)
        (found,) = aws.get_metric_data(MetricDataQueries=[query], StartTime=start, EndTime=end)["MetricDataResults"]
        return len(found["Values"])

    ours, theirs = env.aws.reading("cloudwatch"), world.facts.aws.client("cloudwatch")
    assert seen(ours) == seen(theirs) > 0
    for way in OF_THE_WORLD[:3]:
        with hindered(world, way):
            assert (seen(ours), seen(theirs) > 0) == (0, True), way
    assert seen(ours) > 0


def test_aws_tells_us_by_how_much_our_clock_is_off(within: ProcessRehearsal) -> None:
    aws = within.environments[False]["rung-practice"].aws

    def said() -> list[str]:
        return [check.text for check in aws.checks() if check.of_time]

    assert said() == []
    for way, word in zip(OF_THE_WORLD[1:3], ("ahead of", "behind"), strict=True):
        with hindered(within.world, way):
            (text,) = said()
        assert re.search(rf"is (1 min 5\d s|2 min( \d s)?) {word} that of AWS", text)  # HTTP tells whole seconds


def test_a_second_step_treats_what_the_first_does() -> None:
    treats = treated_by("rung.connection_exhaustion")
    assert treats["reboot_instance"] == treats["raise_max_connections"] == {"honest_load"}


def test_who_waits_complains_about_nothing_that_fails() -> None:
    waiting = Came(
        ending=Ending.NOT_REPRODUCED, before=frozenset({"slow_database"}), after=frozenset({"slow_database"})
    )
    for runbook, seconds, clear in (
        ("rung.high_error_rate", 5.6, False),
        ("rung.high_error_rate", 11.0, True),  # beyond the timeout
        ("rung.high_latency", 5.6, True),
    ):
        slow = Broken(fault="slow_database", bounds={"seconds": seconds})
        one = Stranger(runbook=runbook, alert="X", labels={}, broken=(slow,), ours=("slow_database",))
        assert judged(one, waiting, working=(), treats={}).all_clear is clear


def test_one_that_does_not_end_is_counted_and_not_left_out(within: ProcessRehearsal, monkeypatch: Any) -> None:
    answer_all = meeting.answer_all

    def too_late(rehearsal: ProcessRehearsal, incident: str, **how: Any) -> None:
        answer_all(rehearsal, incident, **how)
        rehearsal.closed(incident)
        raise TimeoutError("Waited 180 s in vain for the end.")

    monkeypatch.setattr(meeting, "answer_all", too_late)
    met = meet(LEAK, within, at_work(LEAK, KNOWN))
    assert (met.endless, met.unmet, met.told) == (True, "", ("did not end in time",))
    assert met.came is not None
    assert met.came.applied == ("end_idle_sessions",), "what was done until then is judged all the same"


def test_at_work_is_what_drills_of_the_runbook_say() -> None:
    assert at_work(LEAK, drills()) == {"idle_leak"}


def test_triage_is_right_to_name_a_runbook_that_knows_the_fault() -> None:
    before_triage = Stranger(runbook="rung.triage", alert="RungUnwell", labels={}, broken=LEAK.broken)
    assert "connection_exhaustion" in at_work(before_triage, drills())


@pytest.mark.parametrize(
    ("came", "wrongly_blamed", "harmful", "all_clear"),
    [
        (Came(ending=Ending.RESOLVED, blamed={"idle_leak": 0.9}, applied=("end_idle_sessions",)), 0, 0, 0),
        (Came(ending=Ending.UNRESOLVED, blamed={"honest_load": 0.8}), 1, 0, 0),
        (Came(ending=Ending.UNRESOLVED, applied=("reboot_instance",)), 0, 1, 0),
        (Came(ending=Ending.UNRESOLVED, after=frozenset({"fresh clients are refused"})), 0, 1, 0),
        (Came(ending=Ending.UNRESOLVED, before=frozenset({"idle_leak"}), after=frozenset({"idle_leak"})), 0, 0, 0),
        (Came(ending=Ending.NOT_REPRODUCED, before=frozenset({REFUSED}), after=frozenset({REFUSED})), 0, 0, 1),
        (Came(ending=Ending.NOT_REPRODUCED, before=frozenset({"n8n_down"}), after=frozenset({"n8n_down"})), 0, 0, 0),
        (Came(ending=Ending.RESOLVED, before=frozenset({REFUSED}), after=frozenset({REFUSED})), 0, 0, 1),
        (Came(ending=Ending.NOT_REPRODUCED), 0, 0, 0),
    ],
)
def test_what_came_of_it_is_judged_by_rule(came: Came, wrongly_blamed: int, harmful: int, all_clear: int) -> None:
    met = judged(LEAK, came, working=at_work(LEAK, drills()), treats=TREATS)
    assert (met.wrongly_blamed, met.harmful, met.all_clear) == (wrongly_blamed, harmful, all_clear)
    assert len(met.told) == wrongly_blamed + harmful + all_clear
    assert [(one.score, one.right) for one in met.blames] == [(p, not wrongly_blamed) for p in came.blamed.values()]


@pytest.mark.parametrize(("edge", "harmful"), [(False, False), (True, True)])
def test_what_was_broken_beforehand_shows_by_itself_unless_it_need_never_show(*, edge: bool, harmful: bool) -> None:
    one = replace(LEAK, broken=(Broken(fault="licence_suspended", edge=edge),))
    later = Came(ending=Ending.UNRESOLVED, after=frozenset({"licence_suspended"}))
    assert judged(one, later, working=(), treats={}).harmful is harmful
    changed = replace(later, applied=("end_idle_sessions",))
    assert judged(one, changed, working=("idle_leak",), treats=TREATS).harmful, "then the change may have done it"


def test_at_work_may_depend_on_how_a_fault_is_broken() -> None:
    def before_triage(which: str, **more: bool) -> frozenset[str]:
        broken = (Broken(fault="dependency_fails", bounds={"which": which, **more}),)
        return at_work(Stranger(runbook="rung.triage", alert="RungTriage", labels={}, broken=broken), KNOWN)

    assert "s3_access_denied" in before_triage("s3")
    assert "s3_access_denied" in before_triage("s3", released=True), "whatever else is said of it"
    assert "s3_access_denied" not in before_triage("cognito")


def test_handing_over_is_right_only_where_it_is_the_others_problem() -> None:
    def before(runbook: str, shape: str) -> frozenset[str]:
        broken = (Broken(fault="noisy_alarm", bounds={"shape": shape}),)
        return at_work(Stranger(runbook=runbook, alert="RungTriage", labels={}, broken=broken), KNOWN)

    assert "false_positive_alerts" in before("rung.triage", "hovering")
    assert "false_positive_alerts" not in before("rung.triage", "attack"), "there the alarm is right"
    leak = Stranger(runbook="rung.high_error_rate", alert="X", labels={}, broken=(Broken(fault="idle_leak"),))
    assert at_work(leak, KNOWN) == set(), "who also treats something itself must know it by its own drills"


def test_who_knows_a_fault_only_by_another_way_to_it_looks_by_that(lot: list[Stranger]) -> None:
    seen_by = {
        (one.runbook, one.seen_by)
        for one in lot
        if one.broken[0].fault == "n8n_certificate_ran_out" and one.kind == "alone"
    }
    by_tls = saved_as("rung", BY_TLS)
    assert ("rung.workflow_not_triggering", by_tls) in seen_by
    assert ("rung.high_latency", SEEING) in seen_by
    assert all(one.seen_by == BLIND for one in lot if one.kind == "blind")


def test_there_is_no_more_than_all_of_something(lot: list[Stranger]) -> None:
    assert all(one.broken[0].bounds.get("share", 0) <= 1 for one in lot)


def test_what_two_faults_changed_is_put_back_as_it_was_before_both(within: ProcessRehearsal) -> None:
    world, before = within.world, Alerting.now(within.world.facts.aws)
    world.inject("noisy_alarm", {"shape": "rare", "settings": {"OKActions": None}})
    world.inject("alert_gap", {"gap": "deaf"})
    world.heal()
    assert Alerting.now(world.facts.aws).alarms == before.alarms


def test_what_any_fault_changed_in_aws_is_put_back_whatever_was_broken_before_it(within: ProcessRehearsal) -> None:
    world = within.world
    aws = world.facts.aws
    functions, s3, iam = aws.client("lambda"), aws.client("s3"), aws.client("iam")

    def as_it_is() -> dict[str, Any]:
        versions = [
            functions.get_function_configuration(FunctionName=FUNCTION, **which) for which in ({}, {"Qualifier": ALIAS})
        ]
        return {
            "function": [
                [one.get(name) for name in ("Role", "Environment", "Timeout", "MemorySize")] for one in versions
            ],
            "bucket": s3.get_bucket_policy(Bucket=BUCKET)["Policy"],
            "role": iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"],
            "alarms": Alerting.now(aws),
            "workflows": {one.path: one.active for one in world.n8n.workflows.values()},
        }

    before = as_it_is()
    every = {name: faults.find(FAULTS, name, {}) for name in faults.names(FAULTS)}
    told = (AwsFault.start, ApiFault.start)  # whoever has these only tells conditions, and takes them back
    for name, fault in every.items():  # the last of them has met what all others left
        if not isinstance(fault, AwsFault) or type(fault).start in told:
            continue
        world.inject(name, {})
        world.heal()
        assert as_it_is() == before, name


def test_a_certificate_that_ran_out_has_run_out_for_everybody_however_late_practice_is(tmp_path: Path) -> None:
    with clock.use(PracticeClock(live=lambda: None)):
        clock.sleep(timedelta(days=9).total_seconds())
        made = load_pem_x509_certificate(make(tmp_path / "c.pem", days=-2).read_bytes())
    assert made.not_valid_after_utc < clock.now()


def test_a_round_goes_on_where_it_stopped_and_rounds_add_up(tmp_path: Path, lot: list[Stranger]) -> None:
    first, second = Record(path=tmp_path / "first.jsonl"), Record(path=tmp_path / "second.jsonl")
    one, other, *_ = drawn(lot, 4, "a")
    first.add(Met(stranger=one, unmet="no room"))
    first.add(Met(stranger=one, came=Came(ending=Ending.UNRESOLVED, blamed={"honest_load": 0.9})))
    assert list(met_before([second], lot, KNOWN)) == []
    second.add(Met(stranger=other, unmet="no room"))
    both = {str(found.stranger): found for found in met_before([first, second], lot, KNOWN)}
    assert set(both) == {str(one), str(other)}
    assert both[str(one)].wrongly_blamed == ("honest_load" not in at_work(one, KNOWN)), "judged by the rules of now"
    assert (both[str(one)].unmet, both[str(other)].unmet) == ("", "no room")


def test_the_first_ones_of_a_seed_are_left_out(lot: list[Stranger]) -> None:
    assert drawn(lot, 60, "a")[:40] == drawn(lot, 40, "a"), "so pieces of a round fit together"


def test_another_file_is_no_record(tmp_path: Path, lot: list[Stranger]) -> None:
    (tmp_path / "x.jsonl").write_text("hello\n")
    with pytest.raises(SandboxError, match="line 1 is no record of a stranger"):
        met_before([Record(path=tmp_path / "x.jsonl")], lot, KNOWN)
