"""Settings in SSM on the stand-in for AWS: set for a while and put back, and never what somebody else has decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from blocks.notifier import Notifier
from blocks.parameters import AllowedParameter
from blocks.permissions import Needs
from blocks.switchboard import Switchboard
from deployments.permissions import granted
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.aws import Aws as Standing
from sandbox.aws import AwsFacts
from tasks.ssm.parameter import SetParameter, read_parameter
from tests.tasks.account import seen_by
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.typing.kiosk import LONGER, WAIT, Kiosk

HOUR = timedelta(hours=1)
MODE, FLAG, SECRET = "/kiosk/mode", "kiosk-writes", "/kiosk/password"
OWNERS = [
    AllowedParameter(key=WAIT, owner="the kiosk's team", least=1, most=20),
    AllowedParameter(key=MODE, owner="the kiosk's team", one_of=("fast", "steady")),
    AllowedParameter(key=FLAG, owner="the kiosk's team"),
    AllowedParameter(key=SECRET, owner="the kiosk's team", one_of=("a", "b")),
]


@pytest.fixture
def facts(account: Standing) -> AwsFacts:
    return account.facts


@pytest.fixture
def owner(facts: AwsFacts) -> Iterator[Any]:
    """SSM as the owner has it, with four parameters that are gone afterwards."""
    ssm: Any = facts.client("ssm")
    for name, value in ((WAIT, "3"), (MODE, "fast"), (FLAG, "true")):
        ssm.put_parameter(Name=name, Value=value, Type="String")
    ssm.put_parameter(Name=SECRET, Value="a", Type="SecureString")
    yield ssm
    ssm.delete_parameters(Names=[WAIT, MODE, FLAG, SECRET])


@pytest.fixture
def env(facts: AwsFacts, owner: Any) -> Kiosk:
    """What we have, and what `guarded` judges guardrails in."""
    return kiosk(facts, facts.reading_role)


def kiosk(facts: AwsFacts, reading_role: str) -> Kiosk:
    aws = seen_by(facts, reading_role)
    return Kiosk(notifier=Notifier(), switchboard=Switchboard.placeholder(), aws=aws, may_be_set=OWNERS)


def wait(env: Kiosk, **other: Any) -> SetParameter:
    return SetParameter(**{"parameters": env.parameters, "key": WAIT, "to": LONGER, "expires_after": HOUR, **other})


def value(owner: Any, name: str = WAIT) -> str:
    return str(owner.get_parameter(Name=name)["Parameter"]["Value"])


def owned(owner: Any, to: str) -> None:
    owner.put_parameter(Name=WAIT, Value=to, Overwrite=True)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"key": "/kiosk/other"}, "does not name /kiosk/other"),
        ({"to": 21}, "may be 1 to 20"),
        ({"to": "10"}, "may be 1 to 20"),
        ({"expires_after": timedelta(days=2)}, "may be set for 1 s to 86400 s"),
    ],
)
def test_what_the_environment_does_not_allow_is_refused(env: Kiosk, other: dict[str, Any], why: str) -> None:
    with pytest.raises(NotSafe, match=why):
        wait(env, **other).plan()


def test_a_secret_is_neither_looked_at_nor_set(env: Kiosk) -> None:
    with pytest.raises(Permanent, match="is a SecureString, and only plain settings are looked at"):
        wait(env, key=SECRET, to="b").plan()


@pytest.mark.parametrize("text", ["three", "3.5", "none", " 3", "007", "-0", "٣"])
def test_a_value_of_another_kind_is_no_value(env: Kiosk, owner: Any, text: str) -> None:
    owned(owner, text)
    with pytest.raises(Permanent, match="holds no number"):
        wait(env).plan()


def test_one_that_is_not_there_is_not_off(env: Kiosk) -> None:
    gone = AllowedParameter(key="/kiosk/gone", owner="nobody")
    there = env.model_copy(update={"may_be_set": [gone]})
    with pytest.raises(Permanent, match="ParameterNotFound"):
        read_parameter(there.parameters, "/kiosk/gone")


@pytest.mark.case(SetParameter, NEEDED, UNDO, GUARDRAIL)
def test_a_parameter_is_set_for_a_while_and_put_back(env: Kiosk, owner: Any, guarded: Guarded) -> None:
    change = wait(env)
    plan = planned(change)
    guarded(plan)
    (target,) = plan.targets
    assert (target.before, target.after) == ("3", "10 for 1 h")
    assert any("ends nothing by itself" in one for one in plan.warnings)
    assert change.landed(plan)[0] is Answer.NO
    outcome = change.apply(plan, WARRANT)
    assert outcome.ok, outcome.note
    assert value(owner) == "10"
    seen = read_parameter(env.parameters, WAIT)
    assert (seen.is_set, seen.value, seen.lasting, seen.changed_by) == (True, 10, 3, "INC-TEST")
    assert change.landed(plan)[0] is Answer.YES
    assert change.undone(plan)[0] is Answer.NO
    assert change.undo(plan, WARRANT).ok
    assert value(owner) == "3"
    assert change.undone(plan)[0] is Answer.YES
    assert not read_parameter(env.parameters, WAIT).is_set
    assert change.undo(plan, WARRANT).ok


@pytest.mark.parametrize(("key", "to", "text"), [(MODE, "steady", "steady"), (FLAG, False, "false")])
def test_texts_and_flags_are_set_as_they_are_written(env: Kiosk, owner: Any, key: str, to: Any, text: str) -> None:
    change = wait(env, key=key, to=to)
    plan = planned(change)
    assert change.apply(plan, WARRANT).ok
    assert value(owner, key) == text


@pytest.mark.case(SetParameter, NOT_NEEDED)
def test_a_parameter_that_is_so_already_needs_nothing(env: Kiosk) -> None:
    assert isinstance(wait(env, to=3).plan(), NotNeeded)


def test_what_another_incident_has_set_is_left_to_it(env: Kiosk) -> None:
    wait(env).apply(planned(wait(env)), WARRANT)
    with pytest.raises(NotSafe, match=r"is 10 for a while, then 3 .* changed by INC-TEST"):
        wait(env, to=12).plan()


@pytest.mark.case(SetParameter, DRIFTED)
def test_one_that_was_changed_since_the_approval_is_left_alone(env: Kiosk, owner: Any) -> None:
    change = wait(env)
    plan = planned(change)
    owned(owner, "5")
    with pytest.raises(Drifted, match="nothing was set"):
        change.apply(plan, WARRANT)
    assert value(owner) == "5"
    assert change.landed(plan)[0] is Answer.NO


@pytest.mark.case(SetParameter, UNKNOWN)
def test_what_became_of_it_cannot_be_told_when_others_followed_or_nobody_may_look(
    env: Kiosk, owner: Any, facts: AwsFacts
) -> None:
    change = wait(env)
    plan = planned(change)
    owned(owner, "5")
    owned(owner, "6")
    assert change.landed(plan)[0] is Answer.UNKNOWN
    with pytest.raises(Permanent, match="grant the generated policy"):
        replace(change, parameters=kiosk(facts, facts.blind_role).parameters).landed(plan)


def test_each_set_is_told_from_putting_back_whoever_comes_between(env: Kiosk, owner: Any) -> None:
    """The owner's value may be the same as before: only who made each version tells them apart."""
    seen: list[tuple[bool, int]] = []

    def look() -> None:
        found = read_parameter(env.parameters, WAIT)
        assert isinstance(found.value, int)
        seen.append((found.is_set, found.value))

    for _ in range(2):
        change = wait(env)
        plan = planned(change)
        change.apply(plan, WARRANT)
        look()
        change.undo(plan, WARRANT)
        look()
    change.apply(planned(change), WARRANT)
    owned(owner, "10")
    look()
    assert seen == [(True, 10), (False, 3), (True, 10), (False, 3), (False, 10)]


