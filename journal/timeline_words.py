"""What the timeline says in sentences: summary, impact, what stayed unknown, and what remains to be done.

Facts only. What somebody thinks about them belongs into a post-mortem, and into the hands of a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from journal.chain import Entry
from journal.durations import mitigated
from journal.facts.closed import Closed, Confirmed, HandedOff
from journal.facts.decided import Decided, Passed, Planned, TaskDone, TaskGiven
from journal.facts.done import Carried, Intended, Validated, Worsened
from journal.facts.opened import Joined, Opened
from journal.facts.seen import GATHERED, OTHER, Checked, Finding, Judged, Read, SymptomAsked, Verdict
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Act, Answer, Ending, Standing
from journal.procedure import course
from journal.rounds import examinations, half_done, kept, rounds, taken_back, tries, worsened
from journal.shadow import shadowed
from journal.switches import HALTS
from journal.timeline_events import waited_line, worse_line, would_words
from journal.wording import clock, counted, moment, sentence, span


def summary(entries: Sequence[Entry]) -> Iterator[str]:
    """What was wrong, why, what was done and whether it helped, in the order in which it was found out."""
    asked = [e.fact for e in entries if isinstance(e.fact, SymptomAsked)]
    # Where it showed only later, or was seen only later, that is what was treated.
    symptom = next((fact.finding for fact in reversed(asked) if fact.phase in GATHERED), None)
    if symptom is not None:
        yield sentence(f"Symptom: {symptom.sentence} ({symptom.answer.value}; {symptom.observed.rstrip('.')})")
    judged = ranking(entries)
    yield from _cause(judged, _in_vain(entries))
    yield from _cured(entries)
    if (confirmed := confirmation(entries)) is not None:
        yield sentence(f"Confirmed by {confirmed.by}: {confirmed.claim}")
    yield from _done(entries)
    if (said := shadowed(entries)) is not None:
        yield sentence(f"In shadow ({said.why}, {said.by}), so nobody was asked or paged: {would_words(said)}")
    if not any(isinstance(entry.fact, Carried | Intended) for entry in entries):
        back = any(isinstance(entry.fact, HandedOff) and entry.fact.returns for entry in entries)
        there = " here; what the other incident did, its own timeline says" if back else ""
        yield f"Nothing was changed{there}."
    yield from (f"Still goes on: {line}" for line in _goes_on(entries))


def _goes_on(entries: Sequence[Entry]) -> Iterator[str]:
    """What has not ended with the incident, as far as anybody saw: the symptom, what a fix leaves, what is in place."""
    symptom = next((e for e in reversed(entries) if isinstance(e.fact, SymptomAsked)), None)
    assert symptom is None or isinstance(symptom.fact, SymptomAsked)
    answer = symptom.fact.finding.answer if symptom is not None and isinstance(symptom.fact, SymptomAsked) else None
    lines: list[str] = []
    if symptom is not None and answer is Answer.YES:
        lines.append(f"the symptom, when it was last looked at ({moment(symptom.at)}).")
    names, stays = titles(entries), kept(entries)
    plans = [e.fact for e in entries if isinstance(e.fact, Planned)]
    lines += dict.fromkeys(sentence(plan.leaves) for plan in plans if plan.leaves and plan.digest in stays)
    lines += [f"“{names.get(name, name)}” is in place, though it was not shown to help." for name in in_place(entries)]
    lines += [f"“{names.get(name, name)}” failed, and may be in place in part." for name in half_in_place(entries)]
    lines += [f"“{names.get(name, name)}” is on, which was only to look." for name in still_on(entries)]
    if answer is Answer.NO:
        yield from lines or ("nothing that was seen.",)
    else:
        yield from lines or ("unknown: nobody could see whether the symptom is there.",)


def in_place(entries: Sequence[Entry]) -> list[str]:
    """Changes that were applied, did not hold, and were not undone; nor did they hold when they were made again.

    What was turned on to look is none of them: nothing has to hold after it (`still_on`).
    """
    stays = kept(entries)
    of, over = tries(entries), taken_back(entries) | stays.keys() | examinations(entries)
    acts = ((of[e.number], e.fact) for e in entries if isinstance(e.fact, Carried) and e.fact.ok)
    left = dict.fromkeys(fact.mitigation for one, fact in acts if fact.act is Act.APPLY and one not in over)
    return [name for name in left if name not in stays.values()]


def half_in_place(entries: Sequence[Entry]) -> list[str]:
    """Changes that failed, may be in place wholly or in part, and were not undone."""
    undone = taken_back(entries)
    return list(dict.fromkeys(name for one, name in half_done(entries).items() if one not in undone))


def still_on(entries: Sequence[Entry]) -> list[str]:
    """Examinations that were turned on, and not off again."""
    of, on = tries(entries), examinations(entries) - taken_back(entries)
    acts = ((of[e.number], e.fact) for e in entries if isinstance(e.fact, Carried) and e.fact.ok)
    return list(dict.fromkeys(fact.mitigation for one, fact in acts if one in on))


def _in_vain(entries: Sequence[Entry]) -> dict[str, str]:
    """Causes whose treatment was carried out and did not help when it was done last, each with the doubt in words."""
    judged = next((e.number for e in reversed(entries) if isinstance(e.fact, Judged)), 0)
    given = {e.fact.mitigation: e.fact for e in entries if isinstance(e.fact, Planned | TaskGiven)}
    found: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry.fact, Validated) and (treatment := given.get(entry.fact.mitigation)) is not None:
            when = "although" if entry.number < judged else "before"
            did = f"{when} “{treatment.title}”{'' if entry.number < judged else ', which'} did not help"
            found[treatment.treats] = "" if entry.fact.held else did
    return {cause: words for cause, words in found.items() if words}


def _cause(judged: Sequence[Verdict], in_vain: Mapping[str, str]) -> Iterator[str]:
    """What is known of the cause, and how surely; who was treated in vain is in doubt since then."""
    supported = [verdict for verdict in judged if verdict.standing is Standing.SUPPORTED]
    thinkable = [
        verdict
        for verdict in judged
        if verdict.standing in (Standing.POSSIBLE, Standing.CONTESTED) and verdict.hypothesis != OTHER
    ]
    for one in supported:
        doubt = in_vain.get(one.hypothesis)
        since = f" {doubt}: it may be another" if doubt else ""
        yield f"{sentence(f'Cause: {one.claim}')[:-1]} ({one.likely} likely{since})."
    if judged and not supported:
        yield "The cause is not known: nothing that the runbook names is supported by the evidence."
        yield from (f"{sentence(f'{one.standing.value}: {one.claim}')[:-1]} ({one.likely})." for one in thinkable)
    yield from (
        f"That it is something that the runbook does not name: {verdict.likely}."
        for verdict in judged
        if verdict.hypothesis == OTHER
    )


def _cured(entries: Sequence[Entry]) -> Iterator[str]:
    """Causes that were cured before all was judged for the last time: they are in no ranking of then."""
    stays, now = kept(entries), {one.hypothesis for one in ranking(entries) if one.standing is Standing.SUPPORTED}
    plans = {
        e.fact.treats: e.fact for e in entries if isinstance(e.fact, Planned | TaskGiven) and e.fact.digest in stays
    }
    judged = [one for e in entries if isinstance(e.fact, Judged) for one in e.fact.ranking]
    for name, plan in plans.items():
        sure = next((one for one in judged if one.hypothesis == name and one.standing is Standing.SUPPORTED), None)
        if sure is not None and name not in now:
            yield f"{sentence(f'Cause as well: {sure.claim}')[:-1]} ({sure.likely} likely), cured by “{plan.title}”."


def _done(entries: Sequence[Entry]) -> Iterator[str]:
    """The same of all rounds; what was done in a later one begins with its number."""
    for number, one in enumerate(rounds(entries), 1):
        yield from (line if number == 1 else f"Round {number}: {line}" for line in done_in(one, entries))


def done_in(some: Sequence[Entry], entries: Sequence[Entry]) -> Iterator[str]:
    """What was done in some of an incident's entries: decided, carried out, and what became of it."""
    names, of, worse = titles(entries), tries(entries), worsened(entries)
    only_looks = examinations(entries)
    helped = "worked: its own cause is gone" if not course(entries) else "done, and seen to hold"
    for entry in some:
        match entry.fact:
            case Carried(act=act, ok=ok, mitigation=mitigation):
                done = [target for target in entry.fact.results if target.done]
                verb = {Act.APPLY: "applied", Act.UNDO: "undone"}[act]
                on = f" on {counted(len(done), 'target')}" if done else ""
                what = names.get(mitigation, mitigation)
                only = " Only to look." if ok and act is Act.APPLY and of[entry.number] in only_looks else ""
                yield f"{what}: {verb}{on}.{only}" if ok else f"{what}: failed ({act.value})."
            case Worsened(mitigation=mitigation):
                yield f"{names.get(mitigation, mitigation)}: it became clearly worse. {worse_line(entry.fact)}"
            case Validated(held=held, mitigation=mitigation) if held or of[entry.number] not in worse:
                worked = helped if held else "did not help"
                yield f"{names.get(mitigation, mitigation)}: {worked}."
            case Decided(approve=True):
                yield sentence(f"The plan was approved by {entry.fact.by}: {entry.fact.why}")
            case TaskDone(done=done, by=by, why=why):
                yield sentence(f"The task {'was done' if done else 'could not be done'}, says {by}: {why}")
            case Decided(approve=False):
                yield sentence(f"The plan was rejected by {entry.fact.by}: {entry.fact.why}")
            case WaitOver(mitigation=mitigation):
                yield f"{names.get(mitigation, mitigation)}: {waited_line(entry.fact).lower()}."
            case HandedOff(title=title, returns=returns):
                yield f"Handed off to {title}{', and comes back' if returns else ''}."
            case _:
                pass


