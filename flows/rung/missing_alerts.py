"""Something went wrong and no alarm told anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts import alarms as cloudwatch
from runbook import (
    Alert,
    Approval,
    Context,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Plan,
    Runbook,
    Severity,
    Strength,
    WayBack,
    probe,
)
from tasks.cloudwatch.alarm_change import LetAlarmsTell, PutAlarms
from tasks.cloudwatch.coverage import Coverage, read_coverage
from tasks.cloudwatch.sounding import LetAlarmGoOff
from tasks.logs.filter_change import PutMetricFilters
from tasks.selections import AlarmsOf

MOMENT = timedelta(seconds=1)
TOLD_WITHIN = timedelta(days=30)
"""How long ago an alarm may have told somebody for the way to be known to work; AWS keeps history no longer."""


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    lately: timedelta = Field(
        default=timedelta(minutes=30), ge=MOMENT, description="An alarm changed within this is being worked on."
    )
    test: str = Field(
        default="rung-n8n-errors-prod",
        min_length=1,
        max_length=255,
        description="The alarm that is let go off to see whether people hear of it.",
    )


Here = Context[Rung, Params]


def required(c: Here) -> AlarmsOf:
    """The alarms that this installation must have."""
    return AlarmsOf(prefix=c.env.alarm_prefix)


@probe(
    read_coverage,
    asks="Would somebody be told: do the alarms exist, see their metrics, and reach people?",
    source="rung.p523 rung.p524",
    about=required,
)
def coverage(c: Here, of: AlarmsOf) -> Coverage:
    return read_coverage(
        c.env.aws,
        c.env.required_alarms,
        prefix=of.prefix,
        topic=c.env.alarm_topic,
        lately=c.params.lately,
        told_within=TOLD_WITHIN,
    )


alarms = cloudwatch.alarms("rung.c552")

GAP = coverage.shows(
    "a required alarm is missing, muted, blind or deaf, or nobody is known to hear of one, or its filter counts other"
    " lines",
    lambda r: r.broken or not r.proven(TOLD_WITHIN),
    gauge="required alarms that tell nobody",
)

ABSENT = coverage.shows("a required alarm does not exist", lambda r: bool(r.missing))
STOOD_IN = coverage.shows(
    "an alarm of another name watches the metric of each missing one",
    lambda r: bool(r.missing) and not r.absent,
)
ALL_EXIST = coverage.shows("every required alarm exists, or another one watches its metric", lambda r: not r.absent)

UNFED = coverage.shows("a metric filter that feeds a required alarm does not exist", lambda r: bool(r.filters_missing))
NO_GROUP = coverage.shows(
    "a log group that a metric filter reads does not exist either", lambda r: bool(r.groups_missing)
)
ALL_FED = coverage.shows("every required metric filter exists", lambda r: not r.filters_missing)

MUTED = coverage.shows("a required alarm is disabled, or has nobody to tell", lambda r: bool(r.muted))
AT_WORK = coverage.shows(
    "every muted alarm was changed just now: somebody may be at work",
    lambda r: bool(r.muted) and set(r.muted) == set(r.muted_lately),
)
ALL_TELL = coverage.shows("every required alarm that exists tells somebody", lambda r: not r.muted)

BLIND = coverage.shows("a required alarm has no data, or watches another metric than its own", lambda r: bool(r.blind))
BLIND_BY_FILTER = coverage.shows(
    "the metric filter of every blind alarm is missing",
    lambda r: bool(r.blind) and set(r.blind) == set(r.blind_by_filter),
)
ALL_SEE = coverage.shows("every required alarm that exists sees its metric", lambda r: not r.blind)

UNHEARD = coverage.shows("the topic has no confirmed subscriber", lambda r: r.subscribers == 0)
HEARD = coverage.shows("the topic has at least one confirmed subscriber", lambda r: r.subscribers > 0)

IN_VAIN = coverage.shows("the last time that an alarm went off, what it tells took nothing", lambda r: r.in_vain)
UNPROVEN = coverage.shows("no alarm has told anybody for 30 days", lambda r: not r.proven(TOLD_WITHIN))
BROKEN = coverage.shows("something on the way is missing, so a test would prove nothing", lambda r: r.broken)
PROVEN = coverage.shows("an alarm has told somebody within 30 days", lambda r: r.proven(TOLD_WITHIN))

ALARM_MISSING = Hypothesis(
    name="alarm_missing",
    claim="An alarm that should have gone off does not exist.",
    supported_by=(ABSENT,),
    refuted_by=(STOOD_IN, ALL_EXIST),
    strength=((ABSENT, Strength.DECISIVE),),
    prior=0.3,
    source="rung.h528",
)

FILTER_MISSING = Hypothesis(
    name="filter_missing",
    claim="A log says it, but no metric filter counts those lines, so the alarm has nothing to watch.",
    supported_by=(UNFED,),
    refuted_by=(NO_GROUP, ALL_FED),
    strength=((UNFED, Strength.DECISIVE),),
    source="rung.h529",
)

ALARM_MUTED = Hypothesis(
    name="alarm_muted",
    claim="An alarm goes off and does nothing: its actions are disabled, or it has none.",
    supported_by=(MUTED,),
    refuted_by=(AT_WORK, ALL_TELL),
    strength=((MUTED, Strength.DECISIVE),),
    source="devised",
)

ALARM_BLIND = Hypothesis(
    name="alarm_blind",
    claim="An alarm looks where nothing comes in: at a metric that nobody publishes, or at another one than its own.",
    supported_by=(BLIND,),
    refuted_by=(BLIND_BY_FILTER, ALL_SEE),
    strength=((BLIND, Strength.DECISIVE),),
    source="devised",
)

NOBODY_HEARS = Hypothesis(
    name="nobody_hears",
    claim="The alarms tell a topic that nobody listens to.",
    supported_by=(UNHEARD,),
    refuted_by=(HEARD,),
    strength=((UNHEARD, Strength.DECISIVE),),
    source="devised",
)

NEVER_TRIED = Hypothesis(
    name="never_tried",
    claim="Nobody knows whether an alarm still reaches people: none has for so long.",
    supported_by=(UNPROVEN,),
    refuted_by=(BROKEN, PROVEN, IN_VAIN),
    strength=((UNPROVEN, Strength.DECISIVE), (IN_VAIN, Strength.DECISIVE)),
    prior=0.1,
    source="rung.h530",
)

GUARDRAIL = Guardrail(at_most=20, cooldown=timedelta(minutes=1))


def _without(field: str) -> Callable[[Coverage, Plan[Any]], Coverage]:
    """What would be seen once the targets of a plan are in order."""

    def expects(seen: Coverage, plan: Plan[Any]) -> Coverage:
        mended = {one.name for one in plan.targets}
        return seen.model_copy(update={field: tuple(name for name in getattr(seen, field) if name not in mended)})

    return expects


PUT_ALARMS = Mitigation(
    name="put_alarms",
    title="Make the required alarms that do not exist",
    treats=ALARM_MISSING,
    change=lambda c: PutAlarms(
        aws=c.env.aws, required=c.env.required_alarms, prefix=c.env.alarm_prefix, topic=c.env.alarm_topic
    ),
    approval=Approval(by="owner of the monitoring", risk="More alarms may page people; each costs a little."),
    guardrail=GUARDRAIL,
    undo=WayBack("The alarms that were made are deleted, unless somebody has changed them since."),
    validated_by=ALL_EXIST,
    expects=_without("missing"),
    source="rung.h528",
)

PUT_FILTERS = Mitigation(
    name="put_metric_filters",
    title="Make the metric filters that do not exist",
    treats=FILTER_MISSING,
    change=lambda c: PutMetricFilters(aws=c.env.aws, required=c.env.required_alarms, prefix=c.env.alarm_prefix),
    approval=Approval(by="owner of the monitoring", risk="An alarm that was silent may go off, and rightly so."),
    guardrail=GUARDRAIL,
    undo=WayBack("The filters that were made are deleted, unless somebody has changed them since."),
    validated_by=ALL_FED,
    expects=_without("filters_missing"),
    source="rung.h529",
)

LET_TELL = Mitigation(
    name="let_alarms_tell",
    title="Let muted alarms tell people again",
    treats=ALARM_MUTED,
    change=lambda c: LetAlarmsTell(
        aws=c.env.aws, required=c.env.required_alarms, prefix=c.env.alarm_prefix, topic=c.env.alarm_topic
    ),
    approval=Approval(by="owner of the monitoring", risk="Somebody may have muted them on purpose, for a maintenance."),
    guardrail=GUARDRAIL,
    undo=WayBack("The alarms are put back whole, as they were when this was planned."),
    validated_by=ALL_TELL,
    expects=_without("muted"),
    source="devised",
)

TRY_ALARM = Mitigation(
    name="let_one_go_off",
    title="Let one alarm go off, to see that people hear of it",
    treats=NEVER_TRIED,
    change=lambda c: LetAlarmGoOff(aws=c.env.aws, alarm=c.params.test, prefix=c.env.alarm_prefix),
    approval=Approval(
        by="incident lead, after telling whoever is on call",
        risk="It pages people. Announce it first; who hears nothing within five minutes must say so.",
    ),
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=5)),
    undo=Irreversible("A page cannot be called back. The alarm itself is worked out anew at its next evaluation."),
    validated_by=PROVEN,
    source="rung.h530",
)

CORRECT_ALARM = Manual(
    name="correct_blind_alarm",
    title="Let the blind alarm see its metric",
    treats=ALARM_BLIND,
    why_manual="whether the alarm or the publisher of the metric is wrong, only their owners can say.",
    steps=(
        coverage.tells(
            lambda r: [f"Look at {', '.join(r.blind)}: namespace, metric and each dimension, letter by letter."]
        ),
        "If the metric has another name now, correct the alarm; if nobody publishes it any more, fix the publisher.",
        "Do not change how it treats missing data: that makes it look well, and it stays blind.",
        "Say that it is done; the alarms are then looked at again.",
    ),
    validated_by=ALL_SEE,
    source="devised",
)

SUBSCRIBE = Manual(
    name="subscribe",
    title="Let somebody hear the topic",
    treats=NOBODY_HEARS,
    why_manual="a subscription counts only when its receiver has confirmed it.",
    steps=(
        coverage.tells(lambda r: [f"The topic has {r.pending} subscriptions that were never confirmed."]),
        "Subscribe the pager of whoever is on call to the topic, and confirm the subscription from there.",
        "Say that it is done; the subscribers are then counted again.",
    ),
    validated_by=HEARD,
    source="devised",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.missing_alerts",
    title="Missing alerts",
    about="An issue was discovered by its users, because nothing watched it or nobody heard of it.",
    source="rung.missing_alerts",
    version="1",
    severity=Severity.WARNING,
    environment="rung-prod",
    starts_on=("RungAlertMissed", "rung-alerting-gap-*"),
    symptom=GAP,
    hypotheses=(ALARM_MISSING, FILTER_MISSING, ALARM_MUTED, ALARM_BLIND, NOBODY_HEARS, NEVER_TRIED),
    mitigations=(PUT_ALARMS, PUT_FILTERS, LET_TELL, TRY_ALARM, CORRECT_ALARM, SUBSCRIBE),
    also_asks=(alarms,),
    escalation=Rung.API,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_missing_alerts(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why nobody was told, and close the gap."""
    return follow(RUNBOOK, Rung, params, alert)
