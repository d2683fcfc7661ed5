"""How much processor this process and all below it have used: what a drill costs on whatever machine."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def seconds_used() -> float:
    """Processor seconds of this process and of everything it has started, living or ended."""
    waiting, used = [os.getpid()], 0
    while waiting:
        process = Path("/proc", str(waiting.pop()))
        try:
            # The name of a program stands in brackets and may hold anything.
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            for thread in (process / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except OSError:
            if process.name == str(os.getpid()):
                raise
            continue  # it has just ended
        used += sum(int(field) for field in fields[11:15])  # own and reaped children's, user and system
    return used / _TICK
