"""What a fault of MedicalCor is: it breaks a real part, and perhaps goes on at each turn. The world puts parts back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from journal.near import perhaps
from sandbox.errors import UnknownFault
from sandbox.faults import names
from sandbox.systems.medicalcor.parts import Parts

PACKAGE: Final = "sandbox.systems.medicalcor.faults"


@dataclass(kw_only=True)
class Fault(ABC):
    """One fault. Its class is called as its module, in one word."""

    @abstractmethod
    def start(self, parts: Parts) -> None:
        """Break it, and return when its symptom is there."""

    def live(self, parts: Parts) -> None:  # noqa: B027 # most have nothing to do
        """Go on, at each turn of the rehearsal's time."""

    def complaints(self, parts: Parts) -> Iterable[str]:
        """What users complain about who come with it; most show in what the application does (`application`)."""
        return ()

    def heal(self, parts: Parts) -> None:  # noqa: B027 # most break only what the world puts back by itself
        """Take away what the world does not put back."""


def find(name: str) -> Fault:
    """The fault of that name, not yet started. Raises `UnknownFault`."""
    if name not in names(PACKAGE):
        there = names(PACKAGE)
        raise UnknownFault(f"There is no fault '{name}'.{perhaps(name, there)} There are: {', '.join(there)}.")
    kind: type[Fault] = getattr(import_module(f"{PACKAGE}.{name}"), "".join(part.title() for part in name.split("_")))
    return kind()
