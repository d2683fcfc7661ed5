"""The one pipeline: gather → hypothesize → mitigate → validate → document.

Every runbook's flow hands its declaration to `follow`. Nothing else asks for approval, and nothing else applies a
change: it alone makes warrants. Each step is skipped if the journal has it, so a run that was suspended or killed
anywhere starts again from the top and goes on where it was. That rule is the reason why this file is longer than
most: whatever may touch the world can be read here, in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from prefect.client.schemas.objects import State

from flows.closing import close, ended
from flows.handing import hand_off, hand_on, handed_in_vain
from flows.incident import take_up
from journal import approvals, clock, leases
from journal.errors import AlreadyDecided, JournalError, JournalUnavailable, OddName, SamePersonTwice
from journal.facts.closed import Closed, Noted
from journal.facts.decided import Passed, Planned, Requested, TaskGiven
from journal.facts.done import Carried, Intended, Settled, TargetResult, Worsened
from journal.facts.seen import AGAIN, Verdict
from journal.facts.words import Act, Answer, Channel, Ending
from runbook import (
    Alert,
    Approval,
    Change,
    Facts,
    HandOff,
    Manual,
    Mitigation,
    Outcome,
    Permanent,
    Probe,
    Reversible,
    Runbook,
    Step,
    Warrant,
    WayBack,
)
from tasks.at_length import ask_at_length, period
from tasks.case import CLOSED, Case, E, P
from tasks.channel import ApprovalForm, TaskForm, answers, bound, explained, next_key
from tasks.endings import not_of_now, not_seen, not_there, nothing_worked, quoted, recovered, resolved
from tasks.engine import engine
from tasks.gather import GATHER, gather
from tasks.guardrail import halted, refusal, turn
from tasks.hypothesize import ask_symptom, hypothesize, look_again
from tasks.notify import notify, tell_interruptions
from tasks.offer import offers
from tasks.plan import elsewhere, plan, unlike
from tasks.preflight import another_time, preflight, wrong_place
from tasks.request import give_task, open_task, request_approval
from tasks.step import step
from tasks.validate import symptom_after, validate
from tasks.worse import key as worsened_key

ATTEMPTS = 3
"""How often a change may be tried when the target says that the try before did not happen."""

TARGET_LEASE = timedelta(minutes=30)
"""How long a target stays ours if we vanish while changing it."""

ELSEWHERE = "environment"
"""What an act is passed over for that would be another than the one that was approved, or somewhere else."""

SETTLING = timedelta(minutes=30)
"""How long a person has to find out what became of an act that nobody can tell about."""

OVER = "The alert ended and the symptom is gone."
"""Why a question is withdrawn."""

Form = TypeVar("Form", ApprovalForm, TaskForm)


def follow(runbook: Runbook[E, P], environment: type[E], params: P, alert: Alert | None = None) -> State[Any]:
    """Carry one incident from alert to timeline; called by every runbook's flow.

    Returns the final Prefect state, named for what happened: Resolved, Recovered, NotReproduced, HandedOff, Unresolved.
    """
    with take_up(runbook, environment, params, alert) as case:
        tell_interruptions(case)
        closed = case.said(CLOSED, Closed) or _carry(case)
        hand_on(case, closed)
        _undo_expired(case)
        return ended(case, closed)


def _carry(case: Case[E, P]) -> Closed:
    """Everything between taking the incident up and closing it."""
    checks = preflight(case)
    if (elsewhere := wrong_place(checks)) is not None:
        return close(case, Ending.UNRESOLVED, f"Nothing was looked at: {elsewhere}")
    readings = gather(case, case.runbook.probes().values())
    symptom = ask_symptom(case, GATHER)
    if symptom.answer is not Answer.YES:
        symptom = ask_at_length(case)
        if symptom.answer is Answer.NO and (why := another_time(checks)) is not None:
            return close(case, Ending.UNRESOLVED, not_of_now(symptom, why))
        if symptom.answer is Answer.NO:
            return close(case, Ending.NOT_REPRODUCED, not_there(symptom, period(case)))
        if symptom.answer is Answer.UNKNOWN:
            return close(case, Ending.UNRESOLVED, not_seen(symptom))
        readings = gather(case, case.runbook.probes().values(), AGAIN)
    return _treat(case, hypothesize(case, readings))


def _treat(case: Case[E, P], ranking: tuple[Verdict, ...]) -> Closed:
    """Try what the evidence calls for, until the symptom is gone.

    What cured its own cause is kept even when the symptom stays: another is at work as well, and all is judged anew.
    """
    tried = handed_in_vain(case)
    while offer := next((one for one in offers(case, ranking) if one[0].name not in tried), None):
        treatment, verdict = offer
        tried.add(treatment.name)
        if isinstance(treatment, HandOff):
            others = [one for one, _ in offers(case, ranking) if one.name not in tried]
            return close(case, Ending.HANDED_OFF, hand_off(case, treatment, others))
        worked = _mitigate(case, treatment, verdict) if isinstance(treatment, Mitigation) else _task(case, treatment)
        symptom = symptom_after(case, treatment, worked=worked)
        if worked and _worsened(case, treatment):
            worked = False
            _take_all_back(case, treatment)
        if symptom.answer is Answer.NO:
            if worked:
                return close(case, Ending.RESOLVED, resolved(case, treatment))
            return close(case, Ending.RECOVERED, recovered(case))
        if worked:
            ranking = look_again(case, treatment)
    return close(case, Ending.UNRESOLVED, nothing_worked(case, ranking))


# -- one mitigation ---------------------------------------------------------------------------------------------------


def _mitigate(case: Case[E, P], mitigation: Mitigation[E, P], verdict: Verdict) -> bool:
    """Plan, ask, apply, validate; undo what did not work. Whether it worked."""
    planned = plan(case, mitigation, verdict)
    if isinstance(planned, Passed) or not _approved(case, mitigation, planned, verdict):
        return False
    deed = _deed(case, mitigation, planned, Act.APPLY)
    applied = _act(deed)
    worked = applied and validate(case, mitigation).held
    if worked and mitigation.then is not None:
        worked = _mitigate(case, mitigation.then, verdict)
    if applied and not worked:
        _take_back(case, mitigation, planned)
    leases.release(case.journal, deed.lock, case.incident)
    return worked


def _take_back(case: Case[E, P], mitigation: Mitigation[E, P], planned: Planned) -> None:
    """Undo a change that did not help. One that cannot be undone is said loudly."""
    worse = _worsened(case, mitigation)
    if isinstance(mitigation.undo, WayBack):
        if _act(_deed(case, mitigation, planned, Act.UNDO)):
            return
        became = "made it worse" if worse else "did not help"
        text = f"{quoted(mitigation.title)}: the change {became} AND COULD NOT BE UNDONE. Look at once."
        case.say(f"undo_failed:{mitigation.name}", Noted(by="codeblue", text=text))
        notify(case, f"undo_failed:{mitigation.name}", f"{case.incident}: undo failed", text)
    elif worse:
        text = f"{quoted(mitigation.title)}: it became clearly worse, and this change has no way back. Look at once."
        case.say(f"no_way_back:{mitigation.name}", Noted(by="codeblue", text=text))
        notify(case, f"no_way_back:{mitigation.name}", f"{case.incident}: it became worse", text)


def _worsened(case: Case[E, P], treatment: Step[E, P]) -> bool:
    return case.said(worsened_key(treatment.name), Worsened) is not None


def _take_all_back(case: Case[E, P], treatment: Step[E, P]) -> None:
    """Undo a treatment after which the symptom became worse although its cause was gone; the last step first."""
    steps = [treatment]
    while isinstance(steps[-1], Mitigation) and steps[-1].then is not None:
        steps.append(steps[-1].then)
    for step_ in reversed(steps):
        if isinstance(step_, Mitigation) and (planned := case.said(f"plan:{step_.name}", Planned)) is not None:
            _take_back(case, step_, planned)


def _undo_expired(case: Case[E, P]) -> None:
    """Undo temporary changes whose time is up; the watch starts a run for that."""
    entries = case.journal.entries(case.incident)
    over = {
        entry.fact.mitigation
        for entry in entries
        if isinstance(entry.fact, Carried) and entry.fact.expires_at and entry.fact.expires_at <= clock.now()
    }
    for mitigation in case.runbook.steps():
        if isinstance(mitigation, Mitigation) and mitigation.name in over:
            planned = case.said(f"plan:{mitigation.name}", Planned)
            assert planned is not None
            _take_back(case, mitigation, planned)


def _task(case: Case[E, P], manual: Manual[E, P]) -> bool:
    """Give a person a task, wait for their word, and believe only the evidence."""
    given = give_task(case, manual)
    return _answer(case, TaskForm, given).state is approvals.State.DONE and validate(case, manual).held


# -- asking -----------------------------------------------------------------------------------------------------------


def _approved(case: Case[E, P], mitigation: Mitigation[E, P], planned: Planned, verdict: Verdict) -> bool:
    """Whether the people who must agree said yes to exactly this plan. Suspends the run while they think."""
    if not isinstance(mitigation.approval, Approval):
        return True
    request = request_approval(case, mitigation.approval, planned, verdict)
    match _answer(case, ApprovalForm, request).state:
        case approvals.State.APPROVED:
            return True
        case approvals.State.WITHDRAWN:
            by, why = "recovery", OVER
        case approvals.State.REJECTED:
            by, why = "person", "The plan was rejected."
        case _:
            by, why = "time", "Nobody answered in time, so the plan was not carried out."
    case.say(f"passed:{mitigation.name}", Passed(mitigation=mitigation.name, by=by, why=why))
    return False


def _answer(
    case: Case[E, P], form: type[Form], request: Requested | TaskGiven, *, whatever_comes: bool = False
) -> approvals.Standing:
    """How a request ends, through whichever channel. The journal decides; a suspension is only a way to wait.

    One whose problem ends by itself is withdrawn, unless it must be answered `whatever_comes`.
    """
    if (found := _standing(case, request)).state is approvals.State.WAITING:
        for number, given in answers(form, request.digest):
            _through_prefect(case, request.digest, number, given)
        found = _standing(case, request)
    if found.state is approvals.State.EXPIRED:
        return approvals.lapse(case.journal, case.incident, request.digest)
    if found.state is approvals.State.WAITING and not whatever_comes and _over_by_itself(case):
        return approvals.withdraw(case.journal, case.incident, request.digest, OVER)
    if found.state is approvals.State.WAITING:
        # Suspending ends this process. The next one begins at the top and finds the answer in the journal.
        remaining = (request.expires_at - clock.now()).total_seconds()
        engine().suspend(
            bound(form, request.digest, explained(request)),
            key=next_key(request.digest),
            seconds=int(remaining) + 3600,  # expiry is the journal's to say; Prefect would fail the run
        )
    return found


def _over_by_itself(case: Case[E, P]) -> bool:
    """Whether the monitor said that the problem is over, and the symptom, asked after that, says the same."""
    ended = approvals.monitors_end(case.journal.entries(case.incident))
    return ended is not None and ask_symptom(case, approvals.ended_phase(ended)).answer is Answer.NO


def _standing(case: Case[E, P], request: Requested | TaskGiven) -> approvals.Standing:
    found = approvals.standing(case.journal.entries(case.incident), request.digest, clock.now())
    assert found is not None
    return found


def _through_prefect(case: Case[E, P], digest: str, number: int, given: ApprovalForm | TaskForm) -> None:
    """Carry an answer from the Prefect UI into the journal. The open-source UI cannot prove who it was."""
    journal, incident, by, why = case.journal, case.incident, given.name, given.why
    if case.said(f"refused:{digest}:{number}", Noted) is not None:
        return  # whoever was told that it did not count answers anew, though what forbade it may be over
    try:
        if isinstance(given, ApprovalForm):
            yes = given.decision == "approve"
            approvals.decide(
                journal, incident, digest, approve=yes, by=by, channel=Channel.PREFECT, identity_proven=False, why=why
            )
        else:
            done = given.outcome == "done"
            approvals.done(journal, incident, digest, done=done, by=by, channel=Channel.PREFECT, why=why)
    except (AlreadyDecided, SamePersonTwice):
        return  # this answer counted in an earlier pass
    except JournalUnavailable:
        raise  # nobody judged it: a later pass does
    except JournalError as refused:
        who = "somebody" if isinstance(refused, OddName) else by  # such a name is not repeated: it shows as another
        text = f"An answer of {who} by the Prefect UI did not count: {refused}"
        case.say(f"refused:{digest}:{number}", Noted(by="codeblue", text=text))


# -- acting -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Deed(Generic[E, P]):
    """Applying or undoing one plan."""

    case: Case[E, P]
    mitigation: Mitigation[E, P]
    planned: Planned
    change: Change[Any]
    way: Act

    @property
    def lock(self) -> str:
        return f"target:{self.case.context.params.environment}:{self.change.lock}"

    def key(self, attempt: int) -> str:
        return f"{self.mitigation.name}:{self.way}:{attempt}"

    def carried(self, attempt: int, outcome: Outcome, *, again: bool = False, settled: bool = False) -> Carried:
        lasts = self.mitigation.expires_after if self.way is Act.APPLY and outcome.ok else None
        return Carried(
            mitigation=self.mitigation.name,
            digest=self.planned.digest,
            act=self.way,
            attempt=attempt,
            ok=outcome.ok,
            again=again,
            settled=settled,
            note=outcome.note,
            results=tuple(TargetResult(name=r.name, done=r.done, note=r.note) for r in outcome.results),
            expires_at=clock.now() + lasts if lasts else None,
        )


def _deed(case: Case[E, P], mitigation: Mitigation[E, P], planned: Planned, way: Act) -> _Deed[E, P]:
    change = mitigation.change(case.context)
    return _Deed(case=case, mitigation=mitigation, planned=planned, change=change, way=way)


def _act(deed: _Deed[E, P]) -> bool:
    """Apply or undo, once. Whether it is done.

    The intent is committed before the act. An intent that is found without an outcome is settled by asking the target;
    only when the target says that it did not happen is the act tried again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        carried = _attempt(deed, attempt)
        if carried is None or carried.ok or not carried.again:
            return carried is not None and carried.ok
    return False


