"""The words that facts are said in: answers, verdicts, effects, channels and endings, and what every fact is.

The ground floor: `runbook/` takes them from here and hands nothing back.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import AliasChoices, BaseModel, ConfigDict


class Answer(StrEnum):
    """What a look said about a sentence. `UNKNOWN` counts neither as health nor as a cause."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """Where a hypothesis stands: `CONTESTED` has evidence both for and against, `UNDECIDED` neither.

    `POSSIBLE` has evidence for it that is not enough to act on: it is shown and ranked, and never treated.
    """

    SUPPORTED = "supported"
    POSSIBLE = "possible"
    CONTESTED = "contested"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


class Effect(StrEnum):
    """How much a change can hurt, mildest first."""

    REVERSIBLE = "reversible"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"


class Stake(StrEnum):
    """What is lost if a treatment is carried out and its cause was another one, least first."""

    NOTHING = "nothing but time"
    SETTING = "a setting"
    WORK = "work under way"
    ALARM = "an alarm"
    LIMIT = "a limit"
    ACCESS = "access"
    EVERYBODY = "everybody's work"
    DATA = "data"


class Channel(StrEnum):
    """The way by which a person answered."""

    PREFECT = "prefect-ui"
    CLI = "cli"
    WEB = "web"
    CHAT = "chat"
    DRILL = "drill"


# An entry keeps its text for ever. Those that were written before the word was changed say `door`; all are read.
WRITTEN_CHANNEL: Final = AliasChoices("channel", "door")
WRITTEN_CHANNELS: Final = AliasChoices("channels", "doors")


class Act(StrEnum):
    """Which way a change was carried out."""

    APPLY = "apply"
    UNDO = "undo"


class Going(StrEnum):
    """How far an act is that goes on in its target. `UNKNOWN` is neither over nor begun: it is looked at again."""

    NOT_BEGUN = "not begun"
    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Ending(StrEnum):
    """How an incident was closed; also the name of the final Prefect state."""

    RESOLVED = "Resolved"
    RECOVERED = "Recovered"
    CONTAINED = "Contained"
    NOT_REPRODUCED = "NotReproduced"
    HANDED_OFF = "HandedOff"
    UNRESOLVED = "Unresolved"


class Said(BaseModel):
    """Base of all facts and their parts: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
