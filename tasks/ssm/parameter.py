"""Parameters of SSM as settings: looked at with their history, and set for a while.

The store compares nothing before it sets, knows no end and no incident. What it does know is enough: every change
makes the next version, the answer to a change says which, and the history says who made each. Sessions of our changing
role are named after the incident, so a version of ours is told from all others; the first of ours sets, the next puts
back, and whoever else changes it ends that. Nothing is written beside the value: a label would keep old versions from
being dropped, and the description is its owner's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.parameters import AllowedParameter, Parameters, resource
from blocks.switchboard import Value
from journal.facts.words import Effect
from runbook import Permanent, Warrant, changes, look
from tasks.selections import ParameterOf
from tasks.switchboard.read import KINDS, LastSet, Switch, shown
from tasks.switchboard.setting import SetForAWhile, SwitchTarget

OURS = re.compile(r":assumed-role/(?P<role>[^/]+)/codeblue-(?P<incident>[^/]+)$")
PAGES, PAGE = 10, 50
"""The store keeps 100 versions of a parameter; a page may hold fewer than are asked for."""


@look("ssm:GetParameterHistory", bound="the versions of one parameter, 100 at most")
def read_parameter(parameters: Parameters, name: str) -> Switch:
    """A setting as it is now, and whether it was set by us. Raises `Permanent` for one that is secret or missing."""
    allowed = parameters.allowed(name)
    versions = sorted(_history(parameters.aws, name), key=lambda one: one["Version"])
    if not versions:
        raise Permanent(f"The Parameter Store has no {name} in this account and region; correct the environment.")
    newest = versions[-1]
    if newest["Type"] != "String":
        raise Permanent(f"{name} is a {newest['Type']}, and only plain settings are looked at; leave it out.")
    is_set, last = _last_set(versions, parameters.aws, allowed)
    value = _value(newest["Value"], allowed)
    return Switch(
        key=name,
        type=KINDS[type(value)],
        value=value,
        lasting=_value(_before(versions, name)["Value"], allowed) if is_set else value,
        version=newest["Version"],
        changed_at=newest["LastModifiedDate"],
        changed_by=_incident(newest, parameters.aws) or str(newest.get("LastModifiedUser", "")).rpartition("/")[2],
        is_set=is_set,
        expires_at=None,
        last_set=last,
    )


@dataclass(frozen=True, kw_only=True)
class InParameterStore:
    """The Parameter Store as a store of settings."""

    parameters: Parameters
    needs: tuple[str, ...]
    ends_by_itself: bool = False
    may_change: bool = True

    def allowed(self, key: str) -> AllowedParameter:
        return self.parameters.allowed(key)

    def read(self, key: str) -> Switch:
        return read_parameter(self.parameters, key)

    def would_set(self, now: Switch, to: Value, seconds: int) -> Switch:  # noqa: ARG002 # the store knows no end
        return now.model_copy(update={"value": to, "version": now.version + 1, "is_set": True})

    def set(self, target: SwitchTarget, warrant: Warrant) -> Switch:
        """What `read` found, as the answer to this change; the answer says which version it has made."""
        made = self._put(target.key, target.new, warrant)
        return self.read(target.key).model_copy(update={"version": made})

    def lift(self, target: SwitchTarget, now: Switch, warrant: Warrant) -> None:  # noqa: ARG002 # `now` tells
        """Put back what was there before ours. `now` was read a moment ago, and the store compares no better."""
        self._put(now.key, now.lasting, warrant)

    def _put(self, name: str, value: Value, warrant: Warrant) -> int:
        aws = self.parameters.aws
        try:
            ssm = aws.changing("ssm", warrant, self.needs, on=[aws.arn("ssm", f"parameter/{resource(name)}")])
            answer = ssm.put_parameter(Name=name, Value=_text(value), Overwrite=True)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"set {name} to {shown(value)}") from error
        return int(answer["Version"])


@changes(
    SwitchTarget,
    name="ssm.set_parameter",
    effect=Effect.REVERSIBLE,
    needs=("ssm:PutParameter",),
    reads=("ssm:GetParameterHistory",),
)
@dataclass(frozen=True, kw_only=True)
class SetParameter(SetForAWhile):
    """Let a parameter be `to` for `expires_after`, within what its owner allows. The mitigation must expire as well."""

    parameters: Parameters

    @property
    def store(self) -> InParameterStore:
        return InParameterStore(parameters=self.parameters, needs=self.permissions)

    @property
    def about(self) -> ParameterOf:
        return ParameterOf(name=self.key)

    @property
    def lock(self) -> str:
        return f"ssm:{self.key}"


def _history(aws: Aws, name: str) -> Iterable[Mapping[str, Any]]:
    """Every version that the store keeps. Values that are secret stay as they are stored."""
    more: dict[str, str] = {}
    for _ in range(PAGES):
        try:
            page = aws.reading("ssm").get_parameter_history(Name=name, WithDecryption=False, MaxResults=PAGE, **more)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"read the parameter {name}") from error
        yield from page["Parameters"]
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}
    raise Permanent(f"{name} has more versions than the Parameter Store keeps, so who set it was not found out.")


def _incident(version: Mapping[str, Any], aws: Aws) -> str | None:
    """The incident that made a version, by the session of our changing role; nothing where it was somebody else."""
    found = OURS.search(str(version.get("LastModifiedUser", "")))
    return found["incident"] if found and found["role"] == aws.changing_role.rpartition("/")[2] else None


def _last_set(versions: list[Mapping[str, Any]], aws: Aws, allowed: AllowedParameter) -> tuple[bool, LastSet | None]:
    """Whether what we set holds, and the last set: in turn, a version of ours sets and the next puts back."""
    ours = [(one, _incident(one, aws)) for one in versions]
    if versions[0]["Version"] > 1 and all(incident is not None for _, incident in ours):
        raise Permanent(
            f"All that is left of {allowed.key}'s history is ours, so what is its owner's was not found out."
        )
    is_set, last = False, None
    for one, incident in ours:
        is_set = incident is not None and not is_set
        if is_set and incident is not None:
            last = LastSet(
                request="",
                incident=incident,
                value=_value(one["Value"], allowed),
                after_version=one["Version"] - 1,
                version=one["Version"],
                expires_at=None,
            )
    return is_set, last


def _before(versions: list[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """The version before the newest, which is what is put back."""
    before = next((one for one in versions if one["Version"] == versions[-1]["Version"] - 1), None)
    if before is None:
        raise Permanent(f"The version of {name} before the one that Code Blue has set is gone; ask its owner.")
    return before


def _value(text: str, allowed: AllowedParameter) -> Value:
    """A value as what it is allowed to be: a number, one of some texts, or a flag. Raises `Permanent`."""
    if allowed.one_of:
        return text
    if allowed.least is not None and re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text):
        return int(text)  # and no 007: what is put back must be what was there
    if allowed.least is None and text in ("true", "false"):
        return text == "true"
    kind = "flag (true or false)" if allowed.least is None else "number"
    raise Permanent(f"{allowed.key} holds no {kind}, as the environment says; correct the one or the other.")


def _text(value: Value) -> str:
    return value if isinstance(value, str) else shown(value)
