"""Models cost more than usually at this hour: one lead is scored again and again, more leads come, or calls grew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._api import revisions
from flows.medicalcor.probes.high_ai_costs import USED, Params, beside, calls, lately, spent
from flows.parts.switchboard import AskedSwitch, set_for_a_while, switch
from runbook import Alert, Hypothesis, Manual, Refusal, Runbook, Severity, Strength, Wait

SCORING: Final = "ai.scoring"
"""The owner's switch: off, leads are scored by rules, and no model is asked. The page names none, so it is devised."""

MORE, AS_MANY = 1.5, 1.2
"""Times as much as a week ago that is more, and up to which it is as much (devised: weeks differ by less)."""

SWITCH = AskedSwitch[MedicalCor, Params](switch(SCORING), SCORING)

COSTLY = spent.shows(
    "more than half as many tokens again are used as usually at this hour, and more than `floor` an hour",
    lambda r: r.too_many(),
    gauge=USED,
)
AGAIN = calls.shows(
    "leads that came five times or more within the hour make at least a fifth of the calls", lambda r: r.repeats()
)
EVEN = calls.shows("hardly any call was for a lead that came five times within the hour", lambda r: r.is_even())
CALM = lately.shows(
    "in the last quarter of an hour fewer than a fifth of the calls were for a lead that came twice",
    lambda r: r.is_calm(),
)
ON = SWITCH.is_at(True)
OFF = SWITCH.is_at(False)
MORE_LEADS = beside.shows(
    "half as many leads again are asked about as a week ago, or more", lambda r: r.more_leads() >= MORE
)
AS_MANY_LEADS = beside.shows("no more leads are asked about than a week ago", lambda r: r.more_leads() < AS_MANY)
LARGER = beside.shows("a call takes half as many tokens again as a week ago, or more", lambda r: r.larger() >= MORE)
AS_LARGE = beside.shows("a call takes no more tokens than a week ago", lambda r: r.larger() < AS_MANY)
NEW_MODEL = beside.shows(
    "a model answers at least a fifth of the calls that answered none a week ago", lambda r: bool(r.new_models())
)

LOOP = Hypothesis(
    name="scoring_loop",
    claim="The same leads are scored again and again, by a loop or because requests come twice.",
    supported_by=(AGAIN, ON),
    refuted_by=(EVEN, CALM, OFF),
    strength=(
        (AGAIN, Strength.DECISIVE),
        (ON, Strength.HINT),
        (EVEN, Strength.DECISIVE),
        (CALM, Strength.DECISIVE),
        (OFF, Strength.DECISIVE),
    ),
    source="medicalcor.h402 medicalcor.h403",
)

LEADS = Hypothesis(
    name="more_leads",
    claim="More leads come, and each is scored as ever.",
    supported_by=(MORE_LEADS,),
    refuted_by=(AS_MANY_LEADS, AGAIN, LARGER),
    strength=(
        (MORE_LEADS, Strength.DECISIVE),
        (AS_MANY_LEADS, Strength.DECISIVE),
        (AGAIN, Strength.DECISIVE),
    ),
    source="medicalcor.h402",
)

LARGER_CALLS = Hypothesis(
    name="larger_calls",
    claim="Each call takes more tokens than it did: another model was chosen, or more is sent to it.",
    supported_by=(LARGER, NEW_MODEL),
    refuted_by=(AS_LARGE,),
    strength=((LARGER, Strength.DECISIVE), (NEW_MODEL, Strength.HINT), (AS_LARGE, Strength.DECISIVE)),
    source="medicalcor.h402 medicalcor.h405",
)

SCORE_BY_RULES = set_for_a_while(
    LOOP,
    SCORING,
    to=False,
    lasts=timedelta(hours=4),
    by="platform on-call",
    risk="All leads are scored by rules meanwhile, with a confidence of 0.7 instead of 0.8 to 0.95; whoever works with"
    " scores should know.",
    validated_by=CALM,
    within=timedelta(minutes=30),
    leaves="What loops begins anew when the four hours are over: have its owners mend it until then, and bound how"
    " often one lead is scored in an hour.",
    source="medicalcor.h403",
)

WAIT = Wait(
    name="wait_for_leads",
    title="Let them come: nothing is to be mended",
    treats=LEADS,
    until=AS_MANY_LEADS,
    within=timedelta(hours=4),
    says="More leads are asked about, each once and as ever: that is what models are paid for. Whoever answers for the"
    " budget should know, and whoever runs the campaign whether it is meant.",
    source="medicalcor.h402",
)

ASK_OWNERS = Manual(
    name="smaller_calls",
    title="Have the owners choose what a call may take",
    treats=LARGER_CALLS,
    why_manual="a cheaper model scores worse, and what it is told of a lead is for the application's owners to say.",
    steps=(
        beside.tells(lambda r: [f"Seen: {r}.", f"Models that were not there a week ago: {_named(r.new_models)}."]),
        revisions.tells(lambda r: [f"What was released: {r}."]),
        "Ask whoever released it whether a dearer model or longer requests were meant. Have them take it back where"
        " not; the runbook does not, since what else came with it is unknown.",
        "For what is not critical let a cheaper model answer, after somebody has compared what both say of some leads.",
        "Have them bound how many calls one user may cause in an hour, and how many tokens one call may take.",
        "Say that it is done; calls are then looked at again.",
    ),
    validated_by=AS_LARGE,
    waits=timedelta(hours=4),
    within=timedelta(minutes=30),
    source="medicalcor.h404 medicalcor.h405",
)


def _named(asked: Any) -> str:
    """Models as they are said, also where nobody knows."""
    try:
        return ", ".join(asked()) or "none"
    except LookupError as why:
        return f"unknown ({why})"


RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.high_ai_costs",
    title="High AI costs",
    about="Calls of models take far more tokens than usually at this hour, or an alert on their cost fires.",
    source="medicalcor.high_ai_costs medicalcor.t387 medicalcor.p388",
    version="1",
    severity=Severity.WARNING,
    environment="medicalcor-prod",
    starts_on=("AISpendHigh", "MedicalCorHighAICosts", "medicalcor-*ai*spend*"),
    symptom=COSTLY,
    lingers=timedelta(minutes=25),
    hypotheses=(LOOP, LEADS, LARGER_CALLS),
    mitigations=(WAIT, SCORE_BY_RULES, ASK_OWNERS),
    refuses=(
        Refusal(
            what="Reading `ai_tokens` off one page of /metrics.",
            why="It holds what one instance has counted since it began: no rate, and nothing of the others. Cloud"
            " Monitoring has the counter over all instances, also of the same hour of the last weeks.",
            source="medicalcor.c394",
        ),
        Refusal(
            what="Reading `ai_daily_spend` off one page of /metrics.",
            why="Each instance tells a part of the day's spend, and which it is nobody knows. Tokens are counted; what"
            " they cost only the provider's bill says.",
            source="medicalcor.c397",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_high_ai_costs(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why models cost more than usually and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
