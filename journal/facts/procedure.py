"""What is done whole and in order, as it was declared when it began."""

from __future__ import annotations

from typing import Literal

from journal.facts.words import Said


class ProcedureStep(Said):
    """One step. `temporary`: it is undone when a later one is not done."""

    name: str
    title: str
    temporary: bool = False


class ProcedureBegun(Said):
    """The steps of a procedure in their order: all are to be done, and one that is not done stops it."""

    kind: Literal["procedure_begun"] = "procedure_begun"
    steps: tuple[ProcedureStep, ...]