def impact(entries: Sequence[Entry]) -> Iterator[str]:
    """What was affected, how badly, and for how long as far as anybody could see."""
    opened = entries[0]
    assert isinstance(opened.fact, Opened)
    fact = opened.fact
    yield sentence(f"System {fact.system}, environment {fact.environment}, severity {fact.severity}")
    if fact.alert and isinstance(said := fact.alert.get("summary"), str) and said.strip():
        yield sentence(f"The alert said: {said}")
    if repeats := sum(_again(entry.fact) for entry in entries):
        yield f"The alert came again {counted(repeats, 'time')} while the incident was open."
    asked = [e for e in entries if isinstance(e.fact, SymptomAsked)]
    gone = mitigated(entries)
    seen = [e for e in asked if isinstance(e.fact, SymptomAsked) and e.fact.finding.answer is Answer.YES]
    if not seen:
        yield "Nobody saw the symptom."
    elif gone is not None:
        yield f"The symptom was there for {span(gone.at - opened.at)} from the opening, until {moment(gone.at)}."
    else:
        yield f"The symptom was last seen at {moment(seen[-1].at)}; nobody saw it go away."


def _again(fact: object) -> bool:
    """Whether the alert itself arrived again: neither its end nor a related one is a repeat."""
    return isinstance(fact, Joined) and not fact.related and fact.alert.get("status") != "resolved"


