"""WhatsApp answers background jobs with errors."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import REMINDERS, WHATSAPP_OUT, JobsFault, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsWhatsappOut(JobsFault):
    def begins(self, parts: Parts) -> None:
        break_(parts.trigger, REMINDERS, WHATSAPP_OUT)
