"""What is said when an incident ends: what is known and how surely, what was done, what goes on, and what is next.

The journal keeps it as the closing text, people are told it, and the timeline begins with it. Titles stand in quotation
marks: a title that ends in "password", with a colon behind it, would read like a secret and be redacted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from journal.facts.closed import HandedOff
from journal.facts.decided import Passed, Planned
from journal.facts.done import Carried, Validated, Worsened
from journal.facts.seen import OTHER, Finding, Judged, Read, SymptomAsked, Verdict
from journal.facts.waited import WaitOver
from journal.facts.words import Act, Answer, Standing
from journal.rounds import examinations, half_done, kept, taken_back, tries, worsened
from journal.timeline_events import waited_line, worse_line
from journal.timeline_words import in_place, titles
from journal.wording import ordinal, sentence, span
from runbook import HandOff, Step
from runbook.rendering import is_offered
from tasks.case import Case, E, P

_GONE = "is gone, and nothing was changed here: what ended it is not known"


def quoted(title: str) -> str:
    """A title in the middle of a sentence."""
    return f"“{title}”"


def not_there(symptom: Finding, whole: timedelta) -> str:
    """Nothing is wrong, as far as was seen, and for how long it was looked."""
    return sentence(f"Nothing was changed: for {span(whole)} it was not so that {symptom.sentence} ({_seen(symptom)})")


def not_of_now(symptom: Finding, why: str) -> str:
    """What was seen is fine, and is not of now: nobody may take it for an all-clear."""
    return (
        f"Unknown, and nothing was changed: it was not so that {symptom.sentence} ({_seen(symptom)}), but at another"
        f" time. {sentence(why)} Then start the runbook again, or look by hand."
    )


def not_seen(symptom: Finding) -> str:
    """Nobody knows whether anything is wrong: why, and what would make it known."""
    return (
        f"Unknown, and nothing was changed: nobody could see whether {symptom.sentence}. Why: {_seen(symptom)}."
        f" It will be known when the probe {symptom.probe} can be read: make that possible and start the runbook again,"
        " or look by hand."
    )


def resolved(case: Case[E, P], treatment: Step[E, P]) -> str:
    """What helped, what had been done before that and stays, and what goes on all the same."""
    time = f" when it was done for the {ordinal(case.nth)} time" if case.nth > 1 else ""
    done = f"{quoted(treatment.title)} worked{time}, and the symptom is gone."
    if isinstance(treatment, HandOff):
        over = case.said(f"waited:{case.named(treatment.name)}", WaitOver)
        assert over is not None, "it came back"
        done = f"{quoted(treatment.title)}: it was resolved there, and the symptom is gone. {_there(over)}"
    return " ".join((*no_way_back(case), done, *_stays(case, treatment), *goes_on(case)))


def handed_over(case: Case[E, P], to: str) -> str:
    """Where it goes on, and what was done before that: whoever takes it over must know what they find changed."""
    return " ".join((*no_way_back(case), to, *_stays(case), *goes_on(case)))


def recovered(case: Case[E, P]) -> str:
    """The symptom is gone, and nothing of ours was shown to be why. *By itself* is said only where nothing was done."""
    titles, acts = _titles(case), _acts(case)
    applied = list(dict.fromkeys(quoted(titles[name]) for _, name, act in acts if act is Act.APPLY))
    if not applied:
        entries = case.journal.entries(case.incident)
        back = any(isinstance(entry.fact, HandedOff) and entry.fact.returns for entry in entries)
        gone = f"went away by itself: nothing was changed{_only_looks(case)}" if not back else _GONE
        return " ".join((*_waited(case), f"The symptom {gone}."))
    undone = taken_back(case.journal.entries(case.incident))
    stays = [quoted(titles[name]) for one, name, act in acts if act is Act.APPLY and one not in undone]
    left = f" Still in place: {', '.join(dict.fromkeys(stays))}." if stays else " What was changed is undone."
    worse = "".join(f"{line} " for line in no_way_back(case))
    return (
        f"{worse}The symptom is gone, and it is not known why: {', '.join(applied)} was carried out and was not shown"
        f" to have helped.{left}"
    )


def _only_looks(case: Case[E, P]) -> str:
    """What was turned on to look, and treats nothing."""
    titles, only_looks = _titles(case), examinations(case.journal.entries(case.incident))
    named = list(dict.fromkeys(quoted(titles[name]) for one, name, _ in _done(case) if one in only_looks))
    return f" but {', '.join(named)}, which only looks" if named else ""


def _waited(case: Case[E, P]) -> Iterator[str]:
    """What came that was waited for, and what became of what was handed over."""
    titles, entries = _titles(case), case.journal.entries(case.incident)
    handed = {e.fact.mitigation for e in entries if isinstance(e.fact, HandedOff)}
    for entry in entries:
        if isinstance(fact := entry.fact, WaitOver) and fact.mitigation in handed:
            yield f"{waited_line(fact)}: {quoted(titles[fact.mitigation])}. {_there(fact)}"
        elif isinstance(fact, WaitOver) and fact.held:
            yield f"{quoted(titles[fact.mitigation])}: after {span(fact.took)} {fact.finding.sentence}."


def _there(over: WaitOver) -> str:
    """How it was in the other incident when it was looked there last."""
    said = over.finding.observed
    return sentence(said[0].upper() + said[1:] if over.ending is not None else f"When it was looked there last: {said}")


def nothing_worked(case: Case[E, P], ranking: tuple[Verdict, ...]) -> str:
    """What is said when an incident stays unresolved: what is known, what is not, and why no treatment helped."""
    supported = [_likely(verdict) for verdict in ranking if is_offered(verdict)]
    unseen = _unseen(case)
    known = (
        (unseen or "The symptom is still there.", "Supported causes:", *supported)
        if supported
        else (
            f"{unseen} Its cause is not known." if unseen else "The symptom is there, and its cause is not known.",
            *_to_look_at(ranking),
        )
    )
    rest = (*_blind(case, ranking), *_not_done(case), *_no_round_left(case), *goes_on(case))
    return " ".join((*no_way_back(case), *known, *rest))


def _unseen(case: Case[E, P]) -> str:
    """That nobody could see the symptom when it was asked last, if it is so: then it is neither there nor gone."""
    asked = (e.fact.finding for e in reversed(case.journal.entries(case.incident)) if isinstance(e.fact, SymptomAsked))
    last = next(asked, None)
    if last is not None and last.answer is Answer.UNKNOWN:
        return f"Unknown whether the symptom is still there: {_seen(last)}."
    return ""


def _no_round_left(case: Case[E, P]) -> Iterator[str]:
    """That it is not tried any longer, where as many rounds are over as there may be."""
    last = max((e.fact.after for e in case.journal.entries(case.incident) if isinstance(e.fact, Judged)), default=0)
    if last >= case.runbook.rounds:
        yield f"No further round was begun: the runbook has {case.runbook.rounds} at most."


def _stays(case: Case[E, P], treatment: Step[E, P] | None = None) -> Iterator[str]:
    """What was done beside a treatment and is in place: what cured its own cause, and what was not shown to help."""
    named, entries = _titles(case), case.journal.entries(case.incident)
    but = treatment.name if treatment else None
    held = [quoted(named[name]) for name in dict.fromkeys(kept(entries).values()) if name != but]
    if held:
        yield f"Done before that, and kept because it cured its own cause: {', '.join(held)}."
    others = [quoted(named[name]) for name in in_place(entries) if name != but]
    if others:
        yield f"Still in place, though it was not shown to help: {', '.join(others)}."


def no_way_back(case: Case[E, P]) -> Iterator[str]:
    """What made it worse and stays: whoever reads on must have read that first."""
    titles, entries = _titles(case), case.journal.entries(case.incident)
    of, undone = tries(entries), taken_back(entries)
    for entry in entries:
        if isinstance(entry.fact, Worsened) and of[entry.number] not in undone:
            yield f"LOOK AT ONCE: {quoted(titles[entry.fact.mitigation])} made it worse and could not be undone."


def _seen(finding: Finding) -> str:
    return finding.observed.rstrip(".")


def _to_look_at(ranking: tuple[Verdict, ...]) -> Iterator[str]:
    """What is possible and what would tell, for the person who goes on from here."""
    for verdict in ranking:
        match verdict.standing:
            case Standing.POSSIBLE if verdict.hypothesis != OTHER:
                yield f"Possible: {_likely(verdict)} Not treated: {'; '.join(verdict.short_of)}."
            case Standing.CONTESTED:
                yield f"Contested: {_likely(verdict)} {_against(verdict)}"
            case Standing.POSSIBLE:
                yield f"That it is something that this page does not name: {verdict.likely}."
            case _:
                pass


def _blind(case: Case[E, P], ranking: tuple[Verdict, ...]) -> Iterator[str]:
    """Which looks failed that could have told of a cause, and so what would make more known."""
    asked = {f.probe for v in ranking for f in (*v.speaks_for, *v.speaks_against) if f.answer is Answer.UNKNOWN}
    last = {e.fact.probe: e.fact for e in case.journal.entries(case.incident) if isinstance(e.fact, Read)}
    blind = [f"{name} ({one.unreadable.rstrip('.')})" for name, one in last.items() if name in asked and one.unreadable]
    if blind:
        yield f"More will be known when these can be read: {'; '.join(blind)}."


def _likely(verdict: Verdict) -> str:
    return f"{verdict.claim.rstrip('.')} ({verdict.likely})."


def _against(verdict: Verdict) -> str:
    against = [finding.sentence for finding in verdict.speaks_against if finding.answer is Answer.YES]
    return f"Against it: {'; '.join(against)}."


def _titles(case: Case[E, P]) -> dict[str, str]:
    """What each treatment is called: as it was proposed, since the runbook of now may have others, or as declared."""
    named = {name: name for e in case.journal.entries(case.incident) if (name := getattr(e.fact, "mitigation", None))}
    declared = {step.name: step.title for step in case.runbook.steps()}
    return named | titles(case.journal.entries(case.incident)) | declared


def _acts(case: Case[E, P]) -> list[tuple[str, str, Act]]:
    """What reached the world to treat something, in order."""
    only_looks = examinations(case.journal.entries(case.incident))
    return [act for act in _done(case) if act[0] not in only_looks]


def _done(case: Case[E, P]) -> list[tuple[str, str, Act]]:
    """What reached the world, or may have, in order: by which try of which treatment."""
    entries = case.journal.entries(case.incident)
    of, perhaps = tries(entries), half_done(entries)
    facts = ((of[entry.number], entry.fact) for entry in entries if isinstance(entry.fact, Carried))
    done = ((one, fact) for one, fact in facts if fact.ok or (fact.act is Act.APPLY and one in perhaps))
    return list(dict.fromkeys((one, fact.mitigation, fact.act) for one, fact in done))


def goes_on(case: Case[E, P]) -> Iterator[str]:
    """What those treatments that stay in place do not put an end to."""
    entries = case.journal.entries(case.incident)
    stays = kept(entries)
    plans = (entry.fact for entry in entries if isinstance(entry.fact, Planned))
    left = (sentence(plan.leaves) for plan in plans if plan.digest in stays and plan.leaves)
    yield from (f"What still goes on: {line}" for line in dict.fromkeys(left))


def _not_done(case: Case[E, P]) -> Iterator[str]:  # noqa: C901  (one branch for each kind of entry that tells of it)
    """Why treatments were not carried out, or what came of the try, in the order of the journal."""
    titles, entries = _titles(case), case.journal.entries(case.incident)
    planned = {entry.fact.mitigation: entry.number for entry in entries if isinstance(entry.fact, Planned)}
    of, worse = tries(entries), worsened(entries)
    handed = {e.fact.mitigation for e in entries if isinstance(e.fact, HandedOff)}
    for entry in entries:
        match entry.fact:
            case Passed(mitigation=name, by="sureness") if planned.get(name, 0) > entry.number:
                pass  # it became sure enough when all was judged anew
            case WaitOver(mitigation=name):
                there = f" {_there(entry.fact)}" if name in handed else ""
                yield f"{waited_line(entry.fact)}: {quoted(titles[name])}.{there}"
            case Judged(after=over) if over:
                yield f"After round {over} all was looked at and judged anew."
            case Passed(mitigation=name, why=why):
                yield f"Not done: {quoted(titles[name])}. {sentence(why)}"
            case Carried(mitigation=name, act=Act.APPLY, ok=False, again=False, note=note):
                yield f"Tried in vain: {quoted(titles[name])}. {sentence(note)}"
            case Worsened(mitigation=name):
                yield f"It became clearly worse after {quoted(titles[name])}. {worse_line(entry.fact)}"
            case Validated(mitigation=name, held=False) if of[entry.number] not in worse:
                yield f"It did not help: {quoted(titles[name])}."
            case Validated(mitigation=name, held=True) if of[entry.number] not in worse:
                yield f"It cured its own cause and is kept: {quoted(titles[name])}."
            case Carried(mitigation=name, act=Act.UNDO, ok=ok):
                yield f"{quoted(titles[name])} {'was undone' if ok else 'COULD NOT BE UNDONE: look at once'}."
            case _:
                pass
