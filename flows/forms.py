"""What the forms of several runbooks have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from runbook import Form

Period = Annotated[
    timedelta, Field(ge=timedelta(seconds=1), le=timedelta(hours=1), description="One value per period.")
]


class RequestsForm(Form):
    """For runbooks of an API whose requests fare badly: metrics of a while, and the database queries of this moment."""

    environment: str = Field(min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(
        default=timedelta(hours=1), ge=timedelta(seconds=1), le=timedelta(days=1), description="How far back to look."
    )
    period: Period = timedelta(minutes=1)
    slow_after: timedelta = Field(
        default=timedelta(seconds=1),
        ge=timedelta(milliseconds=10),
        description="A database query that has run for longer than this is slow.",
    )
    watched_for: timedelta = Field(
        default=timedelta(seconds=2),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=5),
        description="How long the running database queries are watched.",
    )
