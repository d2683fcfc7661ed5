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
from blocks.saved import NotSaved, Unfit, saved
from deployments.checks import outcome
from deployments.checks.outcome import Found
from deployments.environments import environment_of
from deployments.installation_notifier import installation_notifier
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
    system: Annotated[str | None, Field(description="The system of the environment, such as shop.")] = None,
    environment: Annotated[
        str | None, Field(description="Saved environment whose https addresses are looked at, too.")
    ] = None,
) -> State[Any]:
    """Look at each endpoint's certificate, and tell people in time."""
    endpoints, blind = _to_look_at(endpoints, system, environment)
    if not endpoints:
        return outcome.unknown(
            " ".join(blind or ["Nobody looked: no endpoint is given, and the environment has none."])
        )
    found: list[Found] = []
    well = 0
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
            state = outcome.tell(journal, "certificates", found, installation_notifier())
            return state if not blind else outcome.also_unknown(state, blind)
    good = f"{well} of {len(endpoints)} certificates are good for more than {STAGES[0]} days."
    return outcome.unknown(" ".join([*blind, good])) if blind else outcome.quiet(good)


def _to_look_at(given: list[str], system: str | None, environment: str | None) -> tuple[list[str], list[str]]:
    """What is given and what the environment reaches; and why the environment could not be asked."""
    if not system and not environment:
        return given, []
    if not system or not environment:
        return given, ["An environment is found by its system and its name together; give both, or neither."]
    try:
        return sorted({*given, *endpoints_of(saved(environment_of(system), environment))}), []
    except (NotSaved, Unfit) as amiss:
        return given, [str(amiss)]


def endpoints_of(block: BaseModel) -> Iterator[str]:
    """What an environment reaches by https, itself and in its parts, as host:port; secret addresses are not seen."""
    for _, value in block:
        if isinstance(value, BaseModel):
            yield from endpoints_of(value)
        elif isinstance(value, str) and value.startswith("https://"):
            address = urlsplit(value)
            yield f"{address.hostname}:{address.port or 443}"


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
