"""What stood in place of changes and questions while a system was in shadow, as its incidents keep it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from journal.facts.words import Said


class Would(StrEnum):
    """What an incident in shadow would have done next."""

    NOTHING = "nothing"
    CHANGE = "change"
    EXAMINATION = "examination"
    TASK = "task"
    WAIT = "wait"
    HAND_OFF = "hand-off"


class Shadowed(Said):
    """The incident came to a question or a change while its system was in shadow, or to its end.

    `by` and `why` are of who put the system in shadow. `text` is what people would have read. Not `on`: the shadow was
    lifted while the incident was open, and it went on as usual. `every` so often it is looked whether it ends by
    itself.
    """

    kind: Literal["shadowed"] = "shadowed"
    on: bool
    by: str
    why: str
    would: Would = Would.NOTHING
    mitigation: str = ""
    title: str = ""
    digest: str = ""
    text: str = ""
    every: timedelta = timedelta(minutes=3)
