"""What may stand in the field of a host: a name or an address, and nothing of a URL around it."""

from __future__ import annotations

import ipaddress
import re

_NAME = re.compile(r"[\w.-]+")


def host_only(host: str) -> str:
    """The host as it was given; a validator. A whole URL holds a password, which errors would then name as the host."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):
            raise ValueError(
                "The host is neither a name nor an address; what else stands in a URL has fields of its own."
            ) from None
    return host
