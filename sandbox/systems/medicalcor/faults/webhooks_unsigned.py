"""The secret of webhooks was renewed with the API alone: each is refused as unsigned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.process import HOOKS, ROUTES, Hooks
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class WebhooksUnsigned(ApiFault):
    way: Hooks = "unsigned"

    def begins(self, parts: Parts) -> None:
        hooks(parts, self.way)

    def complaints(self, parts: Parts) -> Iterator[str]:
        """Asked as a sender would."""
        asked, sent = parts.api.asked(), [one for one in ROUTES if one.path.startswith(HOOKS)]
        if parts.api.silent or asked is None or any(asked.answer(one).status >= 400 for one in sent):  # noqa: PLR2004 # HTTP's own
            yield "nobody answers what patients write"


def hooks(parts: Parts, way: Hooks) -> None:
    """Let every revision that there is do this with webhooks."""
    for one in parts.api.service.revisions:
        parts.api.code_of(one.name).hooks = way
