"""Drills of `rung.false_positive_alerts`: an alarm that cries wolf, one that is right, and one that is fine."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND

drill = partial(Drill, runbook="rung.false_positive_alerts", alert="RungNoisyAlarm", fault="noisy_alarm")

PARAMS = {"window": "PT2H"}
"""The past that is written for practice is two hours long."""

ERRORS = "rung-n8n-errors-prod"
"""An alarm that guards nobody: its single values are not somebody who tries passwords."""

DRILLS = (
    drill(
        name="single_values",
        bounds={
            "shape": "single",
            "alarm": ERRORS,
            "settings": {"EvaluationPeriods": 1, "DatapointsToAlarm": 1},
        },
        labels={"alarm": ERRORS},
        ending=Ending.RESOLVED,
        top="single_values",
        applied=("want_two_values",),
        healthy=True,
    ),
    drill(
        name="tight_limit",
        bounds={"shape": "hovering"},
        ending=Ending.RESOLVED,
        top="tight_limit",
        applied=("move_limit",),
        healthy=True,
    ),
    drill(
        name="silence",
        bounds={"shape": "sparse", "settings": {"TreatMissingData": "breaching"}},
        ending=Ending.RESOLVED,
        top="silence",
        applied=("treat_silence_as_fine",),
        healthy=True,
    ),
    drill(
        name="never_closes",
        bounds={"shape": "rare", "settings": {"OKActions": None}},
        ending=Ending.RESOLVED,
        top="never_closes",
        applied=("say_it_is_over",),
        healthy=True,
    ),
    drill(
        name="unnamed_batches",
        bounds={"shape": "batches"},
        unnamed=True,  # too much for a tight limit, too short to be plain
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_slow_attack",
        bounds={"shape": "slow_attack"},
        decoy=True,  # a little over the limit, as ordinary ups and downs are; but nothing lies between
        ending=Ending.UNRESOLVED,
        top="true_problem",
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_slow_attack_of_single_values",
        bounds={"shape": "slow_singles"},
        decoy=True,
        ending=Ending.UNRESOLVED,
        top="true_problem",
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_single_values_of_sign_ins",
        bounds={"shape": "single"},
        decoy=True,  # by their numbers nobody can tell them from somebody who tries passwords
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_level_has_risen",
        bounds={"shape": "risen"},
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_true_problem",
        bounds={"shape": "attack"},
        decoy=True,
        ending=Ending.UNRESOLVED,
        top="true_problem",
        applied=(),
        healthy=False,
    ),
)
