"""How a request stands, an answer of the Prefect UI on its way into the journal, and whether nobody need answer."""

from __future__ import annotations

from journal import approvals, clock
from journal.errors import AlreadyDecided, JournalError, JournalUnavailable, OddName, SamePersonTwice
from journal.facts.closed import Noted
from journal.facts.decided import Requested, TaskGiven
from journal.facts.words import Answer, Channel
from tasks.case import Case, E, P
from tasks.channel import ApprovalForm, TaskForm
from tasks.hypothesize import ask_symptom


def standing(case: Case[E, P], request: Requested | TaskGiven) -> approvals.Standing:
    """How a request of this incident stands right now."""
    found = approvals.standing(case.journal.entries(case.incident), request.digest, clock.now())
    assert found is not None
    return found


def carry_in(case: Case[E, P], digest: str, number: int, given: ApprovalForm | TaskForm) -> None:
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


def over_by_itself(case: Case[E, P], *, since: int) -> bool:
    """Whether the monitor said that the problem is over, and the symptom, asked after that, says the same.

    What it said before entry `since` is none of it: the symptom was there again when that was written. Nor is it ever
    so of a procedure, which goes on all the same.
    """
    if case.runbook.procedure is not None:
        return False
    ended = approvals.monitors_end(case.journal.entries(case.incident))
    if ended is None:
        return False
    phase = approvals.ended_phase(ended)
    gone = ask_symptom(case, phase).answer is Answer.NO
    heard = case.journal.recorded(case.incident, f"symptom:{phase}")
    return gone and heard is not None and heard.number > since
