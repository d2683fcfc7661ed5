"""Drills of `rung.missing_alerts`: each gap between an incident and the people who must hear of it."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.faults.alert_gap import subscribe, watch_the_function
from sandbox.systems.rung.world import World

drill = partial(Drill, runbook="rung.missing_alerts", alert="RungAlertMissed", fault="alert_gap")

PARAMS = {"lately": "PT1S"}
AS_IN_LIFE = {"lately": "PT5M"}  # the gap is twelve minutes old when somebody looks


def subscribe_the_pager(world: World) -> None:
    """What the person does who is told that nobody hears the topic."""
    subscribe(world.facts.aws)


def correct_the_alarm(world: World) -> None:
    """What the person does who finds the misspelt dimension."""
    watch_the_function(world.facts.aws)


resolved = partial(drill, ending=Ending.RESOLVED, healthy=True)

DRILLS = (
    resolved(name="alarm_missing", bounds={"gap": "alarm"}, top="alarm_missing", applied=("put_alarms",)),
    resolved(name="filter_missing", bounds={"gap": "filter"}, top="filter_missing", applied=("put_metric_filters",)),
    resolved(name="alarm_muted", bounds={"gap": "muted"}, top="alarm_muted", applied=("let_alarms_tell",)),
    resolved(name="never_tried", bounds={"gap": "unproven"}, top="never_tried", applied=("let_one_go_off",)),
    resolved(name="alarm_blind", bounds={"gap": "blind"}, top="alarm_blind", applied=(), person=correct_the_alarm),
    resolved(name="nobody_hears", bounds={"gap": "nobody"}, top="nobody_hears", applied=(), person=subscribe_the_pager),
    resolved(
        name="decoy_two_gaps",
        bounds={"gap": "alarm+filter"},
        decoy=True,
        top="alarm_missing",
        also=("filter_missing",),
        applied=("put_alarms", "put_metric_filters"),
    ),
    drill(
        name="unnamed_topic_refuses",
        bounds={"gap": "refused"},
        unnamed=True,  # an alarm went off, and what it tells was not taken: trying one more proves nothing
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_filter_counts_other_lines",
        bounds={"gap": "altered"},
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_limit_out_of_reach",
        bounds={"gap": "deaf"},
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(name="blind", environment=BLIND, ending=Ending.UNRESOLVED, top=None, applied=(), healthy=False),
)