def unknown(entries: Sequence[Entry]) -> Iterator[str]:
    """What nobody could see or tell."""
    for entry in entries:
        match entry.fact:
            case Checked(checks=checks):
                yield from (
                    sentence(f"{check.name}: {check.text}") for check in checks if check.answer is Answer.UNKNOWN
                )
            case Read(unreadable=str(why)):
                yield sentence(f"{entry.fact.asks} Could not look: {why}")
            case _:
                pass
    for verdict in ranking(entries):
        if verdict.standing is Standing.UNDECIDED:
            yield sentence(f"Neither supported nor refuted: {verdict.claim}")
        for finding in (*verdict.speaks_for, *verdict.speaks_against):
            if finding.answer is Answer.UNKNOWN:
                yield sentence(f"Whether {_lowered(finding)} ({finding.observed.rstrip('.')})")
    yield from (
        f"What became of “{intent.mitigation}” ({intent.act.value}, begun {clock(entry.at)})."
        for entry, intent in _open_intents(entries)
    )


def follow_ups(entries: Sequence[Entry]) -> Iterator[str]:
    """What the record itself says is left to do. Nothing here is an opinion."""
    incident, names = entries[0].incident, titles(entries)
    for _, intent in _open_intents(entries):
        yield f"Find out what became of “{names.get(intent.mitigation, intent.mitigation)}”."
    yield from (
        f"Find out what is in place of “{names.get(one, one)}”, which failed." for one in half_in_place(entries)
    )
    of, undone, stays = tries(entries), taken_back(entries), kept(entries)
    came_back = {e.fact.mitigation for e in entries if isinstance(e.fact, WaitOver) and e.fact.by == "end"}
    for entry in entries:
        match entry.fact:
            case Carried(act=Act.UNDO, ok=False, mitigation=mitigation) if of[entry.number] not in undone:
                yield f"Undo by hand: {names.get(mitigation, mitigation)}. It is still in place."
            case Planned(leaves=str(leaves), digest=digest) if leaves and digest in stays:
                yield f"Put an end to what still goes on: {sentence(leaves)}"
            case Carried(expires_at=datetime() as at, mitigation=mitigation) if of[entry.number] not in undone:
                yield f"{names.get(mitigation, mitigation)} is temporary: it is undone at {moment(at)}."
            case WaitOver(by="evidence", mitigation=mitigation) if mitigation in names:
                yield f"Ask whoever caused it what it was: it ended while it was waited ({names[mitigation]})."
            case HandedOff(title=title, flow_run=run, mitigation=mitigation) if mitigation not in came_back:
                yield f"Follow the incident that took over: {title} (run {run})."
            case _:
                pass
    closed = next((e.fact for e in entries if isinstance(e.fact, Closed)), None)
    yield from _by_ending(entries, closed.ending if closed is not None else None)
    for probe in dict.fromkeys(e.fact.probe for e in entries if isinstance(e.fact, Read) and e.fact.unreadable):
        yield f"Make it possible to look: the probe {probe} could not."
    if ranking(entries) and confirmation(entries) is None and closed is not None and closed.ending not in _NO_CAUSE:
        yield f"Say what the true cause was: codeblue confirm {incident} --cause NAME"


