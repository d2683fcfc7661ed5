"""The words that facts are said in: answers, verdicts, effects, doors and endings, and what every fact is.

The ground floor: `runbook/` takes them from here and hands nothing back.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Answer(StrEnum):
    """What a look said about a sentence. `UNKNOWN` counts neither as health nor as a cause."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """Where a hypothesis stands: `CONTESTED` has evidence both for and against, `UNDECIDED` neither."""

    SUPPORTED = "supported"
    CONTESTED = "contested"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


class Effect(StrEnum):
    """How much a change can hurt, mildest first."""

    REVERSIBLE = "reversible"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"


class Door(StrEnum):
    """The way by which a person answered."""

    PREFECT = "prefect-ui"
    CLI = "cli"
    WEB = "web"
    CHAT = "chat"
    DRILL = "drill"


class Act(StrEnum):
    """Which way a change was carried out."""

    APPLY = "apply"
    UNDO = "undo"


class Ending(StrEnum):
    """How an incident was closed; also the name of the final Prefect state."""

    RESOLVED = "Resolved"
    RECOVERED = "Recovered"
    NOT_REPRODUCED = "NotReproduced"
    HANDED_OFF = "HandedOff"
    UNRESOLVED = "Unresolved"


class Said(BaseModel):
    """Base of all facts and their parts: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
