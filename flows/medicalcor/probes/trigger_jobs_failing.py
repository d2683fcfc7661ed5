"""What `medicalcor.trigger_jobs_failing` asks: its form, and how long a window its looks have."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from runbook import Form

WINDOW = timedelta(minutes=30)
"""Devised: long enough for a share of tasks that run each minute, and short enough for what is replayed to be fresh."""


class Params(Form):
    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")
