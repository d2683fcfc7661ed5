"""`codeblue approve`, `reject` and `done`: a person's answer, recorded in the journal before anything else happens.

The journal judges whether the answer counts, and its refusals are shown as they are. Then Prefect is told to let the
suspended run go on; when Prefect is away the answer is kept all the same.

Whose answer it is: NAME is taken as given. Its identity counts as proven only when NAME is the operating system account
that runs the command (asked of the kernel, not of the environment) and that account is a person's, not root.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from deployments import places
from deployments.cli import panels
from deployments.cli.board import Board
from deployments.cli.following import follow
from deployments.cli.incidents import look
from deployments.cli.lines import clean, one_line
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.people import By, account, is_account, nameless
from deployments.errors import Exit, Refused, Unreachable, Usage
from deployments.resume import resume
from journal import approvals
from journal.approvals import Standing, State
from journal.errors import IncidentClosed, OtherPlan
from journal.facts.decided import Requested, TaskGiven
from journal.facts.words import Channel
from journal.store import Journal

SHORTEST = 8
"""Characters of a digest that name a plan well enough."""

Why = Annotated[str | None, Parameter(name="--why", help="Your reason, for the timeline.")]
PlanDigest = Annotated[str | None, Parameter(name="--plan", help="The plan's digest, or at least 8 characters of it.")]
Yes = Annotated[bool, Parameter(name="--yes", negative="", help="Do not ask; answers the one plan that waits.")]
Watch = Annotated[bool | None, Parameter(name="--watch", help="Watch what happens then; on a terminal by default.")]


def approve(
    incident: str,
    /,
    *,
    plan: PlanDigest = None,
    by: By = None,
    why: Why = None,
    yes: Yes = False,
    watch: Watch = None,
    options: Options = DEFAULTS,
) -> int:
    """Approve the plan that an incident waits on. Shows it and asks first, unless --plan or --yes says which.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    """
    return _decide(incident, plan, by, why, approve=True, yes=yes, watch=watch, options=options)


def reject(
    incident: str,
    /,
    *,
    plan: PlanDigest = None,
    by: By = None,
    why: Why = None,
    yes: Yes = False,
    watch: Watch = None,
    options: Options = DEFAULTS,
) -> int:
    """Reject the plan that an incident waits on; the next one, if there is one, is offered then.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    """
    return _decide(incident, plan, by, why, approve=False, yes=yes, watch=watch, options=options)


def done(
    incident: str,
    /,
    *,
    cannot: Annotated[bool, Parameter(negative="")] = False,
    task: str | None = None,
    by: By = None,
    why: Why = None,
    watch: Watch = None,
    options: Options = DEFAULTS,
) -> int:
    """Say that the manual task of an incident is done. It is believed only when the evidence agrees.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    cannot
        Say that it cannot be done.
    task
        The task's digest, or at least 8 characters of it, where several wait.
    """
    with places.journal(options.place) as journal:
        seen = _open(look(journal, incident))
        chosen = _chosen(seen, journal, task, TaskGiven)
        name, reason = _signature(by, why, options)
        found = approvals.done(
            journal, seen.incident, chosen.digest, done=not cannot, by=name, channel=Channel.CLI, why=reason
        )
        said = "said that it cannot be done" if cannot else "said that it is done"
        return _after(journal, seen, found, name, said, watch=watch, options=options)


def _decide(
    incident: str,
    plan: str | None,
    by: str | None,
    why: str | None,
    *,
    approve: bool,
    yes: bool,
    watch: bool | None,
    options: Options,
) -> int:
    verb = "approve" if approve else "reject"
    with places.journal(options.place) as journal:
        seen = _open(look(journal, incident))
        chosen = _chosen(seen, journal, plan, Requested)
        waits = chosen.state is State.WAITING
        if waits and approve:
            approvals.halted(journal, seen.incident)  # before anybody reads a plan that nobody may carry out now
        if waits and not (plan or yes):
            _confirm(chosen, seen, verb, options)
        name, reason = _signature(by, why, options)
        found = approvals.decide(
            journal,
            seen.incident,
            chosen.digest,
            approve=approve,
            by=name,
            channel=Channel.CLI,
            identity_proven=is_account(name),
            why=reason,
        )
        return _after(journal, seen, found, name, f"{verb}d" if approve else "rejected", watch=watch, options=options)


def _open(seen: Board) -> Board:
    """The same board. Raises IncidentClosed before anything else is asked: no answer counts there any more."""
    if seen.closed is not None:
        raise IncidentClosed(seen.incident, seen.closed.ending.value)
    return seen


def _chosen(seen: Board, journal: Journal, digest: str | None, kind: type[Requested | TaskGiven]) -> Standing:
    """The request that is answered. What cannot be answered any more is chosen too: the journal says why not."""
    entries = journal.entries(seen.incident)
    ours = [one for one in approvals.standings(entries, seen.now) if isinstance(one.request, kind)]
    if digest is not None:
        return _named(seen, ours, digest.strip().rstrip("…").lower())
    open_ = [one for one in seen.waiting if isinstance(one.request, kind)]
    if len(open_) > 1:
        names = ", ".join(f"{one.digest} ({one.request.mitigation})" for one in open_)
        option = "--plan" if kind is Requested else "--task"
        raise Usage(f"{seen.incident} waits for several answers; say which by {option}: {names}.")
    if open_ or ours:
        return (open_ or ours)[-1]
    raise Refused(_nothing(seen, kind))


def _nothing(seen: Board, kind: type[Requested | TaskGiven]) -> str:
    what = "approval" if kind is Requested else "manual task"
    if seen.waiting:
        other = "done" if kind is Requested else "approve"
        return f"{seen.incident} waits for no {what}, but for: codeblue {other} {seen.incident}"
    return f"{seen.incident} waits for no {what}. See: codeblue show {seen.incident}"


def _named(seen: Board, ours: list[Standing], digest: str) -> Standing:
    exact = [one for one in ours if one.digest == digest]
    if not exact and len(digest) < SHORTEST:
        raise Usage(f"{digest!r} is too short to name a plan; give at least {SHORTEST} characters of its digest.")
    found = exact or [one for one in ours if one.digest.startswith(digest)]
    if len(found) > 1:
        raise Usage(f"{digest!r} is the beginning of several plans ({', '.join(one.digest for one in found)}).")
    if found:
        return found[0]
    if seen.waiting:
        raise OtherPlan(seen.incident, digest, seen.waiting[0].digest)
    raise Refused(f"{seen.incident} never asked about a plan {digest}. See: codeblue show {seen.incident}")


def _confirm(chosen: Standing, seen: Board, verb: str, options: Options) -> None:
    if not options.interactive:
        raise Usage(
            f"There is nobody to ask here, so say which plan: --plan {chosen.digest}, or --yes for the one that waits."
        )
    from rich.markdown import Markdown  # slow to import, and only needed where a person is asked

    err = options.err
    err.print(panels.head(seen.incident, seen.opened, seen.opened_at))
    err.print(Markdown(clean(chosen.request.text)))
    err.print(Text(f"{verb.capitalize()} exactly this plan, {chosen.digest}? [y/N] ", style="bold magenta"), end="")
    if input().strip().lower() not in {"y", "yes"}:
        raise Refused(f"Nothing was answered; {seen.incident} still waits.")


def _signature(by: str | None, why: str | None, options: Options) -> tuple[str, str]:
    """Who answers and why; asked of a person who did not say."""
    name = by if by is not None else account()
    if name is None and options.interactive:
        options.err.print("Your name: ", end="")
        name = input()
    if why is None and options.interactive:
        options.err.print("Why, in a few words: ", end="")
        why = input()
    if name is None:
        raise Usage(nameless())
    if why is None:
        raise Usage("An answer needs a reason for the timeline: --why TEXT.")
    return name, why


def _after(
    journal: Journal,
    seen: Board,
    found: Standing,
    name: str,
    said: str,
    *,
    watch: bool | None,
    options: Options,
) -> int:
    """The answer counts: let the run go on if nothing is missing, and say so."""
    goes_on, then = _let_go_on(found, options)
    text = f"Recorded: {one_line(name)} {said}; {then}."
    options.document(
        {
            "incident": seen.incident,
            "digest": found.digest,
            "state": found.state.value,
            "by": found.by,
            "missing": found.missing,
            "identity_proven": is_account(name),
            "goes_on": goes_on,
            "text": text,
        }
    )
    options.say(Text(text))
    if goes_on and (watch if watch is not None else options.interactive and options.out.is_terminal):
        return follow(journal, seen.incident, options, after=found.answers[-1].number)
    return Exit.OK


def _let_go_on(found: Standing, options: Options) -> tuple[bool, str]:
    if found.state is State.WAITING:
        return False, f"{found.missing} more yes must come from somebody else"
    flow_run = found.asked.flow_run
    if flow_run is None:
        return False, "no flow run is known for it, so nothing goes on by itself"
    try:
        return True, resume(options.place, flow_run, "Answered in the journal.")
    except Unreachable as away:
        options.hint(Text(str(away), style="yellow"))
        return False, "the run goes on when Prefect is back"
