"""HubSpot answers late, so that runs give up after a minute each, and others wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.jobs import HUBSPOT_SLOW, SYNC, JobsFault, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsHubspotSlowAndQueueFull(JobsFault):
    def begins(self, parts: Parts) -> None:
        parts.trigger.queues[SYNC].limit = 1
        parts.trigger.tasks[SYNC].takes = timedelta(minutes=1)
        break_(parts.trigger, SYNC, HUBSPOT_SLOW)
