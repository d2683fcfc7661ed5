"""Functions that the database runs within itself: whether they take its time, and what lets that be seen."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED, Asked
from flows.parts.postgres.activity import AskedActivity
from flows.parts.postgres.tables import TablesForm
from runbook import Context, Evidence, Hypothesis, Manual, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.postgres.functions import Functions, read_functions

E = TypeVar("E", bound=HasDatabase)
P = TypeVar("P", bound=TablesForm)


class AskedFunctions(Asked[E_contra, P_contra, Functions]):
    @cached_property
    def busy(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "on average at least half a session at a time is in a function of the database", lambda r: r.busy >= 0.5
        )

    @cached_property
    def idle(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "on average less than a tenth of a session is in a function of the database", lambda r: r.busy < 0.1
        )


def functions(source: str = DEVISED) -> Probe[HasDatabase, TablesForm, Functions]:
    @probe(read_functions, asks="How long do the database's own functions take?", source=source)
    def functions(c: Context[HasDatabase, TablesForm]) -> Functions:
        return read_functions(c.env.database, between=c.params.between)

    return functions


def slow_function(
    functions: AskedFunctions[E, P], activity: AskedActivity[E, P], source: str = DEVISED, *, prior: float = 0.2
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="slow_function",
        claim="A function that the database runs within itself, such as a trigger's, takes the time.",
        supported_by=(functions.busy,),
        refuted_by=(functions.idle, activity.locked),
        prior=prior,
        source=source,
    )


def mend_function(
    treats: Hypothesis[E, P], functions: AskedFunctions[E, P], source: str = DEVISED, *, validated_by: Evidence[E, P]
) -> Manual[E, P]:
    return Manual(
        name="mend_function",
        title="Give the database its earlier function back, or a quicker one",
        treats=treats,
        why_manual="what a function is to do, only its owner knows.",
        steps=(
            functions.probe.tells(lambda r: [f"Seen: {r}."]),
            "Ask its owner what was changed, and deploy the version before it, or one that does less.",
            "Say that it is done; the running queries are then looked at again.",
        ),
        validated_by=validated_by,
        source=source,
    )
