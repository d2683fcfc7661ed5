"""Whether an event would start its workflow and run, told without sending one: what a look at each part of it says."""

from __future__ import annotations

from collections.abc import Mapping

from runbook import Facts
from runbook.shares import LEAST
from tasks.logs.read import Kind
from tasks.n8n.caller import Address
from tasks.n8n.queue import Queue
from tasks.n8n.read import Webhooks, Workflows
from tasks.web.read import Page

REFUSED = 3
"""So many events that were answered with an error are no accident."""

MANY = 100
"""Among so many requests for each, fewer events than that are an accident."""

REFUSALS = '"/webhook/"'
ANSWERED = Kind(name="answered with an error", pattern=r"(?i)(?:status|error|code)\D{0,20}'?[45]\d\d\b")
"""What the API's log says of an event that n8n did not take: that it reached n8n, and what the answer was."""


IN_VAIN = Kind(
    name="not answered",
    pattern=r"(?i)time?d?[ -]?out|ECONN|ENETUNREACH|ENOTFOUND|connect(ion)? ?(error|refused|reset)",
)
"""What it says of one that n8n did not answer, well as it may be: the way there may be shut for the API alone."""


class Delivery(Facts):
    """The way of an event: the API's address, n8n, the webhooks in it (nothing while n8n does not answer), its queue.

    `queue` is nothing where n8n has none, or does not answer. `refused` events n8n answered with an error lately, and
    `lost` it did not answer at all, as the API logs; `requests` are those of the API meanwhile, some of which send an
    event. `unseen` says why one of them could not be seen.
    """

    address: Address
    page: Page
    webhooks: Webhooks | None
    queue: Queue | None = None
    refused: int = 0
    lost: int = 0
    requests: float = 0.0
    unseen: str = ""

    @property
    def arrives(self) -> bool:
        """Whether every event would find its workflow. Raises `LookupError` when n8n cannot be looked at from here."""
        return self.page.answers and self.address.same and self.webhooks is not None and not self.webhooks.turned_away

    @property
    def works(self) -> bool:
        """Whether every event would find its workflow and be carried out. Raises `LookupError` when nobody can tell."""
        if not self.arrives or self.refused >= REFUSED:
            return False
        if self.lost >= REFUSED:  # n8n is well from here: the way there may be shut for the API alone
            raise LookupError(
                f"{self.lost} events of the API were not answered lately, and n8n is well, seen from here"
            )
        if self.unseen:
            raise LookupError(self.unseen)
        if self.queue is not None and self.queue.stuck:
            return False
        failed = self.refused + self.lost
        if failed * MANY > self.requests:  # not every request sends an event: these may be all
            raise LookupError(
                f"{failed} of the API's events failed lately, which is too few to tell chance from trouble"
            )
        if self.requests < LEAST:
            raise LookupError(
                f"the API had {self.requests:g} requests lately, too few to tell whether their events reach n8n"
            )
        return True

    def figures(self) -> Mapping[str, tuple[float, str]]:
        share = 1.0
        if self.page.answers and self.address.same and self.webhooks is not None and self.webhooks.methods:
            share = len(self.webhooks.turned_away) / len(self.webhooks.methods)
        return {"webhooks that take no event": (round(100 * share, 1), "%")}

    def __str__(self) -> str:
        told = ((self.refused, "were answered with an error"), (self.lost, "were not answered"))
        said = [f"{count} events of the API {what} lately" for count, what in told if count]
        parts = (self.address, self.page, self.webhooks, self.queue, *said, self.unseen)
        return "; ".join(str(part) for part in parts if part)


class Registration(Facts):
    """What n8n says of its workflows beside what it does with their events."""

    workflows: Workflows
    webhooks: Webhooks

    @property
    def lost(self) -> tuple[str, ...]:
        """Paths whose events are turned away although an active workflow has a webhook there."""
        served = {path for one in self.workflows.workflows if one.active for path in one.paths}
        return tuple(path for path in self.webhooks.turned_away if path in served)

    def __str__(self) -> str:
        return f"{self.workflows}; {self.webhooks}"