def test_putting_back_overwrites_nobody(env: Kiosk, owner: Any) -> None:
    change = wait(env)
    plan = planned(change)
    change.apply(plan, WARRANT)
    owned(owner, "7")
    outcome = change.undo(plan, WARRANT)
    assert not outcome.ok
    assert "which somebody else decided" in outcome.note
    assert value(owner) == "7"


def test_somebody_who_was_faster_by_a_moment_is_told_and_not_hidden(
    env: Kiosk, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store compares nothing, so ours went on top; the version that it answers says so."""
    change = wait(env)
    plan = planned(change)
    reads = iter((read_parameter(env.parameters, WAIT),))
    owned(owner, "5")
    really = type(change.store).read
    monkeypatch.setattr(type(change.store), "read", lambda store, key: next(reads, None) or really(store, key))
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "10 was asked for, and what it answered is:" in outcome.note
    assert change.undo(plan, WARRANT).ok
    assert value(owner) == "5", "what they decided, and not what was there when this was planned"
    assert not read_parameter(env.parameters, WAIT).is_set


def test_the_roles_are_granted_the_named_parameters_and_no_others(env: Kiosk) -> None:
    needs = Needs(reading=frozenset(SetParameter.reads), changing=frozenset(SetParameter.permissions))
    reading, changing = granted(needs, env).connections["aws"]
    arns = [f"arn:aws:ssm:us-east-1:111122223333:parameter/{name}" for name in ("kiosk/wait_seconds", "kiosk/mode")]
    for found in (reading, changing):
        assert isinstance(found.document, dict)
        (statement,) = found.document["Statement"]
        assert statement["Resource"][:2] == arns


def test_a_session_for_one_parameter_reaches_no_other(env: Kiosk, owner: Any) -> None:
    change = wait(env)
    plan = planned(change)
    (target,) = plan.targets
    aws = env.aws
    ssm = aws.changing("ssm", WARRANT, change.permissions, on=[aws.arn("ssm", "parameter/kiosk/wait_seconds")])
    with pytest.raises(Exception, match="not authorized to perform: ssm:PutParameter"):
        ssm.put_parameter(Name=MODE, Value="steady", Overwrite=True)
    ssm.put_parameter(Name=target.key, Value="4", Overwrite=True)
    assert value(owner) == "4"
