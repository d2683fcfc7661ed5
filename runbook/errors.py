"""What can go wrong, in two words that carry the design: temporary (try again) and permanent (do not).

    CodeBlueError
    ├── Temporary         the same call may succeed later; retried, with back-off
    │   └── SlowDown      we ask too often; asked again more rarely, for a minute and a half
    └── Permanent         trying again changes nothing
        ├── NotSafe       a change refused to plan or to act, because it would make things worse
        └── Drifted       the target is no longer what was approved

Readers and changes raise these; the stages in `tasks` decide what follows. Every error is one clear sentence with its
remedy, and survives pickling because all arguments reach `Exception.__init__`.
"""

from __future__ import annotations

from datetime import timedelta


class CodeBlueError(Exception):
    """Something a person should read. `str()` is the whole message: what happened, and what to do about it."""

    def __init__(self, message: str, *more: object) -> None:
        super().__init__(message, *more)
        self.message = message

    def __str__(self) -> str:
        return self.message


class Temporary(CodeBlueError):
    """The look or act could not be done right now. `after` is how long to wait before trying again."""

    def __init__(self, message: str, after: timedelta = timedelta(seconds=0.5)) -> None:
        super().__init__(message, after)
        self.after = after


class SlowDown(Temporary):
    """The other side is there and turns us away because it is asked too often: throttling. Patience helps.

    `so_far` is what was seen all the same, where several were asked: it is the answer when patience is over.
    """

    def __init__(self, message: str, after: timedelta = timedelta(seconds=0.5), so_far: object = None) -> None:
        super().__init__(message, after)
        self.args = (message, after, so_far)
        self.so_far = so_far


class Permanent(CodeBlueError):
    """The look or act cannot be done, however often it is tried: a missing right, a wrong name, a wrong version."""


class NotSafe(Permanent):
    """The change would make things worse or reach too far, so it was not planned or not applied."""


class Drifted(Permanent):
    """What the plan names has changed since it was approved. Nothing was applied; plan again."""
