"""What `medicalcor.slow_response_times` asks: its form, beside what several runbooks ask of the API."""

from __future__ import annotations

from flows.medicalcor.probes._slow import SlowForm


class Params(SlowForm):
    pass
