"""What libraries print about their own retries: a person gets one sentence in the end, and needs no lines before it."""

from __future__ import annotations

import logging
from typing import Final

LIBRARIES: Final = ("stamina", "httpx", "httpcore", "urllib3", "botocore", "sqlalchemy.pool", "psycopg.pool")
"""Each tells of what it tries again; what comes of it is the command's to say."""

PREFECT: Final = {"PREFECT_LOGGING_LEVEL": "ERROR"}
"""For Prefect, which sets its loggers up when it is imported."""


def hush() -> None:
    """Print nothing of it; not called with --debug."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def hushed() -> bool:
    """Whether nothing of it is printed."""
    return logging.getLogger(LIBRARIES[0]).level == logging.CRITICAL
