"""Where people are told: any service that apprise can reach."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass

import apprise
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from blocks.base import CodeBlueBlock
from runbook import Hours, Temporary


@dataclass(frozen=True, kw_only=True)
class Address:
    """One address that can be told. `to` names it for people; the address itself is a secret."""

    to: str
    url: SecretStr

    def tell(self, title: str, markdown: str) -> None:
        """Tell it, once. Raises `Temporary` when it is wrong or out of reach; apprise cannot tell the two apart."""
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings can quote the address with its secret
        service = apprise.Apprise()
        if not service.add(self.url.get_secret_value()) or not service.notify(
            title=title, body=markdown, body_format=apprise.NotifyFormat.MARKDOWN
        ):
            raise Temporary(f"The address of {self.to} is wrong or out of reach; check it in the saved block.")


class Contact(BaseModel):
    """Somebody who is paged: a person or a group, for one level of the escalation.

    The address is not here but in the environment's `addresses`: Prefect keeps secrets inside of lists of models
    neither secret nor apart (3.8 saves the first one's in place of the others').
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=60, description="Who it is; the timeline shows it.")
    level: str = Field(min_length=1, max_length=60, description="Level of the escalation, such as L1.")
    issues: list[str] = Field(default_factory=list, description="Only for these types of issue; for all when empty.")
    during: Hours | None = Field(default=None, description="Only at these hours; always when empty.")


class Notifier(CodeBlueBlock):
    """Addresses to tell, as apprise URLs (Slack, Teams, PagerDuty, e-mail, webhooks and many more).

    Example:
        Load a saved notifier:
        ```python
        from blocks.notifier import Notifier

        notifier = Notifier.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue Notifier"
    _block_type_slug = "codeblue-notifier"

    urls: list[SecretStr] = Field(default_factory=list, description="Apprise addresses; they contain secrets.")
    at_most: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="Messages to all addresses together within ten minutes; pages are extra.",
    )

    def addresses(self) -> tuple[Address, ...]:
        """Every address, named for its kind of service: `slack`, `mailto`, `mailto 2`."""
        seen: Counter[str] = Counter()
        found: list[Address] = []
        for url in self.urls:
            kind = url.get_secret_value().partition("://")[0].lower()[:20] or "unknown"
            seen[kind] += 1
            found.append(Address(to=kind if seen[kind] == 1 else f"{kind} {seen[kind]}", url=url))
        return tuple(found)
