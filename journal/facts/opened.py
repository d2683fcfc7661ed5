"""How an incident began, and who works on it."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from journal.facts.words import Said


class Opened(Said):
    """The incident exists. `alert` is the normalised, redacted alert; absent when a person started the run."""

    kind: Literal["opened"] = "opened"
    title: str
    runbook: str
    runbook_version: str
    system: str
    environment: str
    severity: str
    fingerprint: str
    params: dict[str, JsonValue]
    alert: dict[str, JsonValue] | None = None
    requested_by: str


class Joined(Said):
    """A repeat of the alert arrived while the incident was open; if `related`, another problem's that belongs to it."""

    kind: Literal["joined"] = "joined"
    alert: dict[str, JsonValue]
    related: bool = False


class TakenUp(Said):
    """A flow run began, or began again, to work on the incident. `ui` is where Prefect shows its runs, if it does."""

    kind: Literal["taken_up"] = "taken_up"
    holder: str
    pass_number: int
    ui: str | None = None
