"""The practice runbook: one hypothesis and one treatment for each word of the vocabulary."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.environment import Environment
from blocks.postgres import Postgres
from flows.follow import follow
from flows.incident import runbook_flow
from runbook import (
    Alert,
    Approval,
    Channel,
    Context,
    Escalation,
    Examination,
    Facts,
    Form,
    Guardrail,
    HandOff,
    Hypothesis,
    Level,
    Manual,
    Mitigation,
    NoApproval,
    Permanent,
    Runbook,
    Severity,
    Wait,
    WayBack,
    look,
    probe,
)
from runbook.system import member
from sandbox.eyes import SEEING, saved_as
from sandbox.selftest.cases import IS_BROKEN
from sandbox.selftest.change import Fix, FixSlowly, Trace
from sandbox.selftest.sabotage import sabotage
from sandbox.worlds import world_of


class Practice(Environment):
    """The self-test.

    Example:
        ```python
        from sandbox.selftest.incident import Practice

        practice = Practice.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue practice"
    _block_type_slug = "codeblue-practice"

    database: Postgres


class Params(Form):
    environment: str = Field(default="practice", description="Saved environment to work on.")
    case: str = Field(description="The case to handle.")
    sabotage: str | None = Field(default=None, description="Boundary at which the flow's process is killed, once.")


Here = Context[Practice, Params]


class CaseState(Facts):
    """Whether a case is broken, and by what."""

    broken: bool
    cause: str


class Traced(Facts):
    """What the trace of a case says; nothing while it is off."""

    traced: bool
    cause: str | None

    @property
    def says(self) -> str:
        """Raises `LookupError` while it is off."""
        if self.cause is None:
            raise LookupError("the case is not traced")
        return self.cause


@look("postgres:connect", bound="one row")
def read_trace(database: Postgres, name: str) -> Traced:
    """The trace of one case. Raises `Permanent` when there is no such case."""
    with database.reading() as connection:
        row = connection.execute(
            "select traced, case when traced then cause end as cause from practice_case where name = %s", (name,)
        ).fetchone()
    if row is None:
        raise Permanent(f"There is no case {name}; begin it first.")
    return Traced(**row)


@look("postgres:connect", bound="one row")
def read_case(database: Postgres, name: str) -> CaseState:
    """One case. Raises `Permanent` when there is none."""
    with database.reading() as connection:
        row = connection.execute(
            f"select cause, {IS_BROKEN} as broken from practice_case where name = %s", (name,)
        ).fetchone()
    if row is None:
        raise Permanent(f"There is no case {name}; begin it first.")
    return CaseState(**row)


@probe(read_case, asks="Is the case broken, and by what?", source="devised")
def state(c: Here) -> CaseState:
    return read_case(c.env.database, c.params.case)


@probe(read_trace, asks="What does the trace say?", source="devised")
def trace(c: Here) -> Traced:
    return read_trace(c.env.database, c.params.case)


BROKEN = state.shows("the case is broken", lambda r: r.broken)
FIXED = state.shows("the case is fixed", lambda r: not r.broken)

SOON = timedelta(seconds=2)
LATER = timedelta(seconds=20)
"""Time enough to edit something between an act and its end."""
GUARDRAIL = Guardrail(at_most=1, cooldown=timedelta(0))


def cause(name: str) -> Hypothesis[Practice, Params]:
    """A cause that the case names itself."""
    return Hypothesis(
        name=name,
        claim=f"It is {name}.",
        supported_by=(state.shows(f"the case says {name}", lambda r: r.cause == name),),
        refuted_by=(state.shows(f"the case does not say {name}", lambda r: r.cause != name),),
        source="devised",
    )


DIM = ("bulb", "wire")
BRIGHT = state.shows("the case is not dim", lambda r: r.cause not in DIM)


def dim(name: str) -> Hypothesis[Practice, Params]:
    """A cause that only a trace tells from the other one."""
    return Hypothesis(
        name=name,
        claim=f"It is the {name}.",
        supported_by=(trace.shows(f"the trace says {name}", lambda r: r.says == name),),
        refuted_by=(BRIGHT, trace.shows(f"the trace does not say {name}", lambda r: r.says != name)),
        source="devised",
    )


BULB, WIRE = map(dim, DIM)
yes = partial(Approval, by="anybody", risk="None.")


def fix(name: str, approval: Approval | NoApproval | None = None) -> Mitigation[Practice, Params]:
    """A change for one cause, in its manner."""

    def change(c: Here) -> Fix:
        return Fix(database=c.env.database, case=c.params.case, manner=name)

    return Mitigation(
        name=name,
        title=f"Fix what is {name}",
        treats=cause(name),
        change=change,
        approval=approval or yes(),
        guardrail=GUARDRAIL,
        undo=WayBack("The case is put back."),
        validated_by=FIXED,
        source="devised",
        within=SOON,
    )


def slowly(name: str) -> Mitigation[Practice, Params]:
    """The same by a change that goes on after it was begun."""

    def change(c: Here) -> FixSlowly:
        return FixSlowly(database=c.env.database, case=c.params.case, manner=name)

    return replace(fix(name), change=change)


def wait(name: str, within: timedelta) -> Wait[Practice, Params]:
    """A wait for a case that is fixed by itself."""
    return Wait(
        name=f"wait_{name}",
        title=f"Wait for what is {name}",
        treats=cause(name),
        until=FIXED,
        within=within,
        says="It is fixed by itself.",
        source="devised",
    )


TRACE = Examination(
    name="trace",
    title="Trace the case",
    tells=(BULB, WIRE),
    change=lambda c: Trace(database=c.env.database, case=c.params.case),
    approval=yes(),
    guardrail=GUARDRAIL,
    undo=WayBack("The trace is turned off."),
    then_asks=(trace,),
    asks_after=timedelta(seconds=1),
    ends_after=timedelta(hours=1),
    source="devised",
)


def back(name: str) -> HandOff[Practice, Params]:
    """A hand-off of a case to the other runbook, which comes back."""
    return HandOff(
        name=f"hand_{name}",
        title=f"Hand over what is {name}",
        treats=cause(name),
        to=HELPER,
        params=_handed,
        source="devised",
        returns=True,
        within=timedelta(hours=4),
    )


def _handed(c: Here) -> dict[str, str | None]:
    """The same case. Whoever is to be killed at the act is the one that acts."""
    acts = c.params.sabotage is not None and c.params.sabotage.startswith(("inside", "beyond"))
    return {
        "environment": c.params.environment,
        "case": c.params.case,
        "sabotage": c.params.sabotage if acts else None,
    }


ESCALATION = Escalation(
    issue="Practice",
    source="devised",
    levels=(
        Level(name="L1", after=timedelta(minutes=3)),
        Level(name="L2", after=timedelta(minutes=6), if_unresolved=True),
        Level(name="L3", after=timedelta(minutes=9)),
    ),
)
RETURNING = fix("returning", NoApproval("it is practised here."))
HELPER = Runbook[Practice, Params](
    name="practice.helper",
    title="Practice elsewhere",
    about="A case is broken, and its cause lies here.",
    source="devised",
    version="1",
    severity=Severity.INFO,
    environment="practice",
    symptom=BROKEN,
    hypotheses=RETURNING.causes,
    mitigations=(RETURNING,),
    escalation=ESCALATION,
)
"""The runbook that the first one hands over to, and waits for: it can fix one kind of case and no other."""

UNHELPED = back("unhelped")
"""A case that the other runbook does not fix: it comes back, and is fixed."""
SECOND = fix("second")
STUBBORN = wait("stubborn", SOON)
"""A case that is not fixed by itself: when the time is up, it is fixed."""
TREATMENTS = (
    fix("plain"),
    fix("trusted", NoApproval("it is practised here.")),
    fix("expiring", yes(within=SOON)),
    fix("careful", yes(quorum=2, requester_excluded=True)),
    fix("one_channel", yes(channels=(Channel.CLI,))),
    fix("useless"),
    fix("leaky"),
    fix("stuck"),
    fix("flaky"),
    fix("lost"),
    fix("murky"),
    fix("drifting"),
    fix("hazy"),
    fix("veiled"),
    fix("unneeded"),
    slowly("slow"),
    slowly("vain"),
    replace(fix("temporary"), expires_after=SOON),
    replace(fix("lasting"), expires_after=LATER),
    replace(fix("chained"), then=SECOND),
    replace(fix("greedy"), guardrail=Guardrail(at_most=0, cooldown=timedelta(0))),
    replace(fix("cooling"), guardrail=Guardrail(at_most=1, cooldown=timedelta(hours=10))),
    Manual(
        name="manual",
        title="Fix it by hand",
        treats=cause("manual"),
        why_manual="somebody must.",
        steps=("Take the tool.", state.tells(lambda r: [f"The case says {r.cause}."])),
        validated_by=FIXED,
        source="devised",
        within=SOON,
    ),
    wait("passing", timedelta(hours=1)),
    STUBBORN,
    replace(fix("stubborn"), treats=STUBBORN.treats),
    TRACE,
    replace(fix("bulb"), treats=BULB),
    replace(fix("wire"), treats=WIRE),
    back("returning"),
    UNHELPED,
    replace(fix("unhelped"), treats=UNHELPED.treats),
    HandOff(
        name="handed",
        title="It is the database",
        treats=cause("handed"),
        to=member(world_of().tried_first),
        params=lambda _: {"environment": saved_as(world_of().system, SEEING)},
        source="devised",
    ),
)

RUNBOOK = Runbook[Practice, Params](
    name="practice.incident",
    title="Practice",
    about="A case is broken.",
    source="devised",
    version="1",
    severity=Severity.INFO,
    environment="practice",
    symptom=BROKEN,
    hypotheses=tuple({cause.name: cause for treatment in TREATMENTS for cause in treatment.causes}.values()),
    mitigations=TREATMENTS,
    escalation=ESCALATION,
)


@runbook_flow(HELPER)
def practice_helper(params: Params, alert: Alert | None = None) -> State[Any]:
    """Handle what the first runbook hands over."""
    with sabotage(params.sabotage, params.case):
        return follow(HELPER, Practice, params, alert)


@runbook_flow(RUNBOOK)
def practice_incident(params: Params, alert: Alert | None = None) -> State[Any]:
    """Handle one case of the self-test."""
    with sabotage(params.sabotage, params.case):
        return follow(RUNBOOK, Practice, params, alert)