def _attempt(deed: _Deed[E, P], attempt: int) -> Carried | None:
    case, key = deed.case, deed.key(attempt)
    if (carried := case.said(f"carried:{key}", Carried)) is not None:
        return carried
    intent = case.said(f"intended:{key}", Intended)
    mine = False
    if intent is None:
        said = case.said(f"passed:{key}", Passed) or _intend(deed, attempt)
        if isinstance(said, Passed):
            case.say(f"passed:{key}", said)
            if said.by == ELSEWHERE:
                notify(case, f"passed:{key}", f"{case.incident}: not done: {deed.mitigation.title}", said.why)
            return None
        mine = said.holder == case.holder
    done = _perform(deed, attempt) if mine else _settle(deed, attempt, "The process that acted is gone.")
    return case.said_as(f"carried:{key}", done)


def _intend(deed: _Deed[E, P], attempt: int) -> Intended | Passed:
    """Commit the intent, or say what forbids it. Plan and guardrail are asked once more in the turn that commits it."""
    case, name, planned = deed.case, deed.mitigation.name, deed.planned
    said = Intended(mitigation=name, digest=planned.digest, act=deed.way, attempt=attempt, holder=case.holder)
    if (other := (elsewhere if deed.way is Act.UNDO else unlike)(case, planned)) is not None:
        return Passed(mitigation=name, by=ELSEWHERE, why=other)
    if deed.way is Act.UNDO:  # a stop switch must not keep a failed change in place
        return case.said_as(f"intended:{deed.key(attempt)}", said)
    if (hindrance := _hindrance(deed)) is not None:
        return Passed(mitigation=name, by=hindrance[0], why=hindrance[1])
    with turn(case, deed.change.name):
        if (hindrance := _last_hindrance(deed)) is not None:
            return Passed(mitigation=name, by=hindrance[0], why=hindrance[1])
        return case.said_as(f"intended:{deed.key(attempt)}", said)


