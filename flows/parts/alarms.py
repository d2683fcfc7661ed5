"""Alarms of CloudWatch."""

from __future__ import annotations

from blocks.shapes import HasAlarms
from flows.parts.asked import DEVISED
from runbook import Context, Form, Probe, probe
from tasks.cloudwatch.alarms import Alarms, read_alarms


def alarms(source: str = DEVISED) -> Probe[HasAlarms, Form, Alarms]:
    """The alarms of the system, by their names' prefix."""

    @probe(read_alarms, asks="Which alarms are there, and which have gone off?", source=source)
    def alarms(c: Context[HasAlarms, Form]) -> Alarms:
        return read_alarms(c.env.aws, c.env.alarm_prefix)

    return alarms
