"""An alarm pages people who then find nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from runbook import (
    Alert,
    Approval,
    Context,
    Form,
    Guardrail,
    Hypothesis,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    WayBack,
    probe,
)
from tasks.cloudwatch.alarm_change import AdjustAlarm
from tasks.cloudwatch.alarms import AlarmHistory, read_alarm_history
from tasks.cloudwatch.noise import Noise, read_noise
from tasks.selections import AlarmOf

MINUTE = timedelta(minutes=1)


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    alarm: str = Field(
        default="rung-failed-auth-spike-prod", min_length=1, max_length=255, description="The alarm that is noisy."
    )
    window: timedelta = Field(
        default=timedelta(hours=24), ge=MINUTE, description="Judge the alarm by what it would have done in this time."
    )
    threshold: float | None = Field(
        default=None, description="New limit; when empty, a fifth beyond the worst value of the window."
    )


Here = Context[Rung, Params]


def noisy(c: Here) -> AlarmOf:
    """The alarm in question."""
    return AlarmOf(alarm=c.params.alarm)


@probe(
    read_noise,
    asks="What would the alarm have done with the settings it has now?",
    source="rung.t509 rung.t516 rung.p501 rung.p502",
    about=noisy,
)
def noise(c: Here, of: AlarmOf) -> Noise:
    return read_noise(c.env.aws, of.alarm, window=c.params.window)


@probe(read_alarm_history, asks="How often did it really go off, and whom did it tell?", source="devised")
def history(c: Here) -> AlarmHistory:
    return read_alarm_history(c.env.aws, window=c.params.window, alarm=c.params.alarm)


NOISY = noise.shows(
    "the alarm would go off at least 4 times in the window, or never says that it is over",
    lambda r: r.went_off >= 4 or r.unclosed,
    gauge="times it would go off",
)
WANTS_MORE = noise.shows("a single value is not enough to set it off", lambda r: r.datapoints > 1)
WITHIN = noise.shows("no value of the window is beyond the limit", lambda r: r.runs == 0)
NOT_BY_SILENCE = noise.shows("it never goes off for want of values", lambda r: r.silent == 0)
CLOSES = noise.shows("the alarm tells people when it is over", lambda r: r.tells_ok)

LONG = noise.shows("a breach lasted for at least 5 values in a row", lambda r: r.longest >= 5)
HIGH = noise.shows("a value went beyond the limit by as much again, or more", lambda r: r.excess >= 1.0)
SLIGHT = noise.shows(
    "there are breaches, and no value was more than a quarter beyond the limit",
    lambda r: r.runs > 0 and r.excess <= 0.25,
)
SINGLE = noise.shows(
    "at least 8 in 10 breaches were a single value, and a single value is enough to set it off",
    lambda r: r.runs > 0 and r.singles >= 0.8 * r.runs and r.datapoints == 1,
)
SILENT = noise.shows(
    "at least half of the times it would go off for want of values, not because of one",
    lambda r: r.went_off > 0 and r.silent >= 0.5 * r.went_off,
)
FLOWING = noise.shows("fewer than 1 in 10 values are missing", lambda r: r.missing < 0.1 * r.values)
HEARTBEAT = noise.shows("it is there to notice too little of something", lambda r: r.for_little)
UNCLOSED = noise.shows("it tells people when it goes off, and not when it is over", lambda r: r.unclosed)
STILL_OFF = noise.shows("it went off once and is still off", lambda r: r.went_off == 1 and r.last == "ALARM")

EVEN = noise.shows("breaches come at even intervals, as by a clock", lambda r: r.even)
ORDINARY = noise.shows(
    "values just before the limit are at least as common as those beyond it, and always were: ordinary ups and downs",
    lambda r: r.beyond > 0 and not r.apart and not r.risen,
)
RISEN = noise.shows(
    "it is only of late that values lie just before the limit: something has changed",
    lambda r: not r.apart and r.risen,
)
APART = noise.shows(
    "breaches stand apart: values just before the limit are rarer than those beyond it", lambda r: r.apart
)
# Nobody can tell such bursts from a search for passwords by their numbers, so a person looks who tries.
GUARDED = noise.shows(
    "it watches what guards people, and its breaches stand apart from what is ordinary", lambda r: r.guards and r.apart
)
BY_THE_CLOCK = noise.shows(
    "breaches come at even intervals, and stand apart from what is ordinary", lambda r: r.even and r.apart
)

SINGLE_VALUES = Hypothesis(
    name="single_values",
    claim="One value that stands out sets it off, though the next one is fine again.",
    supported_by=(SINGLE,),
    refuted_by=(LONG, HIGH, SILENT, WANTS_MORE, EVEN, GUARDED),
    strength=(
        (SINGLE, Strength.DECISIVE),
        (EVEN, Strength.DECISIVE),
        (GUARDED, Strength.DECISIVE),
    ),
    prior=0.35,
    source="rung.h507",
)

TIGHT_LIMIT = Hypothesis(
    name="tight_limit",
    claim="The limit is so tight that ordinary ups and downs cross it.",
    supported_by=(SLIGHT, ORDINARY),
    refuted_by=(LONG, HIGH, WITHIN, EVEN, APART, RISEN),
    strength=(
        (SLIGHT, Strength.HINT),
        (ORDINARY, Strength.DECISIVE),
        (EVEN, Strength.DECISIVE),
        (APART, Strength.DECISIVE),
        (RISEN, Strength.DECISIVE),
    ),
    prior=0.3,
    source="rung.h507",
)

SILENCE = Hypothesis(
    name="silence",
    claim="It takes silence for a breach, and its metric is silent when nothing happens.",
    supported_by=(SILENT,),
    refuted_by=(FLOWING, HEARTBEAT, NOT_BY_SILENCE),
    strength=((SILENT, Strength.DECISIVE),),
    source="devised",
)

NEVER_CLOSES = Hypothesis(
    name="never_closes",
    claim="Nobody is told when it is over, so its alerts stay open until somebody closes them.",
    supported_by=(UNCLOSED,),
    refuted_by=(STILL_OFF, HIGH, LONG),
    strength=((UNCLOSED, Strength.DECISIVE),),
    source="rung.h514",
)

TRUE_PROBLEM = Hypothesis(
    name="true_problem",
    claim="The alarm is right: what it watches is really bad, for long, by much, or again and again by the clock.",
    supported_by=(LONG, HIGH, BY_THE_CLOCK),
    refuted_by=(ORDINARY, SILENT),
    source="devised",
)

LESS_SENSITIVE = "A real problem that is short or small is noticed later, or not at all."
GUARDRAIL = Guardrail(at_most=1, cooldown=timedelta(minutes=1))
AS_IT_WAS = WayBack("The alarm is put back whole, as it was when this was planned.")

TREAT_SILENCE = Mitigation(
    name="treat_silence_as_fine",
    title="Let the alarm take silence for no breach",
    treats=SILENCE,
    change=lambda c: AdjustAlarm(aws=c.env.aws, alarm=c.params.alarm, missing="notBreaching"),
    approval=Approval(by="owner of the alarm", risk="If the metric stops for good, this alarm does not say so."),
    guardrail=GUARDRAIL,
    undo=AS_IT_WAS,
    validated_by=NOT_BY_SILENCE,
    source="devised",
)

WANT_TWO = Mitigation(
    name="want_two_values",
    title="Let the alarm go off only when 2 of 2 values are beyond the limit",
    treats=SINGLE_VALUES,
    change=lambda c: AdjustAlarm(aws=c.env.aws, alarm=c.params.alarm, periods=2, datapoints=2),
    approval=Approval(by="owner of the alarm", risk=f"It goes off one period later. {LESS_SENSITIVE}"),
    guardrail=GUARDRAIL,
    undo=AS_IT_WAS,
    validated_by=WANTS_MORE,
    source="rung.c508 rung.t511 rung.t512",
)

MOVE_LIMIT = Mitigation(
    name="move_limit",
    title="Move the limit a little beyond the ordinary",
    treats=TIGHT_LIMIT,
    change=lambda c: AdjustAlarm(
        aws=c.env.aws, alarm=c.params.alarm, threshold=c.params.threshold, beyond_values_of=c.params.window
    ),
    approval=Approval(
        by="owner of the alarm, and security for logins",
        risk=f"{LESS_SENSITIVE} For failed logins: a slow search for passwords stays below a high limit.",
    ),
    guardrail=GUARDRAIL,
    undo=AS_IT_WAS,
    validated_by=WITHIN,
    expects=lambda r, p: r.with_limit(p.targets[0].limit),
    source="rung.c508 rung.t510",
)

SAY_IT_IS_OVER = Mitigation(
    name="say_it_is_over",
    title="Let the alarm tell people when it is over",
    treats=NEVER_CLOSES,
    change=lambda c: AdjustAlarm(aws=c.env.aws, alarm=c.params.alarm, ok_action=c.env.alarm_topic),
    approval=Approval(by="owner of the alarm", risk="One more message for each alert. It tells; it resolves nothing."),
    guardrail=GUARDRAIL,
    undo=AS_IT_WAS,
    validated_by=CLOSES,
    source="rung.c515",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.false_positive_alerts",
    title="False positive alerts",
    about="Frequent alerts that nobody can act on; people begin to overlook them, the true ones too.",
    source="rung.false_positive_alerts",
    version="1",
    severity=Severity.WARNING,
    environment="rung-prod",
    starts_on=("RungNoisyAlarm", "rung-noisy-*"),
    from_labels={"alarm": "alarm"},
    symptom=NOISY,
    hypotheses=(SINGLE_VALUES, TIGHT_LIMIT, SILENCE, NEVER_CLOSES, TRUE_PROBLEM),
    mitigations=(TREAT_SILENCE, WANT_TWO, MOVE_LIMIT, SAY_IT_IS_OVER),
    also_asks=(history,),
    refuses=(
        Refusal(
            what="OK actions that resolve.",
            why="An OK action only sends a message. An alarm goes back to OK by itself, because its metric did.",
            source="rung.c515",
        ),
        Refusal(
            what="A limit of 20 for failed logins, whatever they are now.",
            why="It hides a slow search for passwords. The limit is worked out from the values and never moved to more"
            " than twice what it is; a person may name another one.",
            source="rung.t510",
        ),
    ),
    escalation=Rung.API,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_false_positive_alerts(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why an alarm pages people for nothing, and make it say less without making it blind."""
    return follow(RUNBOOK, Rung, params, alert)
