"""A job holds the same rows all the time, in one short transaction after another: none of them is long."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.faults.lock_contention import LockContention
from sandbox.systems.rastup.parts import Parts


@dataclass(kw_only=True)
class HotRows(LockContention):
    """No page names it: ending the session of the moment would help nobody."""

    def live(self, parts: Parts) -> None:
        """The next transaction, before whoever waits asks again."""
        if self.job is not None:
            self.job.say("COMMIT; BEGIN; UPDATE users SET kind = kind WHERE id <= 100")
        super().live(parts)
