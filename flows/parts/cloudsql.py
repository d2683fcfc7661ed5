"""A PostgreSQL database that is an instance of Cloud SQL: what only its owner may set."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED
from flows.parts.postgres.sessions import AskedSessions, AskedSlots
from runbook import Form, Hypothesis, Manual

E = TypeVar("E", bound=HasDatabase)
P = TypeVar("P", bound=Form)


def raise_max_connections(
    treats: Hypothesis[E, P], slots: AskedSlots[E, P], sessions: AskedSessions[E, P], source: str = DEVISED
) -> Manual[E, P]:
    return Manual(
        name="raise_max_connections",
        title="Raise max_connections among the instance's flags",
        treats=treats,
        why_manual="an instance's flags are set all at once: whoever leaves one out unsets it, and the instance"
        " restarts.",
        steps=(
            slots.probe.tells(lambda r: [f"Seen: {r}."]),
            "Say to whoever decides that each connection costs memory, and that all sessions are dropped once, in the"
            " restart. If the work can wait, let it.",
            "Read the whole list of the instance's flags and keep it: it is the way back.",
            "Set the whole list again with max_connections higher than now, and wait until the instance answers.",
            "Say that it is done; the sessions at work are then counted again.",
        ),
        validated_by=sessions.work_fits,
        waits=timedelta(hours=1),
        within=timedelta(minutes=10),
        source=source,
    )
