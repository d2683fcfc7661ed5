"""Settings and tasks that an owner offers: how a setting is, setting it for a while, and running a task.

A setting is a switch of a switchboard, a parameter of SSM or a value in a profile of AppConfig; what is said of each is
the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from blocks.shapes import HasParameters, HasProfile, HasSwitchboard
from blocks.switchboard import Value
from flows.parts.asked import DEVISED, Asked
from journal.wording import span
from runbook import (
    Approval,
    Context,
    Evidence,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Mitigation,
    Probe,
    WayBack,
    probe,
)
from runbook.probe import E_contra, P_contra
from tasks.appconfig.change import SetSetting
from tasks.appconfig.profile import read_setting
from tasks.selections import ParameterOf, SettingOf, SwitchOf
from tasks.ssm.parameter import SetParameter, read_parameter
from tasks.switchboard.change import SetSwitch
from tasks.switchboard.read import Switch, read_switch, same, shown
from tasks.switchboard.run import RunTask

E = TypeVar("E", bound=HasSwitchboard)
S = TypeVar("S", bound=HasParameters)
A = TypeVar("A", bound=HasProfile)
P = TypeVar("P", bound=Form)

GUARDRAIL = Guardrail(at_most=1, cooldown=timedelta(minutes=10))


@dataclass(frozen=True)
class AskedSwitch(Asked[E_contra, P_contra, Switch]):
    """One switch, and what it may show. Make each sentence once, and share it between causes."""

    key: str

    def is_at(self, value: Value) -> Evidence[E_contra, P_contra]:
        """It is so now, whoever wants it."""
        return self.probe.shows(f"{self.key} is {shown(value)}", lambda r: same(r.value, value))

    def is_not_at(self, value: Value) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(f"{self.key} is not {shown(value)}", lambda r: not same(r.value, value))

    def is_set(self) -> Evidence[E_contra, P_contra]:
        """Somebody has set it for a while, so that its owner's value does not hold."""
        return self.probe.shows(f"{self.key} is set by somebody for a while", lambda r: r.is_set)


def switch(key: str, source: str = DEVISED) -> Probe[HasSwitchboard, Form, Switch]:
    """How a switch is set now, since when and by whom."""

    def of(_c: Context[HasSwitchboard, Form]) -> SwitchOf:
        return SwitchOf(key=key)

    @probe(read_switch, asks=f"How is {key} set, since when, and by whom?", source=source, about=of)
    def switch(c: Context[HasSwitchboard, Form]) -> Switch:
        return read_switch(c.env.switchboard, key)

    return replace(switch, name=f"switch_{_named(key)}")


def parameter(name: str, source: str = DEVISED) -> Probe[HasParameters, Form, Switch]:
    """How a parameter of SSM is set now, since when and by whom."""

    def of(_c: Context[HasParameters, Form]) -> ParameterOf:
        return ParameterOf(name=name)

    @probe(read_parameter, asks=f"How is {name} set, since when, and by whom?", source=source, about=of)
    def parameter(c: Context[HasParameters, Form]) -> Switch:
        return read_parameter(c.env.parameters, name)

    return replace(parameter, name=f"parameter_{_named(name)}")


def setting(key: str, source: str = DEVISED) -> Probe[HasProfile, Form, Switch]:
    """How a setting in AppConfig is deployed now, since when and by whom."""

    def of(c: Context[HasProfile, Form]) -> SettingOf:
        return SettingOf(profile=c.env.profile.profile, key=key)

    @probe(read_setting, asks=f"How is {key} set, since when, and by whom?", source=source, about=of)
    def setting(c: Context[HasProfile, Form]) -> Switch:
        return read_setting(c.env.profile, key)

    return replace(setting, name=f"setting_{_named(key)}")


def set_for_a_while(
    treats: Hypothesis[E, P],
    key: str,
    to: Value,
    *,
    lasts: timedelta,
    by: str,
    risk: str,
    validated_by: Evidence[E, P],
    within: timedelta = timedelta(minutes=5),
    leaves: str = "",
    source: str = DEVISED,
) -> Mitigation[E, P]:
    """Set a switch for so long; then it is as its owner wants, by the switchboard's own doing and by ours."""
    return Mitigation(
        name=f"set_{_named(key)}",
        title=f"Set {key} to {shown(to)} for {span(lasts)}",
        treats=treats,
        change=lambda c: SetSwitch(board=c.env.switchboard, key=key, to=to, expires_after=lasts),
        approval=Approval(by=by, risk=risk),
        guardrail=GUARDRAIL,
        undo=WayBack("The set is lifted, unless somebody has changed the switch since."),
        validated_by=validated_by,
        within=within,
        expires_after=lasts,
        leaves=leaves,
        source=source,
    )


def set_parameter_for_a_while(
    treats: Hypothesis[S, P],
    name: str,
    to: Value,
    *,
    lasts: timedelta,
    by: str,
    risk: str,
    validated_by: Evidence[S, P],
    source: str = DEVISED,
) -> Mitigation[S, P]:
    """Set a parameter of SSM for so long. Nothing but us puts it back, so it must expire by our own doing."""
    return Mitigation(
        name=f"set_{_named(name)}",
        title=f"Set {name} to {shown(to)} for {span(lasts)}",
        treats=treats,
        change=lambda c: SetParameter(parameters=c.env.parameters, key=name, to=to, expires_after=lasts),
        approval=Approval(by=by, risk=risk),
        guardrail=GUARDRAIL,
        undo=WayBack("The value before is put back, unless somebody has changed the parameter since."),
        validated_by=validated_by,
        expires_after=lasts,
        source=source,
    )


def set_setting_for_a_while(
    treats: Hypothesis[A, P],
    key: str,
    to: Value,
    *,
    lasts: timedelta,
    by: str,
    risk: str,
    validated_by: Evidence[A, P],
    source: str = DEVISED,
) -> Mitigation[A, P]:
    """Set a setting in AppConfig for so long. Nothing but us puts it back, so it must expire by our own doing."""
    return Mitigation(
        name=f"set_{_named(key)}",
        title=f"Set {key} to {shown(to)} for {span(lasts)}",
        treats=treats,
        change=lambda c: SetSetting(profile=c.env.profile, key=key, to=to, expires_after=lasts),
        approval=Approval(by=by, risk=risk),
        guardrail=GUARDRAIL,
        undo=WayBack("A version with the value before is deployed, unless somebody has deployed another since."),
        validated_by=validated_by,
        expires_after=lasts,
        source=source,
    )


def run_task(
    treats: Hypothesis[E, P],
    task: str,
    *,
    by: str,
    risk: str,
    validated_by: Evidence[E, P],
    source: str = DEVISED,
) -> Mitigation[E, P]:
    """Run a task that the application's owner offers, on what it counts when it is planned."""
    return Mitigation(
        name=f"run_{_named(task)}",
        title=f"Run {task}",
        treats=treats,
        change=lambda c: RunTask(board=c.env.switchboard, task=task),
        approval=Approval(by=by, risk=risk),
        guardrail=GUARDRAIL,
        undo=Irreversible("What the task does is its owner's code, and has no way back that we know of."),
        validated_by=validated_by,
        source=source,
    )


def _named(key: str) -> str:
    """A key as part of a name."""
    return re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")