def _hindrance(deed: _Deed[E, P]) -> tuple[str, str] | None:
    """What forbids applying right now, asked after the approval and before the intent."""
    case = deed.case
    if (halt := halted(case)) is not None:
        return halt
    phase = f"before:{deed.mitigation.name}"
    gather(case, {probe.name: probe for probe in _compared(case, deed.mitigation)}.values(), phase)
    before = ask_symptom(case, phase)
    if before.answer is Answer.NO:
        return "recovery", "The symptom is gone, so nothing needs to be changed."
    if before.answer is Answer.UNKNOWN:
        return "blindness", f"The symptom cannot be seen any more ({before.observed})."
    return None


def _last_hindrance(deed: _Deed[E, P]) -> tuple[str, str] | None:
    """What forbids it in the moment of the intent. Looking once more took time, or the machine slept meanwhile."""
    case, planned = deed.case, deed.planned
    if (other := unlike(case, planned)) is not None:
        return ELSEWHERE, other
    if (halt := halted(case)) is not None:
        return halt
    if approvals.outdated(case.journal.entries(case.incident), planned.digest, case.journal.clock()):
        return "time", "The yes is too old: longer ago than the question would have waited."
    drawn = deed.change.revive(dict(planned.plan))
    if (why := refusal(case, deed.mitigation, drawn, digest=planned.digest)) is not None:
        return "guardrail", why
    if not leases.acquire(case.journal, deed.lock, case.incident, TARGET_LEASE):
        other = leases.holder_of(case.journal, deed.lock)
        return "lock", f"{other} is changing the same thing; let it finish first."
    return None


