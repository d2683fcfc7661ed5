"""Why every connection slot is taken, and what to do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED
from flows.parts.postgres.sessions import AskedSessions, AskedSlots, SessionsForm, whose
from runbook import (
    Approval,
    Evidence,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Strength,
)
from tasks.postgres.change import EndIdleSessions, EndIdleTransactions, StopLongQueries
from tasks.postgres.doing import Sessions

E = TypeVar("E", bound=HasDatabase)
P = TypeVar("P", bound=Form)
S = TypeVar("S", bound=SessionsForm)

ON_CALL = "database on-call"
GUARDRAIL = Guardrail(at_most=200, cooldown=timedelta(minutes=10))


def _without(seen: Sessions, kind: str, ended: int) -> Sessions:
    """The sessions as they would be once so many of a kind are gone."""
    return seen.model_copy(update={kind: max(0, getattr(seen, kind) - ended)})


def idle_leak(sessions: AskedSessions[E, P], source: str = DEVISED, *, prior: float = 0.4) -> Hypothesis[E, P]:
    return Hypothesis(
        name="idle_leak",
        claim="A client opens sessions and never gives them back.",
        supported_by=(sessions.idle,),
        refuted_by=(sessions.few_idle, sessions.unexplained),
        strength=((sessions.idle, Strength.DECISIVE),),
        prior=prior,
        source=source,
    )


def idle_in_transaction(
    sessions: AskedSessions[E, P], source: str = DEVISED, *, prior: float = 0.2
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="idle_in_transaction",
        claim="A client opens transactions and walks away from them.",
        supported_by=(sessions.abandoned,),
        refuted_by=(sessions.few_abandoned, sessions.unexplained),
        strength=((sessions.abandoned, Strength.DECISIVE),),
        prior=prior,
        source=source,
    )


def long_queries(sessions: AskedSessions[E, P], source: str = DEVISED, *, prior: float = 0.2) -> Hypothesis[E, P]:
    return Hypothesis(
        name="long_queries",
        claim="Queries run for so long that the slots behind them are never free.",
        supported_by=(sessions.long,),
        refuted_by=(sessions.few_long, sessions.unexplained),
        strength=((sessions.long, Strength.DECISIVE),),
        prior=prior,
        source=source,
    )


def own_limit(
    slots: AskedSlots[E, P], sessions: AskedSessions[E, P], source: str = DEVISED, *, prior: float = 0.1
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="own_limit",
        claim="The application's role or its database has a connection limit of its own, and that is used up.",
        supported_by=(slots.own_limit,),
        refuted_by=(slots.no_own_limit, sessions.lasting),
        strength=((slots.own_limit, Strength.DECISIVE), (slots.no_own_limit, Strength.DECISIVE)),
        prior=prior,
        source=source,
    )


def other_sessions(
    slots: AskedSlots[E, P], sessions: AskedSessions[E, P], source: str = DEVISED, *, prior: float = 0.1
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="other_sessions",
        claim="Sessions of another role or another database on the same server take the slots.",
        supported_by=(sessions.others_hold,),
        refuted_by=(sessions.others_hold_few, slots.own_limit),
        strength=((sessions.others_hold, Strength.DECISIVE), (sessions.others_hold_few, Strength.DECISIVE)),
        prior=prior,
        source=source,
    )


def honest_load(
    slots: AskedSlots[E, P],
    sessions: AskedSessions[E, P],
    source: str = DEVISED,
    *,
    unless: tuple[Evidence[E, P], ...] = (),
    prior: float = 0.2,
) -> Hypothesis[E, P]:
    """`unless` is what else would explain that all sessions work, such as pools that are larger than the server."""
    against = (*unless, sessions.others_hold, slots.own_limit)
    return Hypothesis(
        name="honest_load",
        claim="Legitimate load exceeds max_connections.",
        supported_by=(sessions.most_work, slots.server_full),
        refuted_by=(sessions.lasting, *against),
        strength=(
            (sessions.most_work, Strength.DECISIVE),
            (slots.server_full, Strength.HINT),
            *((said, Strength.DECISIVE) for said in against),
        ),
        prior=prior,
        source=source,
    )


def end_idle_sessions(
    treats: Hypothesis[E, S],
    sessions: AskedSessions[E, S],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
    guardrail: Guardrail = GUARDRAIL,
) -> Mitigation[E, S]:
    return Mitigation(
        name="end_idle_sessions",
        title="End sessions that have been idle for too long",
        treats=treats,
        change=lambda c: EndIdleSessions(database=c.env.database, whose=whose(c)),
        approval=Approval(by=by, risk="Clients of the ended sessions must reconnect."),
        guardrail=guardrail,
        undo=Irreversible("An ended session cannot be resumed; its client reconnects."),
        validated_by=sessions.few_idle,
        expects=lambda r, p: _without(r, "idle_long", len(p.targets)),
        leaves="the client that leaks still runs, and takes the slots again; whoever owns it must mend it.",
        source=source,
    )


def end_idle_transactions(
    treats: Hypothesis[E, S],
    sessions: AskedSessions[E, S],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
    guardrail: Guardrail = GUARDRAIL,
) -> Mitigation[E, S]:
    return Mitigation(
        name="end_idle_transactions",
        title="End sessions that abandoned a transaction",
        treats=treats,
        change=lambda c: EndIdleTransactions(database=c.env.database, whose=whose(c)),
        approval=Approval(by=by, risk="What the abandoned transactions had written is rolled back."),
        guardrail=guardrail,
        undo=Irreversible("A rolled-back transaction is gone; the client that abandoned it must do its work again."),
        validated_by=sessions.few_abandoned,
        expects=lambda r, p: _without(r, "idle_in_transaction_long", len(p.targets)),
        leaves="the client that abandons transactions still runs; whoever owns it must mend it.",
        source=source,
    )


def stop_long_queries(
    treats: Hypothesis[E, S],
    sessions: AskedSessions[E, S],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
    guardrail: Guardrail = GUARDRAIL,
) -> Mitigation[E, S]:
    return Mitigation(
        name="stop_long_queries",
        title="Cancel queries that run for too long",
        treats=treats,
        change=lambda c: StopLongQueries(database=c.env.database, whose=whose(c)),
        approval=Approval(by=by, risk="The work of the cancelled queries is lost; a client may repeat it."),
        guardrail=guardrail,
        undo=Irreversible("A cancelled query has lost its work; whoever needs the answer asks again."),
        validated_by=sessions.few_long,
        expects=lambda r, p: _without(r, "active_long", len(p.targets)),
        leaves="whoever asks these queries may ask them again; they must become quicker or rarer.",
        source=source,
    )


def raise_own_limit(treats: Hypothesis[E, P], slots: AskedSlots[E, P], source: str = DEVISED) -> Manual[E, P]:
    return Manual(
        name="raise_own_limit",
        title="Raise the limit of the role or the database, if whoever set it agrees",
        treats=treats,
        why_manual="somebody set this limit so that others keep their slots; only they know what it may be.",
        steps=(
            slots.probe.tells(lambda r: [f"Seen: {r}."]),
            "Find out who set it and for whom it leaves room: `rolconnlimit` in pg_roles, `datconnlimit` in"
            " pg_database.",
            "If it may be higher, `ALTER ROLE ... CONNECTION LIMIT ...` or `ALTER DATABASE ... CONNECTION LIMIT ...`;"
            " it counts at once. Correct the infrastructure's code as well.",
            "Say that it is done; the connection slots are then looked at again.",
        ),
        validated_by=slots.no_own_limit,
        source=source,
    )


def ask_other_owners(
    treats: Hypothesis[E, P], sessions: AskedSessions[E, P], source: str = DEVISED, *, system: str
) -> Manual[E, P]:
    """`system` is whose sessions these are not."""
    return Manual(
        name="ask_other_owners",
        title="Ask the owners of the other sessions to give them back",
        treats=treats,
        why_manual=f"the sessions are not {system}'s, and what ending them would break is not to be seen from here.",
        steps=(
            sessions.probe.tells(lambda r: [f"{name}: {count} sessions." for name, count in r.elsewhere.items()]),
            f"Ask the owner of the role with the most to stop or restart its client. {system}'s own clients are"
            " innocent: ending their sessions or raising max_connections would only feed the other one.",
            "Say that it is done; the sessions are then counted again.",
        ),
        validated_by=sessions.others_hold_few,
        source=source,
    )
