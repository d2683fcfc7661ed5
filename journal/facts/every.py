"""Every kind of fact as one type: what a journal entry holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from journal.facts.closed import Closed, Confirmed, HandedOff, Noted, Notified
from journal.facts.decided import Decided, Lapsed, Passed, Planned, Requested, TaskDone, TaskGiven, Withdrawn
from journal.facts.done import Carried, Intended, Progressed, Settled, UnderWay, Validated, Worsened
from journal.facts.installation import Frozen, Registered, Shadow, Silenced, Switched, Thawed, Unsilenced, Witnessed
from journal.facts.opened import Joined, Opened, TakenUp
from journal.facts.policy import Acknowledged, Escalated, EscalationPolicy
from journal.facts.procedure import ProcedureBegun
from journal.facts.seen import Checked, Judged, Read, SymptomAsked
from journal.facts.shadow import Shadowed
from journal.facts.waited import WaitBegun, WaitOver

Fact = Annotated[
    Opened
    | EscalationPolicy
    | Joined
    | TakenUp
    | Checked
    | Read
    | SymptomAsked
    | Judged
    | ProcedureBegun
    | Planned
    | Passed
    | Requested
    | Decided
    | Lapsed
    | Withdrawn
    | TaskGiven
    | TaskDone
    | WaitBegun
    | WaitOver
    | Intended
    | UnderWay
    | Progressed
    | Carried
    | Settled
    | Worsened
    | Validated
    | HandedOff
    | Shadowed
    | Escalated
    | Acknowledged
    | Notified
    | Noted
    | Confirmed
    | Closed
    | Registered
    | Witnessed
    | Switched
    | Frozen
    | Thawed
    | Shadow
    | Silenced
    | Unsilenced,
    Field(discriminator="kind"),
]