def _compared(case: Case[E, P], mitigation: Mitigation[E, P]) -> Iterator[Probe[E, P, Facts]]:
    """What is looked at right before a change, to tell afterwards whether it became worse."""
    yield case.runbook.symptom.probe
    if mitigation.validated_by.gauge is not None:
        yield mitigation.validated_by.probe


def _perform(deed: _Deed[E, P], attempt: int) -> Carried:
    """Act, once. Whatever goes wrong without a clear outcome is settled by asking the target."""
    plan_, name = deed.change.revive(dict(deed.planned.plan)), deed.mitigation.name
    warrant = Warrant(
        incident=deed.case.incident, mitigation=name, digest=deed.planned.digest, act=deed.way, by=deed.case.holder
    )

    def go() -> Outcome:
        if deed.way is Act.APPLY:
            return deed.change.apply(plan_, warrant)
        assert isinstance(deed.change, Reversible)
        return deed.change.undo(plan_, warrant)

    shown = f"{deed.way.capitalize()}: {deed.mitigation.title}"
    try:
        return deed.carried(attempt, step(f"{deed.way}_{name}", go, shown=shown)())
    except Permanent as refused:  # also `Drifted`: a refusal is an outcome, nothing was done
        return deed.carried(attempt, Outcome(ok=False, note=str(refused)))
    except Exception as fault:  # noqa: BLE001 # it may have happened: only the target can tell
        return _settle(deed, attempt, f"{type(fault).__name__}: {fault}")


