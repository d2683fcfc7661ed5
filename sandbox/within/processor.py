"""How much processor this process and all below it have used: what a drill costs on whatever machine."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def seconds_used() -> float:
    """Processor seconds of this process and of everything it has started, living or ended."""
    parents, used = dict[int, int](), dict[int, int]()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name of a program stands in brackets and may hold anything.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(int(field) for field in fields[11:15])  # own and reaped children's, user and system
    ours, found = {os.getpid()}, 1
    while found:
        further = {pid for pid, parent in parents.items() if parent in ours} - ours
        ours |= further
        found = len(further)
    return sum(used.get(pid, 0) for pid in ours) / _TICK
