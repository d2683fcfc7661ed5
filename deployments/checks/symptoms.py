"""A runbook's own symptom, asked by the clock. When it holds, the runbook starts, as if an alert had come."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, cast, get_type_hints

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from blocks.journal_store import journal_url
from deployments.checks import outcome
from deployments.deployed import find, listed
from journal.facts.words import Answer
from journal.store import Journal
from runbook import Context, Form
from tasks.ask import ask
from tasks.preflight import wrong_place


def _named() -> str:
    """The runbook, and where it looks when that was chosen."""
    given = flow_run.get_parameters()
    where = given.get("environment")
    return f"{given['runbook']} in {where}" if where else str(given["runbook"])


checking: Any = cast("Any", flow)(
    name="codeblue.symptom",
    flow_run_name=_named,
    task_runner=ThreadPoolTaskRunner(max_workers=4),
    persist_result=False,
)


@checking
def symptom(
    runbook: Annotated[
        str, Field(description="The runbook whose symptom is asked, such as shop.database_connections.")
    ],
    environment: Annotated[str | None, Field(description="Saved environment; the runbook's own if empty.")] = None,
    params: Annotated[
        dict[str, Any] | None, Field(description="Parameters of the runbook; its defaults if empty.")
    ] = None,
    rest: Annotated[timedelta, Field(ge=timedelta(0), description="Not again so soon after one ended unresolved.")] = (
        timedelta(hours=1)
    ),
) -> State[Any]:
    """Ask a runbook's symptom, and start the runbook when it holds and no incident of it is open."""
    one = find(runbook, listed())
    form = form_of(one.flow, environment, params)
    env = outcome.environment(one.runbook, form.environment)
    if isinstance(env, State):
        return env
    with Journal.connect(journal_url()) as journal:
        if (state := outcome.current(journal, one, form, rest)) is not None:
            return state
        if (elsewhere := wrong_place(tuple(env.checks()))) is not None:
            return outcome.unknown(elsewhere)
        finding = ask(one.declaration.symptom, Context(env=env, params=form))
        said = f"{finding.sentence}: {finding.answer} ({finding.observed})"
        match finding.answer:
            case Answer.NO:
                return outcome.quiet(said)
            case Answer.UNKNOWN:
                return outcome.unknown(said)
            case Answer.YES:
                return outcome.start(journal, one, form, name=f"check of {one.runbook}", summary=said)


def form_of(runbook_flow: Any, environment: str | None, params: dict[str, Any] | None) -> Form:
    """The runbook's parameters, as its own form understands them. Raises `ValidationError`."""
    kind = cast("type[Form]", get_type_hints(runbook_flow.fn)["params"])
    given = dict(params or {}) | ({"environment": environment} if environment else {})
    return kind.model_validate(given)
