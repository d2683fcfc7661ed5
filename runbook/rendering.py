"""A runbook, a ranking and an approval, written as Markdown for people.

The documents in `docs/runbooks` and the text of every approval come from here; none of it is kept by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, assert_never

from journal.facts.decided import Planned
from journal.facts.policy import Hours
from journal.facts.seen import OTHER, Verdict
from journal.facts.words import Answer, Standing
from journal.targets import Kind, kinds
from journal.under_way import long_words
from journal.wording import counted, plain, prior_of, span
from runbook.escalation import Escalation
from runbook.evidence import Evidence, Told
from runbook.hypothesis import Hypothesis
from runbook.judging import SOMETHING_ELSE
from runbook.mitigation import (
    Approval,
    Changing,
    Examination,
    HandOff,
    Irreversible,
    Manual,
    Mitigation,
    NoApproval,
    Step,
    Wait,
    WayBack,
)
from runbook.model import Runbook
from runbook.probe import Probe
from runbook.procedure import Procedure
from runbook.sureness import CLEAR, SURE

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MARK = {Answer.YES: "yes", Answer.NO: "no", Answer.UNKNOWN: "**unknown**"}


def runbook_as_markdown(runbook: Runbook[Any, Any]) -> str:
    """The whole runbook as one page that an engineer can follow by hand."""
    return "\n".join(_runbook(runbook)).rstrip() + "\n"


def _runbook(runbook: Runbook[Any, Any]) -> Iterator[str]:
    yield f"# {runbook.title}"
    yield f"\n{runbook.about}\n"
    review = f"; to be reviewed by {runbook.review_by:%Y-%m-%d}" if runbook.review_by else ""
    yield (
        f"*Runbook `{runbook.name}`, version {runbook.version}, severity {runbook.severity};"
        f" source `{runbook.source}`{review}.*"
    )
    yield "\n## Is it happening?\n"
    yield f"The incident is real when **{runbook.symptom.sentence}** ({_asked(runbook.symptom)})."
    yield "When that is not so, nothing is changed. When it cannot be seen, the answer is *unknown*."
    yield "\n## What is looked at\n"
    yield "| Look | Question | Permissions | At most | Within | Source |"
    yield "|---|---|---|---|---|---|"
    for probe in runbook.probes().values():
        yield _probe(probe)
    if runbook.procedure is not None:
        yield from _procedure(runbook.procedure)
    else:
        yield from _treatments(runbook)
    if runbook.refuses:
        yield "\n## What it will not do\n"
    for refusal in runbook.refuses:
        yield f"- **{refusal.what}** {refusal.why} Source `{refusal.source}`."
    yield from _escalation(runbook.escalation)


def _procedure(procedure: Procedure[Any, Any]) -> Iterator[str]:
    yield "\n## What to do, in this order\n"
    yield (
        "No cause is judged. Every step is done, one after the other, each as its own approval and limits say. A step"
        " that is rejected, refused or not validated stops the procedure: nothing later is done, and the incident ends"
        " *Unresolved*. When all are done it ends *Contained*. **That the symptom goes away meanwhile, or cannot be"
        " seen any more, does not stop it.**"
    )
    for number, step in enumerate(procedure.steps, 1):
        yield from _step(step, f"{number}. ")
        if procedure.is_undone(step):
            yield "- **If a later step is not done:** this one is undone."


def _treatments(runbook: Runbook[Any, Any]) -> Iterator[str]:
    yield "\n## Possible causes\n"
    for hypothesis in runbook.hypotheses:
        yield from _hypothesis(hypothesis)
    yield f"### {SOMETHING_ELSE}\n"
    yield f"`{OTHER}`, prior {runbook.unnamed:.0%}; likelier, the less speaks for the others.\n"
    yield "## What to do\n"
    yield (
        "Safest first, and only for causes that the evidence supports: a good sentence holds for it and none against"
        " it, no decisive one against it is unknown, it is likelier than not, and at least"
        f" {CLEAR:g} times as likely as something that this page does not name. The more a wrong treatment would break,"
        " the surer its cause must be:"
    )
    yield "\n| At stake | Sure |\n|---|---|"
    yield from (f"| {stake} | {sure:.0%} |" for stake, sure in SURE.items())
    yield (
        f"\nAfter an act that did not end the symptom, all is looked at and judged anew, and what is there then may be"
        f" treated again, in {counted(runbook.rounds, 'round')} at most."
    )
    for mitigation in runbook.steps():
        yield from _step(mitigation)


def _probe(probe: Probe[Any, Any, Any]) -> str:
    bounds = ", ".join(used.bound for used in probe.uses)
    permissions = ", ".join(f"`{permission}`" for permission in probe.permissions)
    within = span(probe.timeout)
    return f"| `{probe.name}` | {plain(probe.asks)} | {permissions} | {bounds} | {within} | `{probe.source}` |"


def _hypothesis(hypothesis: Hypothesis[Any, Any]) -> Iterator[str]:
    yield f"### {hypothesis.claim}\n"
    yield f"`{hypothesis.name}`, prior {hypothesis.prior:.0%}; source `{hypothesis.source}`.\n"
    for speaks, sentences in (("for", hypothesis.supported_by), ("against", hypothesis.refuted_by)):
        for evidence in sentences:
            yield f"- Speaks **{speaks}** it: {evidence.sentence} ({_asked(evidence)})."
    yield ""


def _asked(evidence: Evidence[Any, Any]) -> str:
    return f"`{evidence.probe.name}`"


def _step(step: Step[Any, Any], place: str = "") -> Iterator[str]:
    yield f"\n### {place}{step.title}\n"
    serves = "Tells apart" if isinstance(step, Examination) else "Treats"
    treats = f"{serves}: {' '.join(cause.claim for cause in step.causes)} " if step.causes else ""
    yield f"{treats}Source `{step.source}`.\n"
    match step:
        case Mitigation():
            yield from _mitigation(step)
        case Examination():
            yield from _examination(step)
        case Manual():
            yield f"*By hand, because {step.why_manual}*\n"
            for number, line in enumerate(step.steps, 1):
                yield f"{number}. {_told(line)}"
            yield f"\nDone when {step.validated_by.sentence} for {span(step.holds_for)}."
        case Wait():
            yield f"*Nobody is asked and nothing is changed.* {step.says}\n"
            yield (
                f"Waits until {step.until.sentence} ({_asked(step.until)}), {span(step.within)} at most; after that all"
                " is looked at and judged anew."
            )
        case HandOff():
            yield f"Hand over to `{step.to.name}` ({step.to.title})."
            if step.within is not None:
                yield (
                    "\nThis incident stays open and comes back: it waits until the other one has ended,"
                    f" {span(step.within)} at most, asks its own symptom again, and goes on."
                )
        case _:
            assert_never(step)


def _told(line: str | Told[Any, Any]) -> str:
    return line if isinstance(line, str) else f"(The numbers of the moment, from `{line.probe.name}`.)"


def _mitigation(step: Mitigation[Any, Any]) -> Iterator[str]:
    yield from _changing(step)
    yield (
        f"- **Worked when** {step.validated_by.sentence} for {span(step.holds_for)},"
        f" beginning within {span(step.within)}; otherwise it is undone if it can be."
    )
    if step.leaves:
        yield f"- **Still goes on:** {step.leaves}"
    if step.then is not None:
        yield f"- **Then:** {step.then.title} (a step with its own approval; without it this one is undone)."
    if step.expires_after is not None:
        yield f"- **Temporary:** undone after {span(step.expires_after)}."


def _examination(step: Examination[Any, Any]) -> Iterator[str]:
    yield (
        "*It treats nothing: it lets more be seen. Offered once, where no treatment is left and one of these causes may"
        " be at work.*\n"
    )
    yield from _changing(step)
    seen = f"; more is seen by {', '.join(f'`{one.name}`' for one in step.then_asks)}" if step.then_asks else ""
    yield f"- **Then**, after {span(step.asks_after)}, all is asked again and the causes are judged anew{seen}."
    yield f"- **Temporary:** undone after {span(step.ends_after)}, and when the incident ends."


def _changing(step: Changing[Any, Any]) -> Iterator[str]:
    match step.approval:
        case Approval(by=by, risk=risk, within=within, quorum=quorum, requester_excluded=excluded):
            people = "one yes" if quorum == 1 else f"{quorum} people's yes"
            other = ", and not from who started it" * excluded
            proven = " Only proven identities count." * (excluded or quorum > 1)
            yield f"- **Approval:** {people} from {by}{other}, within {span(within)}.{proven}"
            yield f"- **Risk:** {risk}"
            if step.approval.at_most is not None:
                most = counted(step.approval.at_most, "target")
                yield f"- **Covers the rule:** what is of the shown kinds when it is carried out, {most} at most."
        case NoApproval(why=why):
            yield f"- **Approval:** none, because {why}"
        case _:
            assert_never(step.approval)
    guardrail = step.guardrail
    yield (
        f"- **Limits:** at most {guardrail.at_most} targets and {guardrail.at_most_share:.0%} of all,"
        f" not again within {span(guardrail.cooldown)}."
    )
    match step.undo:
        case WayBack(how=how):
            yield f"- **Way back:** {how}"
        case Irreversible(why=why):
            yield f"- **Way back:** none. {why}"
        case _:
            assert_never(step.undo)


def _escalation(escalation: Escalation) -> Iterator[str]:
    yield f"\n## Who is told\n\n{escalation.issue} (source `{escalation.source}`):\n"
    for level in escalation.levels:
        when = f"after {span(level.after)}" if level.after else "immediately"
        again = f", {level.times} times, {span(level.every)} apart" if level.every and level.times > 1 else ""
        yield f"- {level.name}: {when}{' if unresolved' if level.if_unresolved else ''}{again}{_hours(level.during)}"


def _hours(during: Hours | None) -> str:
    if during is None:
        return ""
    days = ", ".join(DAYS[day] for day in sorted(during.days)) if len(during.days) < len(DAYS) else "every day"
    span_ = "" if during.starts == during.ends else f" {during.starts:%H:%M}-{during.ends:%H:%M}"
    return f"; only {days}{span_} ({during.zone})"


def ranking_as_markdown(ranking: Iterable[Verdict]) -> str:
    """Verdicts, most likely first, each with every sentence for and against, and what was observed."""
    lines: list[str] = []
    for place, verdict in enumerate(ranking, 1):
        lines.append(f"### {place}. {verdict.claim}\n")
        lines.append(f"**{verdict.standing}, {verdict.likely}** (prior {prior_of(verdict)})\n")
        lines += [f"- not treated: {plain(lack)}" for lack in verdict.short_of]
        lines += [*_evidence(verdict), ""]
    return "\n".join(lines)


def _evidence(verdict: Verdict) -> Iterator[str]:
    """The sentences of a verdict as a list, and each distinct observation once: forms are too narrow for tables."""
    for speaks, findings in (("for", verdict.speaks_for), ("against", verdict.speaks_against)):
        for finding in findings:
            yield f"- {speaks}: {plain(finding.sentence)}: {MARK[finding.answer]}"
    seen = dict.fromkeys(finding.observed for finding in (*verdict.speaks_for, *verdict.speaks_against))
    yield from (f"\n*Seen: {plain(observed)}.*" for observed in seen)


def _how_sure(planned: Planned, verdict: Verdict, ranking: Iterable[Verdict]) -> Iterator[str]:
    if planned.stake is not None and planned.sure is not None:
        yield f"- **At stake:** {planned.stake}. That takes {planned.sure:.0%}; the cause is {verdict.likely} likely"
    others = [one for one in ranking if one.hypothesis != verdict.hypothesis and one.standing is not Standing.REFUTED]
    if others:
        yield f"- **Otherwise:** {'; '.join(f'{one.claim} ({one.likely})' for one in others)}"


def approval_as_markdown(
    incident: str,
    planned: Planned,
    verdict: Verdict | None,
    ranking: Iterable[Verdict] = (),
    before: Iterable[tuple[str, str]] = (),
) -> str:
    """What the approver reads: claim, evidence, risk, way back, how it will be validated, and the exact plan.

    `ranking` is what else it may be. That is shown as well, and how sure one must be for what is at stake. `before` is
    what the round before did and what is new, each with the word for it; of a procedure, whose steps have no verdict,
    the steps before and those to come.

    The list of targets comes last, because it can be long and nothing may be out of sight below it. It is whole:
    what is not shown cannot be approved.
    """
    lines = [
        f"### {planned.title}\n",
        f"{plain(planned.summary)}\n",
        *_before(before),
        *(_why(planned, verdict, tuple(ranking)) if verdict is not None else ()),
        f"- **Risk:** {planned.risk}",
        f"- **Way back:** {planned.way_back}",
        f"- **{'Then' if planned.tells else 'Worked when'}:** {planned.validation}",
        *((f"- **Still goes on:** {planned.leaves}",) if planned.leaves else ()),
        *((f"- **Takes long:** {long_words(planned.goes_on)}",) if planned.goes_on else ()),
        *(f"- **Mind:** {plain(warning)}" for warning in planned.warnings),
        f"- **Plan:** `{planned.digest}` of {incident}\n",
        f"**{_covers(planned)}** ({len(planned.targets)} of {planned.out_of}):\n",
        *(_kind(kind) for kind in kinds(planned.targets)),
    ]
    return "\n".join(lines)


def _why(planned: Planned, verdict: Verdict, ranking: Sequence[Verdict]) -> Iterator[str]:
    """Why it is proposed: the cause that it treats, or those that it would tell apart; and what else it may be."""
    if planned.tells:
        yield "**It treats nothing.** It lets more be seen, to tell which of these it is:\n"
    else:
        yield f"**Why:** {verdict.claim} ({verdict.standing}, {verdict.likely})\n"
    for one in [one for one in ranking if one.hypothesis in planned.tells] or [verdict]:
        if planned.tells:
            yield f"- **{one.claim}** ({one.standing}, {one.likely})"
        yield from _evidence(one)
    yield ""
    yield from _how_sure(planned, verdict, [one for one in ranking if one.hypothesis not in planned.tells])


def _covers(planned: Planned) -> str:
    if planned.at_most is None:
        return "Exactly this would change"
    return (
        "This would change, and what else is of these kinds when it is carried out:"
        f" {counted(planned.at_most, 'target')} at most"
    )


def _before(told: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The rounds before, as a list with an empty line below it."""
    lines = [f"- **{about}:** {plain(line)}" for about, line in told]
    yield from (*lines, "") if lines else ()


def _kind(kind: Kind) -> str:
    times = f"**{kind.count}x** " if kind.count > 1 else ""
    each = f": {plain(', '.join(kind.each))}" if kind.each else ""
    return f"- {times}{plain(kind.name)}: {plain(kind.before)} → {plain(kind.after)}{each}"


def task_as_markdown(
    incident: str, title: str, steps: Iterable[str], validation: str, before: Iterable[tuple[str, str]] = ()
) -> str:
    """What a person reads who is given a task; `before` as in an approval."""
    told = "".join(f"{line}\n" for line in _before(before))
    numbered = "\n".join(f"{number}. {plain(line)}" for number, line in enumerate(steps, 1))
    return f"## {title}\n\n**{incident}**\n\n{told}{numbered}\n\n**Worked when:** {validation}"


def is_offered(verdict: Verdict) -> bool:
    """Only causes with evidence for them and none against are treated; a contested one is for a person to judge."""
    return verdict.standing is Standing.SUPPORTED
