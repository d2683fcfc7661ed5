"""What checks do with what they found: open the runbook's incident once, or tell people once; and the run's state.

States are Completed and *Quiet*, or *Open* (an incident is being handled already), *Resting* (one ended without a
cure a short while ago), *Started*; Failed and *Found* (people were told) or *Unknown* (nobody could look).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from blocks.environment import Environment
from blocks.notifier import Notifier
from blocks.saved import NotSaved, Unfit, saved
from deployments import wakeup
from deployments.deployed import Listed
from deployments.environments import environment_of
from deployments.interrupted import never_runs
from deployments.receiver.runs import NoRunError, PrefectRuns
from deployments.stack_home import Home
from flows.incident import opening, tags
from journal.facts.closed import Noted, Notified
from journal.facts.opened import Opened
from journal.facts.words import Ending
from journal.incidents import Incident
from journal.redaction import redact_fact
from journal.schema import LEDGER
from journal.store import Journal
from runbook import Alert, Form
from runbook.alert import fingerprint_of
from tasks.notify import tell_all

AT_ONCE = 100
"""So many findings are told in one message at most."""

BY_CHECK = "check:"
"""How `requested_by` begins for incidents that a check opened."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Something a check found. `mark` names it: what was told under a mark is not told again."""

    mark: str
    text: str


def quiet(text: str) -> State[Any]:
    """There is nothing to do."""
    return Completed(name="Quiet", message=text)


def unknown(text: str) -> State[Any]:
    """Nobody could look. Failed, so that it is seen: it is not health."""
    return Failed(name="Unknown", message=text)


def environment(system: str, name: str) -> Environment | State[Any]:
    """The environment of a system (or of one of its runbooks) to look at, or the state that a check ends in without it.

    Every check of a system says the same, so that `codeblue doctor` can say it once.
    """
    try:
        return saved(environment_of(system), name)
    except NotSaved as missing:
        owner = system.partition(".")[0]  # a runbook's name begins with that of its system
        return unknown(f"Nobody looked. {missing} Where there is no {owner}, switch the check's schedule off.")
    except Unfit as unfit:
        return unknown(str(unfit))


def also_unknown(state: State[Any], blind: Sequence[str]) -> State[Any]:
    """Something was found, and elsewhere nobody could look: both are said."""
    return Failed(name=state.name or "Found", message=" ".join([state.message or "", *blind]))


def current(journal: Journal, listed: Listed, params: Form, rest: timedelta) -> State[Any] | None:
    """Why nothing needs to be asked now: an incident of this runbook and environment is open, or has just failed."""
    since, name = journal.clock() - rest, listed.runbook
    for incident in journal.latest_of(name, params.environment):
        if incident.closed_at is None:
            _have_it_run(journal, incident, listed)
            return Completed(name="Open", message=f"{incident.id} is being handled already.")
        if incident.closed_at > since and incident.ending in {Ending.UNRESOLVED, Ending.HANDED_OFF}:
            text = f"{incident.id} ended {incident.ending} a short while ago; whoever was told has it."
            return Completed(name="Resting", message=text)
    return None


def _have_it_run(journal: Journal, incident: Incident, listed: Listed) -> None:
    """A check that was killed right after it opened an incident left it without a run: give it one."""
    entries = journal.entries(incident.id)
    opened = entries[0].fact
    assert isinstance(opened, Opened)
    if opened.requested_by.startswith(BY_CHECK) and not any(entry.kind == "taken_up" for entry in entries):
        _run(journal, incident, listed, {"params": opened.params, "alert": opened.alert})


def start(journal: Journal, listed: Listed, params: Form, *, name: str, summary: str) -> State[Any]:
    """Open the incident of a runbook and create its run; repeated, it finds both there."""
    runbook = listed.declaration
    alert = Alert(
        format="check",
        name=name,
        fingerprint=fingerprint_of("check", runbook.name, params.environment),
        severity=runbook.severity,
        summary=summary[:4000],
        labels={"environment": params.environment},
    )
    # Prefect stores the parameters of a run as they are given; they are redacted like the entry.
    opened = redact_fact(opening(runbook, params, alert, requested_by=f"{BY_CHECK}{name}"))
    incident, _ = journal.open_incident(opened)
    _run(journal, incident, listed, {"params": opened.params, "alert": opened.alert})
    return Completed(name="Started", message=f"{incident.id}: {summary}")


def _run(journal: Journal, incident: Incident, listed: Listed, parameters: Mapping[str, Any]) -> None:
    """The run of an incident; its idempotency key is the incident, so there is one however often this is called."""
    with get_client(sync_client=True) as client, PrefectRuns(str(client.api_url)) as runs:
        try:
            run = runs.create(
                f"{listed.runbook}/{listed.name}",
                key=incident.id,
                parameters=parameters,
                tags=tags(incident.id, listed.declaration),
            )
        except NoRunError as none:
            if none.refused:  # the incident ends, and its escalation policy tells people; the check fails all the same
                never_runs(journal, incident.id, str(none))
            raise
    wakeup.ring(Home.at(), run)
    journal.assign(str(run), incident.id)


def tell(journal: Journal, check: str, found: Sequence[Found], notifier: Notifier | None) -> State[Any]:
    """Tell people what is new of what was found, once for each mark, and keep it in the ledger.

    What reached nobody stays new, and so does what is more than people read at once: the next time it is told.
    """
    new = [one for one in found if journal.recorded(LEDGER, _key(check, one)) is None][:AT_ONCE]
    text = "\n".join(f"- {one.text}" for one in new)
    mark = ",".join(sorted(one.mark for one in new))[:200]
    addresses = notifier.addresses() if notifier is not None and new else ()

    def say(key: str, fact: Notified) -> None:
        journal.append(LEDGER, key if fact.delivered else f"{key}:failed", fact)

    keys = {f"notified:{check}:{mark}:{one.to}": one for one in addresses}
    if keys and not tell_all(keys, f"Check {check}: {len(new)} to look at", text, say):
        new = []
    for one in new:
        journal.append(LEDGER, _key(check, one), Noted(by="codeblue", text=f"Check {check}: {one.text}"))
    return Failed(name="Found", message=" ".join(one.text for one in found)[:1000])


def _key(check: str, one: Found) -> str:
    return f"check:{check}:{one.mark}"
