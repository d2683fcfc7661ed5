"""Parameters of SSM that hold settings: which of them may be set, within which bounds, and who answers for them.

They are kept in an account, whose two roles read and change them; see `tasks/ssm`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from blocks.aws import Aws
from blocks.switchboard import Allowed
from runbook import NotSafe


class AllowedParameter(Allowed):
    """One parameter that may be set: a flag is `true` or `false`, a number is in digits, a text is one of some."""

    key: str = Field(
        pattern=r"^/?[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$",
        max_length=500,
        description="Its name in the Parameter Store.",
    )


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The parameters of one account that may be set."""

    aws: Aws
    may_be_set: Sequence[AllowedParameter]

    def allowed(self, name: str) -> AllowedParameter:
        """What the owner of a parameter allows. Raises `NotSafe` for one that the environment does not name."""
        found = next((one for one in self.may_be_set if one.key == name), None)
        if found is None:
            raise NotSafe(f"The environment does not name {name} among the parameters that may be set; ask its owner.")
        return found


def resource(name: str) -> str:
    """What IAM calls a parameter, after `parameter/`."""
    return name.removeprefix("/")
