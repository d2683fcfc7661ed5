"""Days left on TLS certificates: people are told once at each of 30, 14 and 3 days, and once when one has expired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel, Field

from blocks.journal_store import journal_url
from deployments.checks import outcome
from deployments.checks.outcome import Found
from deployments.cli.houses import environment_of
from journal.store import Journal
from runbook import Permanent, Temporary
from tasks.step import step
from tasks.tls.read import Certificate, read_certificate

STAGES = (30, 14, 3, 0)
"""Days left at which people are told."""

checking: Any = cast("Any", flow)(
    name="codeblue.certificates", task_runner=ThreadPoolTaskRunner(max_workers=16), persist_result=False
)


@checking
def certificates(
    endpoints: Annotated[list[str], Field(max_length=100, description="What to look at, each as host:port.")],
    system: Annotated[str | None, Field(description="The system of the environment, such as rung.")] = None,
    environment: Annotated[
        str | None, Field(description="Saved environment whose https addresses are looked at, too.")
    ] = None,
) -> State[Any]:
    """Look at each endpoint's certificate, and tell people in time."""
    found: list[Found] = []
    blind: list[str] = []
    well = 0
    if system and environment:
        if (named := _of_saved(system, environment)) is not None:
            endpoints = sorted({*endpoints, *named})
        elif endpoints:
            blind.append(
                f"No environment {environment!r} is saved, so what it reaches was not looked at; save it, or take its"
                " name out of the check."
            )
    if not endpoints:  # and there is nothing to look at yet, where somebody has just begun
        return outcome.quiet("No endpoint is given, and no environment that names one is saved.")
    looks = [(one, _look(one)) for one in endpoints]
    for endpoint, future in looks:
        try:
            seen: Certificate = future.result()
        except (Permanent, Temporary) as unseen:
            blind.append(str(unseen))
            continue
        if (stage := stage_of(seen)) is None:
            well += 1
        else:
            found.append(Found(mark=f"{endpoint}:{seen.not_after:%Y-%m-%d}:{stage}", text=_sentence(seen)))
    with Journal.connect(journal_url()) as journal:
        if found:
            state = outcome.tell(journal, "certificates", found, outcome.house_notifier())
            return state if not blind else outcome.also_unknown(state, blind)
    good = f"{well} of {len(endpoints)} certificates are good for more than {STAGES[0]} days."
    return outcome.unknown(" ".join([*blind, good])) if blind else outcome.quiet(good)


def endpoints_of(block: BaseModel) -> Iterator[str]:
    """What an environment reaches by https, itself and in its parts, as host:port; secret addresses are not seen."""
    for _, value in block:
        if isinstance(value, BaseModel):
            yield from endpoints_of(value)
        elif isinstance(value, str) and value.startswith("https://"):
            address = urlsplit(value)
            yield f"{address.hostname}:{address.port or 443}"


def _of_saved(system: str, environment: str) -> list[str] | None:
    """What a saved environment reaches; nothing when none is saved."""
    try:
        saved = cast("Any", environment_of(system).load(environment))
    except ValueError:
        return None
    return list(endpoints_of(saved))


def stage_of(seen: Certificate) -> int | None:
    """The last stage that a certificate has reached; none while it has more than 30 days."""
    return min((days for days in STAGES if seen.left <= timedelta(days=days)), default=None)


def _sentence(seen: Certificate) -> str:
    said = str(seen)
    return f"{said[0].upper()}{said[1:]}."


def _look(endpoint: str) -> Any:
    def look() -> Certificate:
        return read_certificate(endpoint)

    return step("certificate", look, shown=f"How long is the certificate of {endpoint} good?", retries=2).submit()
