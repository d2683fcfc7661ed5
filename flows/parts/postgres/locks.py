"""Sessions that wait for the locks of others."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from pydantic import Field

from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED, Asked
from flows.parts.postgres.activity import AskedActivity
from flows.parts.postgres.connections import ON_CALL
from runbook import (
    Approval,
    Context,
    Evidence,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Mitigation,
    Plan,
    Probe,
    Strength,
    probe,
)
from runbook.probe import E_contra, P_contra
from tasks.postgres.activity import Blockers, read_blockers
from tasks.postgres.selection import SessionsOf
from tasks.postgres.sessions import SessionTarget
from tasks.postgres.unblock import EndBlockers

E = TypeVar("E", bound=HasDatabase)
P = TypeVar("P", bound=Form)
B = TypeVar("B", bound="BlockersForm")

GUARDRAIL = Guardrail(at_most=5, at_most_share=0.2, cooldown=timedelta(minutes=1))


class BlockersForm(Form):
    """From when on a session that others wait for may be ended."""

    blocking_for: timedelta = Field(
        default=timedelta(seconds=10),
        ge=timedelta(milliseconds=100),
        description="A transaction that has been open for longer than this may be ended if others wait for it.",
    )


def whose(c: Context[HasDatabase, BlockersForm]) -> SessionsOf:
    """The application's sessions that have blocked for too long: what may be let go of."""
    env = c.env
    return SessionsOf(database=env.database.dbname, role=env.application_user, blocking_for=c.params.blocking_for)


class AskedBlockers(Asked[E_contra, P_contra, Blockers]):
    @cached_property
    def blocked(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a session of the application has long held locks that others wait for (`blocking_for`)",
            lambda r: any(root.meant for root in r.roots),
        )

    @cached_property
    def others_hold(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least half of those who wait for a lock wait for sessions that are not the application's",
            lambda r: (
                r.waiting > 0 and 2 * (sum(one.blocks for one in r.roots if not one.ours) + r.unnamed) >= r.waiting
            ),
        )

    @cached_property
    def unblocked(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("nobody waits for a lock", lambda r: r.waiting == 0)


def blockers(source: str = DEVISED) -> Probe[HasDatabase, BlockersForm, Blockers]:
    @probe(read_blockers, asks="Who waits for whose locks?", source=source, about=whose)
    def blockers(c: Context[HasDatabase, BlockersForm], of: SessionsOf) -> Blockers:
        return read_blockers(c.env.database, of)

    return blockers


def lock_contention(
    blockers: AskedBlockers[E, P], activity: AskedActivity[E, P], source: str = DEVISED, *, prior: float = 0.2
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="lock_contention",
        claim="Queries do not run but wait, because another session holds what they need.",
        supported_by=(activity.locked, blockers.blocked),
        refuted_by=(blockers.unblocked,),
        strength=((activity.locked, Strength.DECISIVE), (blockers.unblocked, Strength.DECISIVE)),
        prior=prior,
        source=source,
    )


def _let_go(seen: Blockers, plan: Plan[SessionTarget]) -> Blockers:
    """Who would still wait once these sessions are ended: at least those who wait for what is nobody's of ours.

    Others of the application's own are left out: they come and go, and have let go by the time that is asked.
    """
    ours = {root.user for root in seen.roots if root.meant}
    left = tuple(root for root in seen.roots if root.user not in ours) if plan.targets else seen.roots
    waiting = max(sum(root.blocks for root in left), seen.unnamed)
    return seen.model_copy(update={"roots": left, "waiting": waiting})


def end_blockers(
    treats: Hypothesis[E, B],
    blockers: AskedBlockers[E, B],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
    guardrail: Guardrail = GUARDRAIL,
) -> Mitigation[E, B]:
    return Mitigation(
        name="end_blockers",
        title="Cancel or end the sessions that others wait for",
        treats=treats,
        change=lambda c: EndBlockers(database=c.env.database, whose=whose(c)),
        approval=Approval(by=by, risk="What these sessions have written and not committed is rolled back."),
        guardrail=guardrail,
        undo=Irreversible("A rolled-back transaction is gone; its client must do its work again."),
        validated_by=blockers.unblocked,
        expects=_let_go,
        leaves="the clients that held the locks may take them again; whoever owns them must make them let go sooner.",
        source=source,
    )
