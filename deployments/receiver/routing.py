"""Which runbook an alert starts: rules as data, the most specific wins.

`settings` reads the rules, `dispatch` asks `Routes`. A rule names an alert and labels, exactly or by wildcards. Of the
rules that match, the one with the exact name wins, then the one with more labels, then the one with the longer
pattern. Where two are equally specific and do not agree, or none matches, the most specific matching *triage* rule
takes the alert; of several, one of a system that the two were for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from deployments.receiver.choosing import chosen
from runbook.alert import Alert, Severity

_WILD = frozenset("*?[")


class Rule(BaseModel):
    """`[[routes]]` in the settings: the alerts it matches, and what they start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("*", description="The alert's name; `*`, `?` and `[...]` are wildcards.")
    format: str = Field("*", description="The form it came in.")
    labels: dict[str, str] = Field(default_factory=dict, description="Labels it must carry, with wildcards.")
    triage: bool = Field(False, description="Takes what no other rule takes, and what two take.")

    deployment: str = Field(description="Prefect's `flow/deployment`.", pattern=r"^[^/]+/[^/]+$")
    runbook: str = Field(description="The runbook, e.g. `rung.connection_exhaustion`.", min_length=1)
    title: str = Field(min_length=1)
    version: str = Field("", description="The runbook's version, for the record.")
    system: str = Field(min_length=1)
    environment: str = Field(description="The saved environment the run works on.", min_length=1)
    params: dict[str, JsonValue] = Field(default_factory=dict, description="Further parameters of the flow.")
    from_labels: dict[str, str] = Field(
        default_factory=dict,
        description="Parameter → label whose value it gets, if the alert has it; `environment` is one, too.",
    )
    severity: Severity | None = Field(None, description="Instead of the alert's own.")

    def matches(self, alert: Alert) -> bool:
        """Whether this rule is for that alert."""
        return (
            fnmatchcase(alert.name, self.name)
            and fnmatchcase(alert.format, self.format)
            and all(
                label in alert.labels and fnmatchcase(alert.labels[label], wanted)
                for label, wanted in self.labels.items()
            )
        )

    @property
    def selects(self) -> tuple[str, str, dict[str, str], bool]:
        """What it is for; the operator's rule replaces a runbook's that is for the same."""
        return self.name, self.format, self.labels, self.triage

    @property
    def precision(self) -> tuple[bool, int, int, int]:
        """How specific it is; greater is more."""
        exact = [wanted for wanted in self.labels.values() if _WILD.isdisjoint(wanted)]
        letters = sum(c not in _WILD for text in (self.name, self.format, *self.labels.values()) for c in text)
        return _WILD.isdisjoint(self.name), len(exact), len(self.labels), letters


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where one alert goes."""

    deployment: str
    runbook: str
    title: str
    version: str
    system: str
    environment: str
    params: Mapping[str, JsonValue]
    severity: Severity
    remarks: tuple[str, ...] = ()
    """What people should know of how it was chosen."""


Router = Callable[[Alert], Route | None]
"""What `dispatch` asks; `None` for an alert that nothing takes."""


class Routes:
    """The rules, as a `Router`."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [rule for rule in rules if not rule.triage]
        self._triage = [rule for rule in rules if rule.triage]

    def __call__(self, alert: Alert) -> Route | None:
        """The route of the most specific rule; of triage where that is not one rule; else `None`."""
        best = [_route(rule, alert) for rule in _best(self._rules, alert)]
        if best and all(route == best[0] for route in best):
            return best[0]
        systems = {route.system for route in best}
        ours = [rule for rule in self._triage if rule.system in systems]
        found = _best(ours, alert) or _best(self._triage, alert)
        return _route(found[0], alert) if found else None


def _best(rules: Sequence[Rule], alert: Alert) -> list[Rule]:
    matching = [rule for rule in rules if rule.matches(alert)]
    most = max((rule.precision for rule in matching), default=None)
    return [rule for rule in matching if rule.precision == most]


def _route(rule: Rule, alert: Alert) -> Route:
    told, remarks = chosen(rule.from_labels, alert.labels)
    environment = told.pop("environment", rule.environment)
    return Route(
        deployment=rule.deployment,
        runbook=rule.runbook,
        title=rule.title,
        version=rule.version,
        system=rule.system,
        environment=environment,
        params=rule.params | told,
        severity=rule.severity or alert.severity,
        remarks=remarks,
    )
