"""Which runbook an alert starts: rules as data, the system decides, then the most specific wins.

`settings` reads the rules, `dispatch` asks `Routes`. A rule names an alert and labels, exactly or by wildcards. Of the
rules that match, the one with the exact name wins, then the one with more labels, then the one with the longer
pattern. Where two are equally specific and do not agree, or none matches, the most specific matching *triage* rule
takes the alert; of several, one of a system that the two were for.

A runbook's own rules are only asked for alerts of its system (`meaning`). An alert that names no system goes to a
runbook only if one system alone has one for it; where a single system is installed, its triage may take it, too. The
operator's rules are asked for every alert, and win over equally specific ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from deployments.receiver.choosing import chosen
from deployments.receiver.inbox_queries import AMBIGUOUS, UNROUTED
from deployments.receiver.meaning import NoRoute, Saved, Systems
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
    runbook: str = Field(description="The runbook, e.g. `shop.database_connections`.", min_length=1)
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


Router = Callable[[Alert], Route | NoRoute]
"""What `dispatch` asks."""


class Routes:
    """The rules, as a `Router`: the operator's `own`, and those `of_systems`, which runbooks bring along."""

    def __init__(self, own: Sequence[Rule], of_systems: Sequence[Rule] = (), systems: Systems | None = None) -> None:
        self._own, self._of_systems = tuple(own), tuple(of_systems)
        self._systems = systems or systems_of(of_systems)

    def __call__(self, alert: Alert) -> Route | NoRoute:
        """The route of the most specific rule; of triage where that is not one rule; else why there is none."""
        meant = self._meant(alert)
        theirs = [] if isinstance(meant, NoRoute) else [rule for rule in self._of_systems if rule.system == meant]
        best = [_route(rule, alert) for rule in _most(self._own, theirs, alert, triage=False)]
        if best and all(route == best[0] for route in best):
            return best[0]
        systems = {route.system for route in best}
        nearest = [rule for rule in self._own if rule.system in systems]
        found = _most(nearest, [rule for rule in theirs if rule.system in systems], alert, triage=True)
        if found := found or _most(self._own, theirs, alert, triage=True):
            return _route(found[0], alert)
        return meant if isinstance(meant, NoRoute) else NoRoute(instead=UNROUTED, why="no route takes it")

    def _meant(self, alert: Alert) -> str | NoRoute:
        """The one system that the alert can mean."""
        meant = self._systems.meant(alert.labels)
        if isinstance(meant, NoRoute):
            return meant
        if len(meant) > 1:
            takers = {rule.system for rule in self._of_systems if not rule.triage and rule.matches(alert)} & meant
            if len(takers) != 1:
                several = ", ".join(sorted(takers or meant))
                return NoRoute(instead=AMBIGUOUS, why=f"it does not say which system it means of {several}")
            meant = takers
        return next(iter(meant), NoRoute(instead=UNROUTED, why="no route takes it"))


def systems_of(rules: Sequence[Rule], *, installed: Iterable[str] = (), saved: Saved = lambda _name: ()) -> Systems:
    """The systems that alerts can mean: those that are installed, and those that these rules of theirs are for."""
    works_on: defaultdict[str, set[str]] = defaultdict(set)
    for rule in rules:
        works_on[rule.environment].add(rule.system)
    return Systems(names=frozenset({*installed, *(rule.system for rule in rules)}), works_on=works_on, saved=saved)


def _most(own: Sequence[Rule], theirs: Sequence[Rule], alert: Alert, *, triage: bool) -> list[Rule]:
    """The most specific rules, the operator's rather than equally specific ones of runbooks."""
    first, second = (_best([rule for rule in rules if rule.triage is triage], alert) for rules in (own, theirs))
    return first if first and (not second or first[0].precision >= second[0].precision) else second


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
