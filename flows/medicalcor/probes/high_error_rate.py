"""What `medicalcor.high_error_rate` asks: its form, beside what several runbooks ask of the API."""

from __future__ import annotations

from flows.medicalcor.probes._api import ApiForm


class Params(ApiForm):
    pass
