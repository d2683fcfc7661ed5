"""What the clients' pools could take, beside what the server has: pool size by tasks against max_connections."""

from __future__ import annotations

from runbook import Facts


class Demand(Facts):
    """`wanted` is what all pools together may open, `held` what their applications hold now.

    `largest` is the pool that wants most, with its size, its tasks and the size that would fit. `each` is what tasks
    are called where the clients run.
    """

    usable: int
    wanted: int
    held: int
    largest: str
    size: int
    tasks: int
    fitting: int
    each: str = "tasks"

    def __str__(self) -> str:
        return (
            f"pools may open {self.wanted} connections ({self.largest}: {self.size} for each of {self.tasks}"
            f" {self.each}) and hold {self.held}; the server has {self.usable} slots"
        )


def demand(usable: int, pools: dict[str, tuple[int, int]], held: int, *, each: str = "tasks") -> Demand:
    """Add up pools given as application → (connections per task, tasks). There must be at least one."""
    wants = {name: size * tasks for name, (size, tasks) in pools.items()}
    largest = max(wants, key=lambda name: wants[name])
    size, tasks = pools[largest]
    others = sum(wants.values()) - wants[largest]
    return Demand(
        usable=usable,
        wanted=sum(wants.values()),
        held=held,
        largest=largest,
        size=size,
        tasks=tasks,
        fitting=max(1, (usable * 8 // 10 - others) // max(tasks, 1)),
        each=each,
    )
