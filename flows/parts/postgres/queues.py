"""Who holds everybody up: a session of the application, somebody else's, or a change of a table that waits itself."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from blocks.shapes import HasMigrations
from flows.parts.asked import DEVISED, Asked
from flows.parts.postgres.connections import ON_CALL
from flows.parts.postgres.locks import GUARDRAIL, AskedBlockers, BlockersForm
from runbook import (
    Approval,
    Context,
    Evidence,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Plan,
    Probe,
    Strength,
    probe,
)
from runbook.probe import E_contra, P_contra
from tasks.postgres.queue import CancelQueueing, Queue, read_queue
from tasks.postgres.selection import SessionsOf
from tasks.postgres.sessions import SessionTarget

E = TypeVar("E", bound=HasMigrations)
P = TypeVar("P", bound=Form)
B = TypeVar("B", bound=BlockersForm)


def whose(c: Context[HasMigrations, BlockersForm]) -> SessionsOf:
    """Sessions that change tables, and have waited for too long: what may be cancelled."""
    env = c.env
    return SessionsOf(database=env.database.dbname, role=env.migration_user, blocking_for=c.params.blocking_for)


class AskedQueue(Asked[E_contra, P_contra, Queue]):
    @cached_property
    def ahead(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a change of a table has long waited for it (`blocking_for`), and others wait behind it",
            lambda r: any(one.meant for one in r.ahead),
        )

    @cached_property
    def nobody_ahead(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("nobody waits behind a statement that waits for a whole table", lambda r: not r.ahead)


def queue(source: str = DEVISED) -> Probe[HasMigrations, BlockersForm, Queue]:
    @probe(read_queue, asks="Does anybody wait behind a statement that waits itself?", source=source, about=whose)
    def queue(c: Context[HasMigrations, BlockersForm], of: SessionsOf) -> Queue:
        return read_queue(c.env.database, of)

    return queue


def own_session_holds(
    blockers: AskedBlockers[E, P], queue: AskedQueue[E, P], source: str = DEVISED, *, prior: float = 0.4
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="own_session_holds",
        claim="A session of the application holds locks for long, and everybody waits for it.",
        supported_by=(blockers.blocked,),
        refuted_by=(blockers.unblocked, blockers.others_hold, queue.ahead),
        strength=(
            (blockers.blocked, Strength.DECISIVE),
            (blockers.unblocked, Strength.DECISIVE),
            (blockers.others_hold, Strength.DECISIVE),
            (queue.ahead, Strength.DECISIVE),
        ),
        prior=prior,
        source=source,
    )


def change_in_the_queue(
    blockers: AskedBlockers[E, P], queue: AskedQueue[E, P], source: str = DEVISED, *, prior: float = 0.2
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="change_in_the_queue",
        claim="A change of a table waits for somebody who reads it, and shuts out everybody who comes later.",
        supported_by=(queue.ahead,),
        refuted_by=(queue.nobody_ahead, blockers.unblocked),
        strength=((queue.ahead, Strength.DECISIVE), (queue.nobody_ahead, Strength.DECISIVE)),
        prior=prior,
        source=source,
    )


def somebody_else_holds(
    blockers: AskedBlockers[E, P], queue: AskedQueue[E, P], source: str = DEVISED, *, prior: float = 0.2
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="somebody_else_holds",
        claim="A session that is not the application's, or a prepared transaction, holds what everybody waits for.",
        supported_by=(blockers.others_hold,),
        refuted_by=(blockers.unblocked, blockers.blocked, queue.ahead),
        strength=(
            (blockers.others_hold, Strength.DECISIVE),
            (blockers.unblocked, Strength.DECISIVE),
            (queue.ahead, Strength.DECISIVE),
        ),
        prior=prior,
        source=source,
    )


def _without(seen: Queue, plan: Plan[SessionTarget]) -> Queue:
    ended = {one.pid for one in plan.targets}
    return seen.model_copy(update={"ahead": tuple(one for one in seen.ahead if one.pid not in ended)})


def cancel_queueing(
    treats: Hypothesis[E, B],
    queue: AskedQueue[E, B],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
    guardrail: Guardrail = GUARDRAIL,
) -> Mitigation[E, B]:
    return Mitigation(
        name="cancel_queueing",
        title="Cancel the change of a table that everybody waits behind",
        treats=treats,
        change=lambda c: CancelQueueing(database=c.env.database, whose=whose(c)),
        approval=Approval(by=by, risk="The migration fails, and whatever waits for it; it has changed nothing yet."),
        guardrail=guardrail,
        undo=Irreversible("A cancelled statement is not resumed; whoever migrates runs it again."),
        validated_by=queue.nobody_ahead,
        expects=_without,
        leaves="the migration is still to do: run it with a short lock_timeout, when nobody reads the table for long.",
        source=source,
    )


def ask_holders(
    treats: Hypothesis[E, P], blockers: AskedBlockers[E, P], source: str = DEVISED, *, system: str
) -> Manual[E, P]:
    """`system` is whose sessions these are not."""
    return Manual(
        name="ask_holders",
        title="Ask whoever holds the locks to let go of them",
        treats=treats,
        why_manual=f"the sessions are not {system}'s, and what ending them would break is not to be seen from here.",
        steps=(
            blockers.probe.tells(lambda r: [f"{str(one)[:1].upper()}{str(one)[1:]}." for one in r.roots[:5]]),
            "Ask the owner of that session to commit or to end it. A prepared transaction (`pg_prepared_xacts`) is"
            " committed or rolled back by whoever prepared it.",
            "Say that it is done; who waits for whose locks is then looked at again.",
        ),
        validated_by=blockers.unblocked,
        waits=timedelta(hours=1),
        source=source,
    )
