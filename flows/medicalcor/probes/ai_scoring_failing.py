"""What `medicalcor.ai_scoring_failing` asks: its form, beside what several runbooks ask of calls."""

from __future__ import annotations

from flows.medicalcor.probes._calls import CallsForm


class Params(CallsForm):
    pass
