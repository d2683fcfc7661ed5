"""The one pipeline: gather → hypothesize → mitigate → validate → document.

Every runbook's flow hands its declaration to `follow`. Nothing else asks for approval, and nothing else applies a
change: it alone makes warrants. Each step is skipped if the journal has it, so a run that was suspended or killed
anywhere starts again from the top and goes on where it was. That rule is the reason why this file is longer than
most: whatever may touch the world can be read here, in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, assert_never

from prefect.client.schemas.objects import State

from flows.closing import close, ended
from flows.handing import hand_off, hand_on, hand_over, handed_in_vain
from flows.incident import take_up
from flows.procedure import end
from flows.shadow import at_the_end, instead
from journal import approvals, leases
from journal.facts.closed import Closed
from journal.facts.decided import Passed, Planned, Requested, TaskGiven
from journal.facts.done import Carried, Intended, Settled, UnderWay
from journal.facts.seen import AGAIN, Verdict
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Act, Answer, Ending
from runbook import (
    Alert,
    Approval,
    Examination,
    HandOff,
    Long,
    Manual,
    Mitigation,
    Outcome,
    Permanent,
    Reversible,
    Runbook,
    Step,
    Wait,
    Warrant,
    WayBack,
)
from runbook.mitigation import Changing
from tasks import under_way
from tasks.answered import carry_in, over_by_itself, standing
from tasks.at_length import ask_at_length, period
from tasks.case import CLOSED, Case, E, P
from tasks.channel import ApprovalForm, Form, TaskForm, answers, bound, explained, suspend
from tasks.deed import ATTEMPTS, Deed, deed_of
from tasks.endings import not_of_now, not_seen, not_there, nothing_worked, recovered, resolved
from tasks.examining import stays
from tasks.gather import GATHER, gather
from tasks.guardrail import turn
from tasks.handed import refused
from tasks.hindrance import ELSEWHERE, hindrance, last_hindrance
from tasks.hypothesize import ask_symptom, hypothesize, look_again
from tasks.notify import notify, tell_interruptions
from tasks.offer import offers
from tasks.plan import elsewhere, plan, unlike
from tasks.preflight import another_time, preflight, wrong_place
from tasks.procedure import begun, is_so_already, to_undo
from tasks.request import OVER, ask_whether, found_out, give_task, not_carried, request_approval
from tasks.returning import come_back
from tasks.rounds import left_out, was_cured, was_done, was_over
from tasks.rule import at_the_act, came_later
from tasks.shadow import shut, unasked
from tasks.step import step
from tasks.taking_back import expired, perhaps, steps_of, tell_no_way_back, tell_undo_failed
from tasks.validate import symptom_after, validate
from tasks.waits import begin, look
from tasks.worse import worsened


def follow(runbook: Runbook[E, P], environment: type[E], params: P, alert: Alert | None = None) -> State[Any]:
    """Carry one incident from alert to timeline; called by every runbook's flow.

    Returns the final Prefect state, named for what happened, as its `Ending`.
    """
    with take_up(runbook, environment, params, alert) as case:
        tell_interruptions(case)
        _undo_expired(case)  # also where the incident goes on: somebody may think for longer than a change may last
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
    return _treat(case, hypothesize(case, readings)) if case.runbook.procedure is None else _proceed(case)


def _treat(case: Case[E, P], ranking: tuple[Verdict, ...]) -> Closed:
    """Try what the evidence calls for, round by round, until the symptom is gone.

    An act that did not end it ends its round: all is looked at and judged anew. What cured its own cause is kept even
    so: another is at work as well.
    """
    times = Counter[str]()
    for over in range(case.runbook.rounds):
        came = _round(case.again(over + 1), ranking, over, times)
        if isinstance(came, Closed):
            return came
        if came is None:
            break
        ranking = look_again(case.again(times[came.name]), came, over + 1)
    text = nothing_worked(case, ranking)
    return at_the_end(case, text) or close(case, Ending.UNRESOLVED, text)


def _round(
    case: Case[E, P], ranking: tuple[Verdict, ...], over: int, times: Counter[str]
) -> Closed | Step[E, P] | None:
    """Treat what was judged until something was done: how it ended, or else what was done; none where nothing was.

    So many rounds are `over`. `times` counts how often each treatment is tried in the incident.
    """
    tried = handed_in_vain(case) | left_out(case, over)
    while offer := next((one for one in offers(case, ranking) if one[0].name not in tried), None):
        treatment, verdict = offer
        tried.add(treatment.name)
        if (ended_ := instead(case.again(times[treatment.name] + 1), treatment, verdict)) is not None:
            return ended_
        if isinstance(treatment, HandOff):
            if shut(case, treatment) or refused(case, treatment):
                continue
            if not treatment.returns:
                others = [one for one, _ in offers(case, ranking) if one.name not in tried]
                return close(case, Ending.HANDED_OFF, hand_off(case, treatment, others))
        times[treatment.name] += 1
        closed, done = _try(case.again(times[treatment.name]), treatment, verdict)
        if closed is not None or done:
            return closed or treatment
    return None


def _proceed(case: Case[E, P]) -> Closed:
    """Do every step of a procedure in its order, however quiet it looks; the first that is not done stops it."""
    for one in begun(case):
        if (ended_ := instead(case, one)) is not None:
            return ended_
        worked = _mitigate(case, one, None) if isinstance(one, Mitigation) else _task(case, one)
        ask_symptom(case, f"after:{case.named(one.name)}")  # for whoever reads it; it stops nothing
        if not worked:
            break
    for mitigation, planned in to_undo(case):
        _take_back(case, mitigation, planned)
    return end(case)


def _try(case: Case[E, P], treatment: Step[E, P], verdict: Verdict) -> tuple[Closed | None, bool]:
    """One treatment, once: how the incident ended, if it did, and whether anything was done."""
    match treatment:
        case Mitigation() | Examination():
            worked = _mitigate(case, treatment, verdict)
        case Manual():
            worked = _task(case, treatment)
        case Wait():
            worked = _wait(begin(case, treatment), partial(look, case, treatment))
        case HandOff():
            begun = hand_over(case, treatment, verdict)
            worked = begun is not None and _wait(begun, partial(come_back, case, treatment))
        case _:
            assert_never(treatment)
    symptom = symptom_after(case, treatment, worked=worked)
    if worked and worsened(case, treatment):
        worked = False
        _take_all_back(case, treatment)
    if symptom.answer is not Answer.NO:
        return None, was_done(case, treatment)
    if worked and was_cured(case, treatment):
        return close(case, Ending.RESOLVED, resolved(case, treatment)), True
    return close(case, Ending.RECOVERED, recovered(case)), True


# -- one mitigation ---------------------------------------------------------------------------------------------------


def _mitigate(
    case: Case[E, P], mitigation: Changing[E, P], verdict: Verdict | None, treatment: Changing[E, P] | None = None
) -> bool:
    """Plan, ask, apply, validate; undo what did not work. Whether it worked. A later step names its `treatment`.

    An examination is not validated: it stays on until its time is up, unless something becomes worse by it.
    """
    treatment = treatment or mitigation
    planned = plan(case, mitigation, verdict)
    if isinstance(planned, Passed) or not _approved(case, mitigation, planned, verdict):
        return is_so_already(case, mitigation, planned)
    deed = deed_of(case, mitigation, planned, Act.APPLY)
    applied = _act(deed)
    worked = applied and stays(case, mitigation)
    if worked and isinstance(mitigation, Mitigation) and mitigation.then is not None:
        worked = _mitigate(case, mitigation.then, verdict, treatment)
    if (applied or perhaps(case, planned)) and not worked:
        _take_back(case, mitigation, planned)
    if not was_over(case, treatment):  # or the target may be in the hands of a later try, which this pass comes to
        leases.release(case.journal, deed.lock, case.incident)
    return worked


def _take_back(case: Case[E, P], mitigation: Changing[E, P], planned: Planned) -> None:
    """Undo a change that did not help. One that cannot be undone is said loudly."""
    if isinstance(mitigation.undo, WayBack):
        if not _act(deed_of(case, mitigation, planned, Act.UNDO)):
            tell_undo_failed(case, mitigation)
    elif worsened(case, mitigation):
        tell_no_way_back(case, mitigation)


def _take_all_back(case: Case[E, P], treatment: Step[E, P]) -> None:
    """Undo a treatment after which the symptom became worse although its cause was gone; the last step first."""
    for mitigation, planned in reversed(steps_of(case, treatment)):
        _take_back(case, mitigation, planned)


def _undo_expired(case: Case[E, P]) -> None:
    """Undo temporary changes whose time is up, the last one first; the watch starts a run for that."""
    for tried, mitigation, planned in expired(case):
        _take_back(tried, mitigation, planned)


def _task(case: Case[E, P], manual: Manual[E, P]) -> bool:
    """Give a person a task, wait for their word, and believe only the evidence."""
    given = unasked(case, f"task:{case.named(manual.name)}", manual.name) or give_task(case, manual)
    if isinstance(given, Passed):
        return False
    return _answer(case, TaskForm, given).state is approvals.State.DONE and validate(case, manual).held


def _wait(begun: WaitBegun, look: Callable[[WaitBegun], WaitOver | None]) -> bool:
    """Wait for what ends by itself, or in another incident; whether it is over."""
    while (over := look(begun)) is None:
        suspend(None, begun.digest, begun.expires_at)
    return over.held


# -- asking -----------------------------------------------------------------------------------------------------------


def _approved(case: Case[E, P], mitigation: Changing[E, P], planned: Planned, verdict: Verdict | None) -> bool:
    """Whether the people who must agree said yes to exactly this plan. Suspends the run while they think."""
    if not isinstance(mitigation.approval, Approval):
        return True
    if (passed := unasked(case, f"ask:{case.named(mitigation.name)}", mitigation.name)) is not None:
        case.say(f"passed:{case.named(mitigation.name)}", passed)
        return False
    request = request_approval(case, mitigation.approval, planned, verdict)
    refusal = not_carried(mitigation, _answer(case, ApprovalForm, request).state)
    if refusal is not None:
        case.say(f"passed:{case.named(mitigation.name)}", refusal)
    return refusal is None


def _answer(
    case: Case[E, P], form: type[Form], request: Requested | TaskGiven, *, whatever_comes: bool = False
) -> approvals.Standing:
    """How a request ends, through whichever channel. The journal decides; a suspension is only a way to wait.

    One whose problem ends by itself is withdrawn, unless it must be answered `whatever_comes`.
    """
    if (found := standing(case, request)).state is approvals.State.WAITING:
        for number, given in answers(form, request.digest):
            carry_in(case, request.digest, number, given)
        found = standing(case, request)
    if found.state is approvals.State.EXPIRED:
        return approvals.lapse(case.journal, case.incident, request.digest)
    if found.state is approvals.State.WAITING and not whatever_comes and over_by_itself(case, since=found.asked.number):
        return approvals.withdraw(case.journal, case.incident, request.digest, OVER)
    if found.state is approvals.State.WAITING:
        suspend(bound(form, request.digest, explained(request)), request.digest, request.expires_at)
    return found


# -- acting -----------------------------------------------------------------------------------------------------------


def _act(deed: Deed[E, P]) -> bool:
    """Apply or undo, once. Whether it is done.

    The intent is committed before the act. An intent that is found without an outcome is settled by asking the target;
    only when the target says that it did not happen is the act tried again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        carried = _attempt(deed, attempt)
        if carried is None or carried.ok or not carried.again:
            return carried is not None and carried.ok
    return False


