"""The Prefect UI as a channel: the forms that a suspended run shows, and the answers that came back through them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, TypeVar, cast

from prefect.context import FlowRunContext
from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from pydantic import Field, ValidationError, create_model

from journal import clock
from journal.approvals import needs_proof
from journal.facts.decided import Requested, TaskGiven
from tasks.engine import engine

NO_PROOF = (
    "**A yes in this form does not count here.** Two people must agree, or whoever started this may not approve it, and"
    " the form cannot prove who you are. Approve by the command line, under your own account. A no counts."
)
"""Beside a plan whose approval needs proven identities."""


class ApprovalForm(RunInput):
    """A person's answer to a plan."""

    decision: Literal["approve", "reject"] = Field(description="Approve exactly the plan above, or reject it.")
    name: str = Field(min_length=2, max_length=100, description="Your name; it is written to the timeline.")
    why: str = Field(min_length=2, max_length=1000, description="Your reason, in a few words.")


class TaskForm(RunInput):
    """A person's word about a manual task."""

    outcome: Literal["done", "cannot be done"] = Field(description="Done, or it cannot be done.")
    name: str = Field(min_length=2, max_length=100, description="Your name; it is written to the timeline.")
    why: str = Field(min_length=2, max_length=1000, description="What you did, or why it cannot be done.")


Form = TypeVar("Form", ApprovalForm, TaskForm)


def bound(form: type[Form], digest: str, text: str) -> type[Form]:
    """The form for exactly one plan, with the text that explains it.

    Prefect gives a submitted form to whatever the run waits for at that moment. A dialog that was opened for an earlier
    plan carries that plan's digest, which this form's schema refuses: the run stays suspended.
    """
    plan = cast("Any", Literal)[digest]
    # `enum` beside the literal's own `const`, because the UI makes a choice of one from it, and a text field otherwise.
    field = Field(default=digest, description="The plan that you answer.", json_schema_extra={"enum": [digest]})
    made: Any = create_model(form.__name__, __base__=form, plan=(plan, field))
    return made.with_initial_data(description=text)


def explained(request: Requested | TaskGiven) -> str:
    """The text of a request as its form shows it: where a name that anybody can type is no yes, the form says so."""
    if isinstance(request, Requested) and needs_proof(request):
        return f"{request.text}\n\n{NO_PROOF}"
    return request.text


def answers(form: type[Form], digest: str) -> Iterator[tuple[int, Form]]:
    """What came back through the Prefect UI for one request, each with the number it was asked under."""
    for number in range(_asked(digest)):
        keyset = keyset_from_base_key(f"suspended-{key(digest, number)}")
        given = cast("object", read_flow_run_input(keyset["response"]))
        if not isinstance(given, dict):
            continue
        answer = cast("dict[str, Any]", given)
        if answer.pop("plan", None) != digest:
            continue  # not said to this plan
        try:
            yield number, form.model_validate(answer)
        except ValidationError:
            continue  # Prefect checks the form before it resumes a run; anything else was not said by our form


def suspend(form: type[Form] | None, digest: str, expires_at: datetime) -> None:
    """Wait without a process, for an answer or for the watch to have it looked again: both find the journal as it is.

    Suspending ends this process. The next one begins at the top and finds in the journal what came meanwhile.
    """
    remaining = (expires_at - clock.now()).total_seconds()
    # Expiry is the journal's to say; Prefect would fail the run.
    engine().suspend(form, key=next_key(digest), seconds=int(remaining) + 3600)


def next_key(digest: str) -> str:
    """The key to suspend under: each time a new one, or Prefect takes the suspension for one that is over."""
    return key(digest, _asked(digest))


def key(digest: str, number: int) -> str:
    return f"{digest}-{number}"


def _asked(digest: str) -> int:
    """How often this run was suspended for this request."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    keys = (run.empirical_policy.pause_keys or set()) if run else set[str]()
    return sum(1 for used in keys if used.startswith(f"{digest}-"))
