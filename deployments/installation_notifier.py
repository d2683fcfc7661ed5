"""Who is told about the installation itself, or when nobody else is known: the notifier saved as `installation`."""

from __future__ import annotations

import logging

from blocks.notifier import Address, Notifier
from blocks.saved import NotSaved, Unfit, saved
from tasks.policy import INSTALLATION

log = logging.getLogger("codeblue.installation")


def installation_notifier() -> Notifier | None:
    """It, as it is saved; `None` where it is not, or does not fit: the log says so, and whoever asks goes on."""
    try:
        return saved(Notifier, INSTALLATION)
    except NotSaved:
        return None
    except Unfit as unfit:
        log.warning("%s", unfit)
        return None


def installation_addresses() -> tuple[Address, ...]:
    """Its addresses; none where it is not saved."""
    found = installation_notifier()
    return found.addresses() if found is not None else ()
