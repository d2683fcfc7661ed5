"""What the forms of several runbooks have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from runbook import Form

Period = Annotated[
    timedelta, Field(ge=timedelta(seconds=1), le=timedelta(hours=1), description="One value per period.")
]


class WindowForm(Form):
    """For runbooks that ask metrics or logs of a while."""

    window: timedelta = Field(
        default=timedelta(hours=1), ge=timedelta(seconds=1), le=timedelta(days=1), description="How far back to look."
    )
    period: Period = timedelta(minutes=5)
