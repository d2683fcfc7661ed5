"""Where people are told: any service that apprise can reach."""

from __future__ import annotations

import logging

import apprise
from pydantic import Field, SecretStr

from blocks.house import HouseBlock
from runbook import Temporary


class Notifier(HouseBlock):
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

    def tell(self, title: str, markdown: str) -> bool:
        """Tell everyone; false when there is nobody to tell. Raises `Temporary` when an address is out of reach."""
        if not self.urls:
            return False
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings can quote the address with its secret
        addresses = apprise.Apprise()
        for url in self.urls:
            addresses.add(url.get_secret_value())
        if len(addresses) < len(self.urls) or not addresses.notify(
            title=title, body=markdown, body_format=apprise.NotifyFormat.MARKDOWN
        ):
            raise Temporary("A notification address is wrong or out of reach; check the notifier block.")
        return True
