"""Starting a runbook by hand: parameters checked, the incident opened in the person's name, its flow run created.

Everything that can be wrong is found out before anything is written. The steps are the receiver's (`receiver.starting`)
and as safe to repeat: the run's idempotency key is the incident, so an incident has one run however it was started.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args, get_type_hints
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from pydantic import ValidationError

from deployments import wakeup
from deployments.cli.spans import span_of
from deployments.deployed import Listed
from deployments.environments import saved_environments
from deployments.errors import Refused, Unreachable, Usage
from deployments.places import Prefect, start_it
from deployments.stack_home import Home
from deployments.worker_watch import NotResumedError, reschedule
from flows.incident import opening
from journal.facts.opened import Opened
from journal.near import perhaps
from journal.redaction import redact
from journal.store import Journal
from journal.wording import span
from runbook import Form


@dataclass(frozen=True, kw_only=True)
class Start:
    """What became of it. `started` is false when an open incident was joined whose run is at work."""

    incident: str
    flow_run: UUID
    started: bool


def start(
    home: Home, journal: Journal, listed: Listed, params: Form, by: str, *, opened: Callable[[str], object]
) -> Start:
    """Open or join the incident and see to it that a run works on it. `opened` hears of the incident before its run.

    Raises Usage (unknown environment), Unreachable, Refused.
    """
    with Prefect(home) as prefect:
        _check_environment(prefect, params.environment)
        url = prefect.url
    with (
        temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 0}),
        get_client(sync_client=True) as client,
    ):
        try:
            deployment = client.read_deployment_by_name(f"{listed.flow.name}/{listed.name}").id
            said = opening(listed.declaration, params, None, requested_by=by)
            return _start(home, client, journal, said, deployment=deployment, tell=opened)
        except ObjectNotFound:
            raise Unreachable(
                f"Prefect at {url} has no deployment of {listed.runbook}; start `codeblue up` anew to register it."
            ) from None
        except PrefectHTTPStatusError as error:
            raise Refused(f"Prefect refused to start the run ({error.response.status_code}).") from error
        except (httpx.HTTPError, RuntimeError) as error:
            raise Unreachable(f"Prefect at {url} does not answer ({type(error).__name__}). {start_it(home)}") from error
        except NotResumedError as error:
            raise Refused(str(error)) from error


def _start(
    home: Home,
    client: SyncPrefectClient,
    journal: Journal,
    opened: Opened,
    *,
    deployment: UUID,
    tell: Callable[[str], object],
) -> Start:
    incident, new = journal.open_incident(opened)
    tell(incident.id)
    run = client.create_flow_run_from_deployment(
        deployment,
        parameters={"params": opened.params},
        name=incident.id,
        idempotency_key=incident.id,
        tags=_tags(incident.id, opened),
    )
    journal.assign(str(run.id), incident.id)
    over = run.state is not None and run.state.is_final()
    if over:  # joined, and whoever worked on it broke off: the same run once more, from the top
        reschedule(home, client, run.id, f"Taken up again by {opened.requested_by}.")
    else:
        wakeup.ring(home, run.id)
    return Start(incident=incident.id, flow_run=run.id, started=new or over)


def _tags(incident: str, opened: Opened) -> list[str]:
    """The same as `flows.incident.tags`, from the opening."""
    return [
        f"incident:{incident}",
        f"system:{opened.system}",
        f"runbook:{opened.runbook}",
        f"severity:{opened.severity}",
    ]


def checked(listed: Listed, given: Sequence[str], environment: str | None) -> Form:
    """The parameters, as the runbook's own form understands them. Raises Usage with what is wrong and what there is."""
    form = _form(listed)
    values: dict[str, object] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Usage(f"--param takes key=value, not {pair!r}.")
        if redact({name.strip(): value}) != {name.strip(): value}:  # Prefect keeps parameters as they are given
            raise Usage(f"Parameter {name} holds a secret or personal data, which would be stored; give an id instead.")
        values[name.strip()] = value
    if environment is not None:
        values["environment"] = environment
    known = form.model_fields
    for name in values.keys() & known.keys():
        values[name] = _as_meant(str(values[name]), known[name].annotation)
    try:
        return form.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            there = f"it has: {', '.join(sorted(known))}.{perhaps(place, known)}"
            raise Usage(f"{listed.runbook} has no parameter {place!r}; {there}") from None
        typed = next((pair.partition("=")[2] for pair in given if pair.partition("=")[0].strip() == place), None)
        if first["type"].startswith("time_delta"):
            raise Usage(f"Parameter {place}: {typed!r} is no span of time; write it as 90s, 10min, 2h or 1d.") from None
        shown = repr(first["input"] if typed is None else typed)
        raise Usage(f"Parameter {place}: {first['msg']}, and {shown} is given.") from None


def described(listed: Listed) -> list[tuple[str, str, str]]:
    """The runbook's parameters: name, what it is, and its default as people type it; for a person who asks."""
    return [
        (name, field.description or "", _as_typed(field.get_default(call_default_factory=True)))
        for name, field in _form(listed).model_fields.items()
    ]


def _as_typed(value: object) -> str:
    return span(value) if isinstance(value, timedelta) else "none" if value is None else str(value)


def _form(listed: Listed) -> type[Form]:
    form: object = get_type_hints(listed.flow.fn)["params"]
    assert isinstance(form, type)
    assert issubclass(form, Form)
    return form


def _as_meant(value: str, annotation: Any) -> object:
    """Spans as people type them (`10m`, `90 s`); everything else is Pydantic's to understand."""
    if (annotation is timedelta or timedelta in get_args(annotation)) and (span := span_of(value)) is not None:
        return span
    return value


def _check_environment(prefect: Prefect, name: str) -> None:
    """Whether an environment is saved under that name. Its type is for the flow to check, which knows it."""
    saved = {one.name for one in saved_environments(prefect)}
    if name not in saved:
        there = f"There are: {', '.join(sorted(saved))}." if saved else "None is saved yet."
        raise Usage(
            f"No environment {name!r} is saved.{perhaps(name, saved)} {there} Save one in Prefect: {prefect.ui}/blocks"
        )
