"""Drills of `rung.triage`: it finds whose problem it is and hands over; a deeper problem comes first."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND

drill = partial(Drill, runbook="rung.triage", alert="RungTriage", applied=())

PARAMS = {"window": "PT3S", "period": "PT1S", "recent": "PT2S", "slow_after": "PT0.05S", "watched_for": "PT1S"}

DRILLS = (
    drill(
        name="connection_exhaustion",
        fault="idle_leak",
        ending=Ending.HANDED_OFF,
        top="connection_exhaustion",
        healthy=False,
    ),
    drill(
        name="missing_alerts",
        fault="alert_gap",
        bounds={"gap": "nobody"},
        ending=Ending.HANDED_OFF,
        top="missing_alerts",
        healthy=False,
    ),
    drill(
        name="decoy_long_queries",
        fault="long_queries",
        ripens=True,
        decoy=True,
        ending=Ending.HANDED_OFF,
        top="connection_exhaustion",
        healthy=False,
    ),
    drill(
        name="decoy_bedrock_while_s3_refuses_one",
        fault="bedrock_denied",
        bounds={"s3_once": True},
        decoy=True,
        ending=Ending.HANDED_OFF,
        top="bedrock_calls_failing",
        healthy=False,
    ),
    drill(
        name="false_positive_alerts",
        fault="noisy_alarm",
        bounds={"shape": "rare", "settings": {"OKActions": None}},
        ending=Ending.HANDED_OFF,
        top="false_positive_alerts",
        healthy=False,
    ),
    drill(
        name="decoy_slow_attack",
        fault="noisy_alarm",
        bounds={"shape": "slow_attack"},
        decoy=True,  # the alarm goes off again and again, and is right
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(
        name="unnamed_reports_late",
        fault="reports_late",
        unnamed=True,  # no runbook's symptom is there, and all is not well
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, healthy=True),
    drill(name="blind", fault="idle_leak", environment=BLIND, ending=Ending.UNRESOLVED, top=None, healthy=False),
)
