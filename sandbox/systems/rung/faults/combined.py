"""Two causes at once: each takes its part of the slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox import faults
from sandbox.database import read_slots
from sandbox.errors import UnknownFault
from sandbox.faults.fault import Scene, SessionFault

HERE = __name__.rpartition(".")[0]
"""Where the single faults are: beside this one."""


@dataclass(kw_only=True)
class Combined(SessionFault):
    """`causes`: the faults to start, in this order. All leaks but the last get an equal part of the slots."""

    causes: tuple[str, ...] = ("idle_leak", "long_queries")
    parts: list[SessionFault] = field(default_factory=list[SessionFault], init=False, repr=False)

    def start(self, scene: Scene) -> None:
        """Start each."""
        if "combined" in self.causes or len(set(self.causes)) < len(self.causes):
            raise UnknownFault("A combined fault is made of different single faults; name each once.")
        slots = read_slots(scene.address)
        part = (slots.max_connections - slots.reserved - slots.taken) // len(self.causes)
        for number, cause in enumerate(self.causes, start=1):
            fault = faults.find(HERE, cause, {"lives_for": self.lives_for})
            if number < len(self.causes) and hasattr(fault, "most"):
                fault = faults.find(HERE, cause, {"lives_for": self.lives_for, "most": part})
            if not isinstance(fault, SessionFault):
                raise UnknownFault(f"'{cause}' takes no connection slots, so it cannot share them with another.")
            self.parts.append(fault)
            fault.start(scene)

    def heal(self, scene: Scene) -> None:
        """Take each away."""
        for fault in self.parts:
            fault.heal(scene)

    def sessions(self, scene: Scene) -> Mapping[str, int]:
        """By cause."""
        return {cause: count for fault in self.parts for cause, count in fault.sessions(scene).items()}

    def waiting(self) -> Mapping[str, int]:
        """By cause."""
        return {cause: count for fault in self.parts for cause, count in fault.waiting().items()}
