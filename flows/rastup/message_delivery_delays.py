"""Messages are delivered late, because they wait in the queue."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.rastup import Rastup
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts.awslambda import serving
from flows.parts.awslambda.function import AskedCalls, AskedConcurrency, concurrency
from flows.rastup.probes.message_delivery_delays import Here, Params, calls, errors, function, mapping, queue
from runbook import (
    Alert,
    Approval,
    Guardrail,
    Hypothesis,
    Manual,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    Wait,
    WayBack,
)
from tasks.awslambda.mapping import EnableMapping

CALLS = AskedCalls[Rastup, Params](calls)
CONCURRENCY = AskedConcurrency[Rastup, Params](concurrency(function))

LATE = queue.shows(
    "the oldest message waits for longer than it may, and its age does not fall",
    lambda r: r.late and not r.falls,
    gauge="age of the oldest message",
)
IN_TIME = queue.shows("no message waits for longer than it may", lambda r: not r.late)
BURST = queue.shows(
    "at its fullest three times as many messages were sent as usually in the window, and more is taken now than sent",
    lambda r: r.surge >= 3 and r.drains,
)
DRAINS = queue.shows("more messages are taken from the queue than sent", lambda r: r.drains)
GATHERS = queue.shows("at least as many messages are sent as are taken", lambda r: not r.drains)
DEAD_GROW = queue.shows("the dead-letter queue grows", lambda r: r.died > 0)
NONE_DIE = queue.shows("the dead-letter queue does not grow", lambda r: r.died <= 0)
OFF = mapping.shows("the mapping from the queue to the processor is switched off", lambda r: not r.on)
ON = mapping.shows("the mapping from the queue to the processor is switched on", lambda r: r.on)
FAILS = calls.shows(
    "at least nine of ten calls of the processor fail", lambda r: r.share("errors", among="invocations") >= 0.9
)
WORKS = calls.shows(
    "fewer than nine of ten calls of the processor fail", lambda r: r.share("errors", among="invocations") < 0.9
)
SLOW = calls.shows("a call of the processor takes longer than it may", lambda r: r.slow >= 1)
QUICK = calls.shows("a call of the processor takes at most half as long as it may", lambda r: r.slow <= 0.5)

THROTTLED = Hypothesis(
    name="throttled",
    claim="Too few processors: Lambda turns calls away, because as many run at once as may.",
    supported_by=(CALLS.throttled,),
    refuted_by=(CALLS.all_admitted, CONCURRENCY.no_ceiling, SLOW, DRAINS, DEAD_GROW, OFF),
    # Of too few calls nobody knows whether they are slow; more of those would only wait together.
    strength=((CALLS.throttled, Strength.DECISIVE), (SLOW, Strength.DECISIVE)),
    prior=0.3,
    source="rastup.h523",
)
MAPPING_OFF = Hypothesis(
    name="mapping_off",
    claim="Nothing feeds the queue to the processor: their mapping is switched off.",
    supported_by=(OFF,),
    refuted_by=(ON,),
    strength=((OFF, Strength.DECISIVE),),
    source="devised",
)
POISON = Hypothesis(
    name="poison",
    claim="Some messages cannot be processed, and come again until they are given up.",
    supported_by=(DEAD_GROW,),
    refuted_by=(NONE_DIE, FAILS),
    strength=((DEAD_GROW, Strength.DECISIVE),),
    source="devised",
)
ERRING = Hypothesis(
    name="processor_fails",
    claim="The processor fails, whatever it is given.",
    supported_by=(FAILS,),
    refuted_by=(WORKS,),
    strength=((FAILS, Strength.DECISIVE),),
    source="devised",
)
SLOW_PROCESSOR = Hypothesis(
    name="processor_slow",
    claim="The processor takes longer for each call than it should.",
    supported_by=(SLOW,),
    refuted_by=(QUICK,),
    strength=((SLOW, Strength.DECISIVE),),
    source="devised",
)
PEAK = Hypothesis(
    name="burst",
    claim="Many messages came at once, and are being worked off.",
    supported_by=(BURST,),
    refuted_by=(GATHERS, DEAD_GROW, SLOW),
    strength=((BURST, Strength.DECISIVE),),
    source="devised",
)


def feed_again(c: Here) -> EnableMapping:
    return EnableMapping(aws=c.env.aws, function=c.env.message_processor, queue=c.env.message_queue)


ENABLE = Mitigation(
    name="enable_mapping",
    title="Let the queue feed the processor again",
    treats=MAPPING_OFF,
    change=feed_again,
    approval=Approval(
        by=serving.ON_CALL,
        risk="Somebody may have switched it off on purpose, and all that has gathered is processed at once.",
    ),
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=15)),
    undo=WayBack("The mapping is switched off again."),
    validated_by=ON,
    within=timedelta(minutes=10),
    source="devised",
)
MEND_MESSAGES = Manual(
    name="mend_messages",
    title="Find out what the messages have that cannot be processed",
    treats=POISON,
    why_manual="what is wrong with them, and whether they may be sent again, only the owners of the code can tell.",
    steps=(
        queue.tells(lambda r: [f"{r.died} more messages than before are in the dead-letter queue, {r.dead} in all."]),
        "Read one of the dead-letter queue, and what the processor logs of it. It holds what people wrote: copy none.",
        "Have whoever sends such messages stop, or mend the processor and deploy it.",
        "Say that it is done. Move what was given up back to the queue later, slowly, and a few first.",
    ),
    validated_by=NONE_DIE,
    within=timedelta(minutes=30),
    source="devised",
)
MEND_PROCESSOR = Manual(
    name="mend_processor",
    title="Have the processor work again",
    treats=ERRING,
    why_manual="why it fails its log tells, and whether the version before may take over those who released it.",
    steps=(
        errors.tells(lambda r: [f"The notification service logs: {r}."]),
        "Read the last errors of the processor's log, and what it calls. They may hold what people wrote: copy none.",
        "Go back to the version before if a release made it so; else mend what it calls.",
        "Say that it is done; it is then looked whether calls still fail.",
    ),
    validated_by=WORKS,
    within=timedelta(minutes=30),
    source="devised",
)
QUICKEN = Manual(
    name="quicken_processor",
    title="Find out what the processor waits for",
    treats=SLOW_PROCESSOR,
    why_manual="more processors would only wait together, and load what they wait for still more.",
    steps=(
        calls.tells(lambda r: [f"A call takes {r.slow * r.slow_after.total_seconds():.1f} s."]),
        "Look at what the processor calls: the database, the notification service, push and mail providers.",
        "Have whoever looks after it mend that, or go back to the version before if a release made it so.",
        "Say that it is done; it is then looked how long calls take.",
    ),
    validated_by=QUICK,
    within=timedelta(minutes=30),
    source="devised",
)
WAIT = Wait(
    name="wait_for_burst",
    title="Wait until the burst is worked off",
    treats=PEAK,
    until=IN_TIME,
    within=timedelta(hours=1),
    says="More is taken from the queue than comes, so it empties by itself.",
    source="devised",
)

RUNBOOK = Runbook[Rastup, Params](
    name="rastup.message_delivery_delays",
    title="Messages are delivered late",
    about="Messages wait in the queue for longer than they may, and the oldest gets no younger.",
    source="rastup.messaging_delivery_delays",
    version="1",
    severity=Severity.ERROR,
    environment="rastup-prod",
    starts_on=("RastupMessagesLate", "rastup-prod-*messages*"),
    symptom=LATE,
    hypotheses=(THROTTLED, MAPPING_OFF, POISON, ERRING, SLOW_PROCESSOR, PEAK),
    mitigations=(
        # While what has gathered is worked off, calls are still turned away at the new ceiling.
        serving.raise_ceiling(THROTTLED, CALLS, function, "rastup.c524 rastup.t525", validated_by=DRAINS),
        ENABLE,
        MEND_MESSAGES,
        MEND_PROCESSOR,
        QUICKEN,
        WAIT,
    ),
    refuses=(
        Refusal(
            what="Setting the processor's reserved concurrency to 100, whatever it has.",
            why="It is a ceiling as well, so 100 may be fewer than run now, and it is taken from all other functions of"
            " the account. The present one is doubled, only where calls are turned away, and 100 are left to others.",
            source="rastup.t526",
        ),
    ),
    also_asks=(errors,),
    escalation=Rastup.SERVICES,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rastup_message_delivery_delays(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why messages wait and offer the safest fix."""
    return follow(RUNBOOK, Rastup, params, alert)
