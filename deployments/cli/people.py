"""Whose name stands under what a command records.

What a person gives by --by, or by $CODEBLUE_BY, is taken as given. The operating system account, which is a proof, is
asked of the kernel and not of the environment.
"""

from __future__ import annotations

import os
import pwd
from typing import Annotated, Final

from cyclopts import Parameter

from deployments.errors import Usage

VARIABLE: Final = "CODEBLUE_BY"

By = Annotated[str | None, Parameter(name="--by", env_var=VARIABLE, help="Your name; this account's if left out.")]


def signed(by: str | None) -> str:
    """The name under what is recorded. Raises Usage when nobody's name is known."""
    name = by if by is not None else account()
    if name is None:
        raise Usage(nameless())
    return name


def starter(by: str | None) -> str:
    """Who started a run, and may perhaps not approve it: the account where it is a person's, whatever name is given.

    A name that somebody typed would let them approve, under their own account, what they asked for themselves.
    """
    return account() or by or "root"


def nameless() -> str:
    """What a person reads whose account is nobody's own."""
    return f"This account is nobody's own, so say who you are: --by NAME, or set {VARIABLE} once."


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
