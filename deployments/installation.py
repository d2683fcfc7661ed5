"""Which installation a part belongs to: a name that is made up once and kept in the home.

A port says nothing about who answers there. The receiver tells this name at `/ready`, and `codeblue doctor` compares.
It is no secret and opens nothing.
"""

from __future__ import annotations

import uuid
from contextlib import suppress

from deployments.stack_home import Home

FILE = "installation"


def name_of(home: Home) -> str:
    """The name of the installation in this home, made up if it has none yet; safe from several processes at once."""
    if (known := known_name(home)) is not None:
        return known
    with suppress(FileExistsError), (home.path / FILE).open("x") as file:
        file.write(uuid.uuid4().hex)
    return known_name(home) or ""


def known_name(home: Home) -> str | None:
    """The same, `None` where no part of this home has run yet; makes nothing."""
    try:
        return (home.path / FILE).read_text().strip() or None
    except OSError:
        return None