def _attempt(deed: Deed[E, P], attempt: int) -> Carried | None:
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
    done = case.said(f"under_way:{key}", UnderWay)
    done = done or (_perform(deed, attempt) if mine else _settle(deed, attempt, "The process that acted is gone."))
    return case.said_as(f"carried:{key}", _watch(deed, attempt, done) if isinstance(done, UnderWay) else done)


def _intend(deed: Deed[E, P], attempt: int) -> Intended | Passed:
    """Commit the intent, or say what forbids it. Plan and guardrail are asked once more in the turn that commits it."""
    case, name, planned = deed.case, deed.mitigation.name, deed.planned
    said = Intended(mitigation=name, digest=planned.digest, act=deed.way, attempt=attempt, holder=case.holder)
    if (other := (elsewhere if deed.way is Act.UNDO else unlike)(case, planned)) is not None:
        return Passed(mitigation=name, by=ELSEWHERE, why=other)
    if deed.way is Act.UNDO:  # a stop switch must not keep a failed change in place
        return case.said_as(f"intended:{deed.key(attempt)}", said)
    if (forbidden := hindrance(deed)) is not None:
        return Passed(mitigation=name, by=forbidden[0], why=forbidden[1])
    drawn = at_the_act(deed)
    if isinstance(drawn, tuple):
        return Passed(mitigation=name, by=drawn[0], why=drawn[1])
    if planned.at_most is not None:
        said = said.model_copy(update={"plan": drawn.model_dump(mode="json"), "later": came_later(planned, drawn)})
    with turn(case, deed.change.name):
        if (forbidden := last_hindrance(deed, drawn)) is not None:
            return Passed(mitigation=name, by=forbidden[0], why=forbidden[1])
        return case.said_as(f"intended:{deed.key(attempt)}", said)


