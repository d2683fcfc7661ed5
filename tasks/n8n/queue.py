"""Looks at n8n's queue, where one hands executions to workers: an event that was taken may still wait for ever.

n8n answers a webhook as soon as the execution is in the queue; health, workflows and webhooks say nothing of whether a
worker takes it from there. Its own metrics do, where they are switched on.
"""

from __future__ import annotations

import re

from blocks.n8n import N8n
from runbook import Facts, Permanent, Temporary, look
from tasks.web.read import OUR_PLACE, ask

JOBS = re.compile(r"^\w*scaling_mode_queue_jobs_(waiting|active) (\d+)(?:\.0+)?\s*$", re.MULTILINE)
"""The prefix of the names is the operator's to choose (N8N_METRICS_PREFIX)."""

BOUND = 512 * 1024
"""Bytes of the metrics' page: with labels for each workflow it may be long."""

FEW = 3
"""So many jobs may wait for a moment, before a worker has seen them."""

OK = 200


class Queue(Facts):
    """How many executions wait in n8n's queue, and how many are being worked on."""

    waiting: int
    active: int

    @property
    def stuck(self) -> bool:
        """Whether executions wait and nobody works on any. Raises `LookupError` when too few wait to tell."""
        if self.active or not self.waiting:
            return False
        if self.waiting < FEW:
            raise LookupError(f"only {self.waiting} executions wait in n8n's queue, too few to tell")
        return True

    def __str__(self) -> str:
        return f"{self.waiting} executions wait in n8n's queue, and workers are at work on {self.active}"


@look("http:GET", bound=f"n8n's page of metrics, {BOUND // 1024} KiB")
def read_queue(n8n: N8n) -> Queue:
    """What n8n says of its queue. Raises `Permanent` where it does not say, `Temporary` while it does not answer."""
    reply = ask(n8n.at("metrics"), patience=n8n.patience, at_most=BOUND)
    if reply.page.kind in OUR_PLACE:
        raise Permanent(f"{reply.page}; look from inside its network.")
    if reply.page.kind != "answered":
        raise Temporary(f"{reply.page}, so its queue cannot be seen.")
    jobs = {name: int(value) for name, value in JOBS.findall(reply.text)}
    if reply.page.status != OK or len(jobs) < 2:  # noqa: PLR2004 # both of them
        raise Permanent(
            "n8n does not show its queue; switch N8N_METRICS and N8N_METRICS_INCLUDE_QUEUE_METRICS on, or say in the"
            " environment that it has none (workflows.queue)."
        )
    return Queue(**jobs)
