"""Why a delivery is not accepted: one sentence and one remedy, raised anywhere on the way in, answered by `app`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """The body of every answer that is not a success."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    error: str = Field(description="What is wrong, in one sentence.")
    remedy: str = Field(description="What to do about it.")


class Refused(Exception):
    """A delivery that is not accepted. `status` is the HTTP status; `retry_after` seconds are told to the sender."""

    def __init__(self, status: int, error: str, remedy: str, retry_after: int | None = None) -> None:
        super().__init__(status, error, remedy, retry_after)
        self.status, self.error, self.remedy, self.retry_after = status, error, remedy, retry_after

    def __str__(self) -> str:
        return f"{self.error} {self.remedy}"

    @property
    def problem(self) -> Problem:
        """What the sender reads."""
        return Problem(error=self.error, remedy=self.remedy)


def malformed(error: str, remedy: str = "Correct the body and send it again.") -> Refused:
    """The body is not even the form's syntax: 400."""
    return Refused(400, error, remedy)


def unfit(error: str, remedy: str = "Correct the body and send it again.") -> Refused:
    """The body is well-formed, but not what this form says: 422."""
    return Refused(422, error, remedy)


def not_authentic(error: str, remedy: str) -> Refused:
    """The sender did not prove who it is: 401."""
    return Refused(401, error, remedy)
