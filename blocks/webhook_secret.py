"""What proves a monitor's alerts: the secret in use, and for a while the one before."""

from __future__ import annotations

from pydantic import Field, SecretStr

from blocks.base import CodeBlueBlock


class WebhookSecret(CodeBlueBlock):
    """The secret that one sender of alerts signs with or shows. `block:NAME` in the receiver's settings points here.

    To rotate it without a gap, move the current one to `previous`, enter the new one, change the sender, and empty
    `previous`. The receiver notices within half a minute; it goes on with what it knows while Prefect is away.

    Example:
        Load a saved secret:
        ```python
        from blocks.webhook_secret import WebhookSecret

        secret = WebhookSecret.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue Webhook Secret"
    _block_type_slug = "codeblue-webhook-secret"

    current: SecretStr = Field(min_length=1, description="The secret that the sender uses, or will use from now on.")
    previous: SecretStr | None = Field(None, description="The one before, still valid; empty when all have changed.")

    def valid(self) -> tuple[str, ...]:
        """The one or two secrets that are valid now, the current one first."""
        both = (self.current, self.previous)
        return tuple(secret.get_secret_value() for secret in both if secret and secret.get_secret_value())