def _settle(deed: _Deed[E, P], attempt: int, why: str) -> Carried:
    """Find out what became of an act whose outcome is unknown. Never a blind retry."""
    name, digest = deed.mitigation.name, deed.planned.digest
    landed, said = step(f"settle_{name}", lambda: _landed(deed), shown="Did it happen?", retries=3)()
    text = f"{why} {said}"
    settled = Settled(mitigation=name, digest=digest, act=deed.way, attempt=attempt, landed=landed, text=text)
    deed.case.say(f"settled:{deed.key(attempt)}", settled)
    if landed is Answer.UNKNOWN:
        return _ask_whether(deed, attempt, text)
    ok = landed is Answer.YES
    return deed.carried(attempt, Outcome(ok=ok, note=text), again=not ok, settled=True)


def _landed(deed: _Deed[E, P]) -> tuple[Answer, str]:
    plan_ = deed.change.revive(dict(deed.planned.plan))
    try:
        if deed.way is Act.APPLY:
            return deed.change.landed(plan_)
        assert isinstance(deed.change, Reversible)
        return deed.change.undone(plan_)
    except Permanent as blind:
        return Answer.UNKNOWN, str(blind)


def _ask_whether(deed: _Deed[E, P], attempt: int, why: str) -> Carried:
    """Neither we nor the target can tell whether it happened: a person looks and decides."""
    deeds = {Act.APPLY: "applied", Act.UNDO: "undone"}[deed.way]
    given = open_task(
        deed.case,
        name=f"settle:{deed.key(attempt)}",
        title=f"Find out whether this was {deeds}: {deed.mitigation.title}",
        treats=deed.planned.treats,
        steps=(why, deed.planned.summary, f"Say done if it was {deeds}, otherwise that it cannot be done."),
        validation=f"a person has looked whether it was {deeds}",
        waits=SETTLING,
    )
    state = _answer(deed.case, TaskForm, given, whatever_comes=True).state
    ok = state is approvals.State.DONE
    return deed.carried(attempt, Outcome(ok=ok, note=f"A person looked: {state}."), settled=True)
