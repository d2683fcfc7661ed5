"""Who runs this command: the operating system account, asked of the kernel and not of the environment."""

from __future__ import annotations

import os
import pwd


def account() -> str | None:
    """The account of this process; `None` for root, which is nobody's name, and for one without a name."""
    uid = os.getuid()
    if uid == 0:
        return None
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def is_account(name: str) -> bool:
    """Whether that name is the account which runs this command: the only proof that the command line has."""
    mine = account()
    return mine is not None and mine.casefold() == name.strip().casefold()