def _by_ending(entries: Sequence[Entry], ending: Ending | None) -> Iterator[str]:
    """What is to do because of how it ended."""
    match ending:
        case Ending.UNRESOLVED:
            yield "A person must look: the incident ended unresolved."
            if any(isinstance(e.fact, Passed) and e.fact.by in HALTS for e in entries):
                yield "Once changes may be made again, start the runbook anew: nothing does so by itself."
            yield from (f"Still to be done of the procedure: {one}" for one in course(entries) if not one.done)
            yield from _to_look_at(entries)
            yield from _beyond(entries)
        case Ending.NOT_REPRODUCED:
            yield "If the alert comes again, compare what it measures with what was looked at here; no more is to do."
        case Ending.CONTAINED:
            yield "Find out what caused it: every step of the procedure was done, and no cause was judged."
        case Ending.RECOVERED:
            yield "Watch whether it comes back: nothing is known to have cured it."
        case _:
            pass


def _to_look_at(entries: Sequence[Entry]) -> Iterator[str]:
    """What would tell more about causes that are possible."""
    for verdict in ranking(entries):
        if verdict.standing is Standing.POSSIBLE and verdict.short_of and verdict.hypothesis != OTHER:
            yield sentence(f"Not sure enough: {verdict.claim.rstrip('.')}; {'; '.join(verdict.short_of)}")


def _beyond(entries: Sequence[Entry]) -> Iterator[str]:
    """Where to look when nothing speaks for any cause that is known."""
    named = [verdict for verdict in ranking(entries) if verdict.hypothesis != OTHER]
    if named and all(verdict.standing in (Standing.REFUTED, Standing.UNDECIDED) for verdict in named):
        out = sum(verdict.standing is Standing.REFUTED for verdict in named)
        ruled = f"{out} of the {len(named)} causes that it names are ruled out, and nothing speaks for the others"
        yield f"Look beyond the runbook: {'it rules out every cause that it names' if out == len(named) else ruled}."


_NO_CAUSE = (Ending.NOT_REPRODUCED, Ending.HANDED_OFF)


def ranking(entries: Sequence[Entry]) -> tuple[Verdict, ...]:
    """As judged last."""
    return next((entry.fact.ranking for entry in reversed(entries) if isinstance(entry.fact, Judged)), ())


def confirmation(entries: Sequence[Entry]) -> Confirmed | None:
    """What a person said last about the true cause."""
    return next((entry.fact for entry in reversed(entries) if isinstance(entry.fact, Confirmed)), None)


def titles(entries: Sequence[Entry]) -> dict[str, str]:
    """What each mitigation is called, by its name."""
    return {e.fact.mitigation: e.fact.title for e in entries if isinstance(e.fact, Planned | TaskGiven | WaitBegun)}


def _open_intents(entries: Sequence[Entry]) -> list[tuple[Entry, Intended]]:
    outcomes = {(e.fact.digest, e.fact.act, e.fact.attempt) for e in entries if isinstance(e.fact, Carried)}
    return [
        (e, e.fact)
        for e in entries
        if isinstance(e.fact, Intended) and (e.fact.digest, e.fact.act, e.fact.attempt) not in outcomes
    ]


def _lowered(finding: Finding) -> str:
    return finding.sentence[:1].lower() + finding.sentence[1:]
