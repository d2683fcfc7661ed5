"""Status pages of products: Statuspage (and incident.io, which serves the same), Instatus and Slack.

Forms: <https://confluence.status.atlassian.com/api>, <https://instatus.com/help/api/public-data>,
<https://docs.slack.dev/reference/slack-status-api>.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from tasks.statuspage.forms import Level, Trouble, Wanted

# -- Statuspage, incident.io ------------------------------------------------------------------------------------------

_IMPACT: Mapping[str, Level] = {
    "none": "well", "maintenance": "maintenance", "minor": "impaired", "major": "down", "critical": "down",
}  # fmt: skip
_STATE: Mapping[str, Level] = {
    "operational": "well",
    "under_maintenance": "maintenance",
    "degraded_performance": "impaired",
    "partial_outage": "impaired",
    "major_outage": "down",
    "full_outage": "down",
}
Impact = Literal["none", "maintenance", "minor", "major", "critical"]


class Component(BaseModel):
    name: str
    status: Literal[
        "operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage", "full_outage"
    ]


class Open(BaseModel):
    name: str
    status: Literal["investigating", "identified", "monitoring", "resolved", "postmortem"]
    impact: Impact
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    components: list[Component] | None = None


class Indicated(BaseModel):
    indicator: Impact


class Statuspage(BaseModel):
    """The indicator may say *none* while an incident is open, so both are read."""

    status: Indicated
    components: list[Component]
    incidents: list[Open] | None = None

    def troubles(self, wanted: Wanted) -> Iterator[Trouble]:
        if not wanted.parts:
            yield Trouble(level=_IMPACT[self.status.indicator])
        elif absent := {one for one in wanted.parts if not any(_same(one, here.name) for here in self.components)}:
            raise LookupError(f"the page has no component {', '.join(sorted(absent))}")
        for one in self.components:
            if wanted.parts and wanted.part(one.name):
                yield Trouble(level=_STATE[one.status], of=(one.name,))
        for one in self.incidents or ():
            names = tuple(part.name for part in one.components or ())
            if one.status not in {"resolved", "postmortem"} and (not wanted.parts or wanted.part(*names)):
                yield Trouble(level=_IMPACT[one.impact], of=names, since=one.started_at or one.created_at)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


# -- Instatus ---------------------------------------------------------------------------------------------------------


def _moment(said: Any) -> Any:
    """`Sat Jun 11 2022 18:55:50 GMT+0000 (Coordinated Universal Time)`, or as everybody else writes it."""
    if isinstance(said, str) and " GMT" in said:
        return datetime.strptime(said.partition(" (")[0], "%a %b %d %Y %H:%M:%S GMT%z")
    return said


_CAPITALS: Mapping[str, Level] = {
    "OPERATIONAL": "well",
    "UNDERMAINTENANCE": "maintenance",
    "DEGRADEDPERFORMANCE": "impaired",
    "PARTIALOUTAGE": "impaired",
    "MINOROUTAGE": "impaired",
    "MAJOROUTAGE": "down",
}


class Active(BaseModel):
    name: str
    started: Annotated[AwareDatetime, BeforeValidator(_moment)]
    status: Literal["INVESTIGATING", "IDENTIFIED", "MONITORING", "RESOLVED"]
    impact: Literal[
        "OPERATIONAL", "UNDERMAINTENANCE", "DEGRADEDPERFORMANCE", "PARTIALOUTAGE", "MINOROUTAGE", "MAJOROUTAGE"
    ]


class Standing(BaseModel):
    status: Literal["UP", "HASISSUES", "UNDERMAINTENANCE"]


class Instatus(BaseModel):
    """What is not active is left out of the summary; so are components."""

    page: Standing
    active: list[Active] = Field(default_factory=list[Active], alias="activeIncidents")

    def troubles(self, wanted: Wanted) -> Iterator[Trouble]:
        if wanted.parts:
            raise LookupError("the page does not tell which parts are meant; ask for all of it")
        stands: Mapping[str, Level] = {"UP": "well", "UNDERMAINTENANCE": "maintenance", "HASISSUES": "impaired"}
        yield Trouble(level=stands[self.page.status])
        for one in self.active:
            if one.status != "RESOLVED":
                yield Trouble(level=_CAPITALS[one.impact], of=(one.name,), since=one.started)


# -- Slack ------------------------------------------------------------------------------------------------------------


class Issue(BaseModel):
    date_created: AwareDatetime
    type: Literal["incident", "notice", "outage", "maintenance"]
    status: Literal["active", "resolved", "scheduled", "completed", "cancelled"]
    services: list[str]


class Slack(BaseModel):
    status: Literal["ok", "active"]
    active_incidents: list[Issue]

    def troubles(self, wanted: Wanted) -> Iterator[Trouble]:
        if self.status == "active" and not self.active_incidents:
            raise LookupError("something is the matter, and it does not say what")
        bad: Mapping[str, Level] = {"incident": "impaired", "outage": "down", "maintenance": "maintenance"}
        for one in self.active_incidents:
            if one.status == "active" and wanted.part(*one.services):
                level: Level = bad.get(one.type, "well")
                yield Trouble(level=level, of=tuple(one.services), since=one.date_created)
