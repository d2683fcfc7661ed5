"""What comes of a change that was carried out: whether it may stay, or is to be undone.

An examination is left on until it can tell something. Nothing has to hold after it; where things become clearly worse
meanwhile (`tasks.worse`), it is undone at once.
"""

from __future__ import annotations

from journal import clock
from journal.chain import Entry
from journal.facts.done import Carried
from journal.facts.seen import SymptomAsked
from journal.facts.words import Act, Answer
from runbook import Examination
from runbook.mitigation import Changing
from tasks.case import Case, E, P
from tasks.deed import ATTEMPTS
from tasks.gather import look_once, revive
from tasks.step import step
from tasks.validate import every, patience, validate
from tasks.worse import key, worsened, worsening


def stays(case: Case[E, P], mitigation: Changing[E, P]) -> bool:
    """Whether what was applied worked; of an examination, whether it may be on."""
    if not isinstance(mitigation, Examination):
        return validate(case, mitigation).held
    if case.said(f"symptom:after:{case.named(mitigation.name)}", SymptomAsked) is None:
        shown = f"Until it can tell something: {mitigation.title}"
        step(f"examine_{mitigation.name}", lambda: _let_see(case, mitigation), shown=shown)()
    return not worsened(case, mitigation)


def _let_see(case: Case[E, P], examination: Examination[E, P]) -> None:
    """Until so long after the act; whoever takes over goes on. Nobody looks any longer at what is gone."""
    symptom, tried = case.runbook.symptom, case.named(examination.name)
    worse = worsening(case, examination, symptom)
    left = patience(case, examination.asks_after) - (clock.now() - _began(case, tried).at).total_seconds()
    began = clock.monotonic()
    while (waited := clock.monotonic() - began) < left:
        fact = look_once(case, symptom.probe, f"after:{tried}")
        if symptom.find({symptom.probe.name: revive(symptom.probe, fact)}).answer is Answer.NO:
            return
        if (found := worse.seen(fact)) is not None:
            case.say(f"read:{fact.phase}:{fact.at.isoformat()}", fact)
            case.say(key(tried), found)
            return
        clock.sleep(min(every(case, waited), left - waited))


def _began(case: Case[E, P], tried: str) -> Entry:
    """The entry that says that it is on."""
    keys = (f"carried:{tried}:{Act.APPLY}:{attempt}" for attempt in range(1, ATTEMPTS + 1))
    found = (case.journal.recorded(case.incident, key) for key in keys)
    return next(one for one in found if one is not None and isinstance(one.fact, Carried) and one.fact.ok)