def _perform(deed: Deed[E, P], attempt: int) -> Carried | UnderWay:
    """Act, once. Whatever goes wrong without a clear outcome is settled by asking the target."""
    plan_, name = deed.drawn(attempt), deed.mitigation.name
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
        done = step(f"{deed.way}_{name}", go, shown=shown)()
    except Permanent as refused:  # also `Drifted`: a refusal is an outcome, nothing was done
        return deed.carried(attempt, Outcome(ok=False, note=str(refused)))
    except Exception as fault:  # noqa: BLE001 # it may have happened: only the target can tell
        return _settle(deed, attempt, f"{type(fault).__name__}: {fault}")
    return under_way.begin(deed, attempt, done.note) if done.under_way else deed.carried(attempt, done)


def _watch(deed: Deed[E, P], attempt: int, act: UnderWay) -> Carried:
    """See an act to its end that goes on in its target. No process is held meanwhile."""
    while (over := under_way.look(deed, attempt, act)) is None:
        suspend(None, deed.key(attempt), act.expires_at)
    return over if isinstance(over, Carried) else _ask_whether(deed, attempt, over)


def _settle(deed: Deed[E, P], attempt: int, why: str) -> Carried | UnderWay:
    """Find out what became of an act whose outcome is unknown. Never a blind retry."""
    name, digest = deed.mitigation.name, deed.planned.digest
    landed, said = step(f"settle_{name}", partial(deed.landed, attempt), shown="Did it happen?", retries=3)()
    text = f"{why} {said}"
    if landed is Answer.UNKNOWN and isinstance(deed.change, Long):  # it may go on, seen or not
        return under_way.begin(deed, attempt, text, found=True)
    settled = Settled(mitigation=name, digest=digest, act=deed.way, attempt=attempt, landed=landed, text=text)
    deed.case.say(f"settled:{deed.key(attempt)}", settled)
    if landed is Answer.UNKNOWN:
        return _ask_whether(deed, attempt, text)
    ok = landed is Answer.YES
    return deed.carried(attempt, Outcome(ok=ok, note=text), again=not ok, settled=True)


def _ask_whether(deed: Deed[E, P], attempt: int, why: str) -> Carried:
    """Neither we nor the target can tell whether it happened: a person looks and decides."""
    given = ask_whether(deed, attempt, why)
    state = _answer(deed.case, TaskForm, given, whatever_comes=True).state
    return deed.carried(attempt, Outcome(ok=state is approvals.State.DONE, note=found_out(deed, state)), settled=True)
