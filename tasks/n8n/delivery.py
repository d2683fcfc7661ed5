"""Whether an event would start its workflow, told without sending one: what a look at each part of its way says."""

from __future__ import annotations

from runbook import Facts
from tasks.n8n.caller import Address
from tasks.n8n.read import Webhooks, Workflows
from tasks.web.read import Page


class Delivery(Facts):
    """The way of an event: the API's address, n8n, and the webhooks in it (nothing while n8n does not answer)."""

    address: Address
    page: Page
    webhooks: Webhooks | None

    @property
    def works(self) -> bool:
        """Whether every event would find its workflow. Raises `LookupError` when n8n cannot be looked at from here."""
        return self.page.answers and self.address.same and self.webhooks is not None and not self.webhooks.turned_away

    def __str__(self) -> str:
        hooks = "" if self.webhooks is None else f"; {self.webhooks}"
        return f"{self.address}; {self.page}{hooks}"


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
