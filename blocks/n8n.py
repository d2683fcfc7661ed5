"""n8n as its public API knows us: one key for looking, another for approved changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from blocks.base import require
from runbook import Permanent, Warrant

HEADER = "X-N8N-API-KEY"
PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class N8n:
    """Where n8n is, and with which keys. Only an Enterprise licence can limit what a key may do (its scopes)."""

    url: str
    reading_key: SecretStr | None = field(default=None, repr=False)
    changing_key: SecretStr | None = field(default=None, repr=False)
    patience: timedelta = PATIENCE

    def at(self, path: str) -> str:
        """The address of a path."""
        return f"{self.url.rstrip('/')}/{path.lstrip('/')}"

    def reading(self) -> dict[str, str]:
        """Headers of a look. Raises `Permanent` when there is no key."""
        return _headers(self.reading_key, "n8n_key", "workflow:list and workflow:read")

    def changing(self, warrant: Warrant) -> dict[str, str]:
        """Headers of an approved change. Raises `Permanent` without a warrant or a key."""
        require(warrant)
        return _headers(self.changing_key, "n8n_changing_key", "workflow:activate and workflow:deactivate")

    @property
    def may_change(self) -> bool:
        """Whether there is a key for changes at all."""
        return self.changing_key is not None


def _headers(key: SecretStr | None, name: str, scopes: str) -> dict[str, Any]:
    if key is None:
        raise Permanent(f"The environment has no {name}; make an API key in n8n (scopes {scopes}) and save it there.")
    return {HEADER: key.get_secret_value(), "Accept": "application/json"}
