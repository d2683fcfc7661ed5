"""Changing a service of Cloud Run: asked for under the etag of what was looked at, and followed until it is over.

Cloud Run takes a change at once and carries it out by an operation. Every change of a service goes this way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from blocks.google import Google
from blocks.google_answers import saying
from journal.wording import span
from runbook import Drifted, NotSafe, Outcome, Permanent, Result, Temporary, Warrant
from tasks.cloudrun.service import READY, described, terminal
from tasks.waiting import until

SERVES_WITHIN = timedelta(minutes=5)


def refuse_while_under_way(service: str, found: Mapping[str, Any]) -> None:
    """Raise `NotSafe` while somebody else's change goes on."""
    if found.get("reconciling"):
        raise NotSafe(f"An operation on {service} is under way; wait until it has ended.")


def carry_out(
    google: Google,
    service: str,
    wanted: Mapping[str, Any],
    etag: str,
    warrant: Warrant,
    *,
    is_so: Callable[[Mapping[str, Any]], bool],
    doing: str,
    done: str,
    within: timedelta,
) -> Outcome:
    """Ask for the one field of `wanted`, and wait until that is over. `is_so`: whether a service was asked for it.

    `doing` is what is done, as in *send the traffic of api*, and `done` the note where that went well. Raises `Drifted`
    where the service has another etag by now.
    """
    name, (mask,) = google.service(service), wanted
    body = {"name": name, "etag": etag, **wanted}
    try:
        with google.changing("run", warrant) as run:
            begun = run.ask(
                lambda api: api.projects().locations().services().patch(name=name, body=body, updateMask=mask), doing
            )
    except Drifted:
        # httplib2 repeats a request whose answer was lost; the second is refused because the first was done.
        if not is_so(described(google, service)):
            raise
        begun = {}
    ended = _ended(google, service, str(begun.get("name", "")), within)
    went, note = ended is not None and not ended.get("error"), done
    if ended is None:
        note = f"To {doing} had not ended within {span(within)}."
    elif not went:
        note = f"Cloud Run could not {doing}: {saying(ended['error']).rstrip('.') or 'it does not say why'}."
    return Outcome(ok=went, note=note, results=(Result(name=service, done=went, note=note),))


def _ended(google: Google, service: str, operation: str, within: timedelta) -> dict[str, Any] | None:
    """The operation when it has ended, well or not; nothing where it goes on for longer than we wait.

    Of one that cannot be seen, the service tells when it is over: what was done is not made undone by that.
    """
    found: dict[str, Any] = {}

    def over() -> bool:
        with suppress(Temporary):
            found.clear()
            found.update(_operation(google, operation) or _as_operation(google, service))
        return bool(found.get("done"))

    return found if until(over, within=within, every=timedelta(seconds=0.5)) else None


def _operation(google: Google, name: str) -> dict[str, Any] | None:
    """An operation; nothing where it has no name, is forgotten, or may not be seen."""
    with suppress(Permanent), google.reading("run") as run:
        if name:
            return run.ask(lambda api: api.projects().locations().operations().get(name=name), "follow an operation")
    return None


def _as_operation(google: Google, service: str) -> dict[str, Any]:
    """How the service is, in the form of an operation on it."""
    found = described(google, service)
    state, why = terminal(found)
    failed = {} if state in {None, READY} else {"error": {"message": why}}
    return {"done": not found.get("reconciling"), **failed}
