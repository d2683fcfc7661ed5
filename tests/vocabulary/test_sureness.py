"""The more a wrong treatment would break, the surer its cause must be; the table is one, and each change is in it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest

from journal.facts.words import Effect, Stake
from runbook.change import CHANGES, USUAL_STAKE
from runbook.rendering import runbook_as_markdown
from runbook.sureness import CLEAR, SUPPORTED_AT, SURE, as_told, stake_of
from tests.contract.runbooks import RUNBOOKS, made_by_runbooks


def test_every_stake_has_its_sureness_and_more_at_stake_never_takes_less() -> None:
    assert list(SURE) == list(Stake)
    assert list(SURE.values()) == sorted(SURE.values())
    assert SURE[Stake.NOTHING] == as_told(SUPPORTED_AT)


PROMISED = {
    Stake.NOTHING: 0.5,
    Stake.SETTING: 0.6,
    Stake.WORK: 0.7,
    Stake.ALARM: 0.93,
    Stake.LIMIT: 0.93,
    Stake.ACCESS: 0.93,
    Stake.EVERYBODY: 0.95,
    Stake.DATA: 0.98,
}
"""The shares that treatments have taken since before sureness was told by more than shares."""


@pytest.mark.parametrize("stake", Stake)
def test_what_people_are_told_makes_nothing_easier_or_harder_to_treat(stake: Stake) -> None:
    shares = [number / 10_000 for number in range(10_001)]
    told = [as_told(share) for share in shares]
    assert told == sorted(set(told)), "a larger share is told as more, however little"
    assert [sure >= SURE[stake] for sure in told] == [share >= PROMISED[stake] for share in shares]


def test_a_supported_cause_is_told_as_a_hint_surer_and_never_as_certain() -> None:
    odds = [share / (1 - share) for share in (0.5, 0.84, 0.99)]
    told = [as_told(share) for share in (0.5, 0.84, 0.99)]
    assert [math.log(sure / (1 - sure)) for sure in told] == pytest.approx(
        [math.log(one) + 1.0 for one in odds], abs=1e-3
    )
    assert max(told) < 1.0


def test_a_page_tells_what_judging_asks() -> None:
    page = runbook_as_markdown(RUNBOOKS["rung.triage"])
    assert f"at least {CLEAR:g} times as likely as something that this page does not name" in page
    assert all(f"| {stake} | {sure:.0%} |" in page for stake, sure in SURE.items())


def test_what_can_hurt_more_puts_more_at_stake_unless_it_says_otherwise() -> None:
    assert [SURE[USUAL_STAKE[effect]] for effect in Effect] == sorted(SURE[USUAL_STAKE[effect]] for effect in Effect)


@pytest.mark.parametrize(
    ("change", "stake"),
    [
        ("rds.reboot_instance", Stake.EVERYBODY),
        ("rds.raise_max_connections", Stake.LIMIT),
        ("lambda.raise_ceiling", Stake.LIMIT),
        ("cognito.reset_mfa", Stake.ACCESS),
        ("cognito.reset_password", Stake.ACCESS),
        ("cognito.secure_account", Stake.ACCESS),
        ("cognito.enable_user", Stake.ACCESS),
        ("s3.put_bucket_policy", Stake.ACCESS),
        ("cloudwatch.adjust_alarm", Stake.ALARM),
        ("ecs.force_new_deployment", Stake.WORK),
        ("postgres.end_idle_sessions", Stake.WORK),
        ("lambda.raise_memory", Stake.SETTING),
    ],
)
def test_a_change_says_what_a_wrong_cause_would_cost(change: str, stake: Stake) -> None:
    assert made_by_runbooks()
    assert CHANGES[change].stake is stake


def test_a_first_step_puts_at_stake_what_its_second_does() -> None:
    raised = [one for _, one in made_by_runbooks()[CHANGES["rds.raise_max_connections"]]]
    anywhere = cast("Any", SimpleNamespace(env=_Anything(), params=_Anything()))
    assert {stake_of(one, anywhere) for one in raised} == {Stake.EVERYBODY}


class _Anything:
    def __getattr__(self, name: str) -> Any:
        return self
