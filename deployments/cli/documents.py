"""What `--json` prints. The keys are a promise to scripts: they are added to, never renamed.

Times are ISO 8601 in UTC, spans ISO 8601 durations, digests hexadecimal. Facts appear as the journal keeps them
(`journal.facts`). Lists of documents are one document with one key. `run` and `watch` print JSON lines: an `EventLine`
for each entry, and an `EndLine` at last. Errors are `{"error": sentence, "exit": code}` on standard error.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from deployments.cli.board import Board
from journal.approvals import Standing
from journal.chain import Entry
from journal.facts.decided import Planned, Requested
from journal.facts.every import Fact
from journal.facts.seen import Check, Read, SymptomAsked, Verdict
from journal.incidents import Incident


class Document(BaseModel):
    """Base of all documents."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IncidentLine(Document):
    """An incident in a list.

    `status` is `in progress`, `waits for approval`, `waits for a task`, `waits until it is over`, `waits for another
    incident`, `under way`, or the ending. `under_way` says of an act that goes on in its target since when and how far.
    """

    id: str
    title: str
    status: str
    severity: str
    system: str
    environment: str
    runbook: str
    opened_at: datetime
    closed_at: datetime | None
    alert: str | None
    """The name of the alert that opened it; `null` when no alert did."""
    shadow: bool = False
    """Whether nobody is asked or paged for it, since it is, or ended, in shadow; left out where people are."""
    under_way: str | None = None

    @classmethod
    def of(cls, incident: Incident, status: str, alert: str | None, *, shadow: bool, under_way: str | None) -> Self:
        """The line of an incident whose status and alert are known."""
        return cls(
            id=incident.id,
            title=incident.title,
            status=status,
            severity=incident.severity,
            system=incident.system,
            environment=incident.environment,
            runbook=incident.runbook,
            opened_at=incident.opened_at,
            closed_at=incident.closed_at,
            alert=alert,
            shadow=shadow,
            under_way=under_way,
        )


class IncidentList(Document):
    """`codeblue incidents`; `more` counts those that `--limit` left out."""

    incidents: tuple[IncidentLine, ...]
    more: int = 0


class Waiting(Document):
    """A request that waits for a person. `plan` is there for approvals, `steps` for manual tasks."""

    kind: Literal["approval", "task"]
    digest: str
    mitigation: str
    role: str
    missing: int
    """Yeses still needed."""
    requester_excluded: bool
    expires_at: datetime
    plan: Planned | None
    steps: tuple[str, ...]
    text: str
    """What a person reads, as Markdown."""
    flow_run: str | None

    @classmethod
    def of(cls, found: Standing, plan: Planned | None) -> Self:
        """The document of a standing request."""
        request = found.request
        approval = isinstance(request, Requested)
        return cls(
            kind="approval" if approval else "task",
            digest=found.digest,
            mitigation=request.mitigation,
            role=request.role if approval else "",
            missing=found.missing,
            requester_excluded=approval and request.requester_excluded,
            expires_at=request.expires_at,
            plan=plan,
            steps=() if approval else request.steps,
            text=request.text,
            flow_run=found.asked.flow_run,
        )


class IncidentDocument(Document):
    """`codeblue show`. `course` is what was proposed, decided and done, in order."""

    incident: str
    title: str
    status: str
    severity: str
    system: str
    environment: str
    runbook: str
    requested_by: str
    opened_at: datetime
    closed_at: datetime | None
    shadow: str | None
    """What is said of an incident that is, or ended, in shadow; `null` for others."""
    text: str | None
    """How it ended, in a sentence."""
    checks: tuple[Check, ...]
    symptom: SymptomAsked | None
    readings: tuple[Read, ...]
    ranking: tuple[Verdict, ...]
    waiting: tuple[Waiting, ...]
    under_way: str | None
    """The act that goes on in its target now, since when and how far."""
    course: tuple[Fact, ...]
    flow_run: str | None
    timeline: str | None
    """Path of the Markdown document, once it is written."""

    @classmethod
    def of(cls, seen: Board, timeline: str | None) -> Self:
        """The document of a board."""
        return cls(
            incident=seen.incident,
            title=seen.opened.title,
            status=seen.status,
            severity=seen.opened.severity,
            system=seen.opened.system,
            environment=seen.opened.environment,
            runbook=seen.opened.runbook,
            requested_by=seen.opened.requested_by,
            opened_at=seen.opened_at,
            closed_at=seen.closed_at,
            shadow=seen.shadow or None,
            text=seen.closed.text if seen.closed else None,
            checks=seen.checks,
            symptom=seen.symptom,
            readings=seen.readings,
            ranking=seen.ranking,
            waiting=tuple(Waiting.of(one, seen.plans.get(one.digest)) for one in seen.waiting),
            under_way=seen.under_way,
            course=tuple(entry.fact for entry in seen.course),
            flow_run=seen.flow_run,
            timeline=timeline,
        )


class EventLine(Document):
    """One entry of the journal, while an incident is watched."""

    event: str
    incident: str
    number: int
    at: datetime
    flow_run: str | None
    fact: Fact

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The line of an entry."""
        return cls(
            event=entry.kind,
            incident=entry.incident,
            number=entry.number,
            at=entry.at,
            flow_run=entry.flow_run,
            fact=entry.fact,
        )


class EndLine(Document):
    """The last line of `run` and `watch`: why watching ended, and what waits."""

    event: Literal["end"] = "end"
    incident: str
    status: str
    text: str
    waiting: tuple[Waiting, ...]
    timeline: str | None

    @classmethod
    def of(cls, seen: Board, timeline: str | None) -> Self:
        """The line of a board that is not watched any longer."""
        return cls(
            incident=seen.incident,
            status=seen.status,
            text=seen.closed.text if seen.closed else "",
            waiting=tuple(Waiting.of(one, seen.plans.get(one.digest)) for one in seen.waiting),
            timeline=timeline,
        )


# The others are small enough to be written where they are printed:
#
#   approve, reject, done       incident, digest, state, by, missing, identity_proven, goes_on (Prefect was told), text
#   run --no-watch              incident, flow_run, started (false: an open incident was joined, its run is at work)
#   stop, go, freeze, thaw, shadow    fact, at, text
#   verify                      intact, empty, incidents, entries, findings, more, anchor
#   systems                     systems: system, distribution, about, environment, runbooks, checks, why (not loaded)
#   doctor                      well, findings: name, answer (yes, no, unknown), text
#   timeline, postmortem        incident, status, markdown, html
#   confirm                     incident, cause, by, text, markdown
#   report                      the fields of journal.report.Report, spans in seconds; html: path, if --html
#   report --shadow             the fields of journal.shadow_report.Shades
#   replay                      the fields of tasks.replayed.Replay; differs, same
#   backtest                    the fields of tasks.backtest.Backtest; confirmed, right_before, right_now, changed
#   permissions                 system, environment, reading and changing (IAM policies), grants (SQL), other
#   up                          ui, api, receiver, home, logs; once everything is up
#   drill                       passed
