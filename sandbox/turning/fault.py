"""What a fault is in a world that lives by turns: it breaks a real part, and perhaps goes on at each turn.

`W` is what the world is made of. The world puts its parts back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar

from journal.near import perhaps
from sandbox.errors import UnknownFault
from sandbox.faults import names

W = TypeVar("W")


@dataclass(kw_only=True)
class Fault(ABC, Generic[W]):
    """One fault. Its class is called as its module, in one word."""

    @abstractmethod
    def start(self, parts: W) -> None:
        """Break it, and return when its symptom is there."""

    def live(self, parts: W) -> None:  # most have nothing to do
        """Go on, at each turn of the rehearsal's time."""

    def complaints(self, parts: W) -> Iterable[str]:
        """What users complain about who come with it; most show in what the application does."""
        return ()

    def heal(self, parts: W) -> None:  # most break only what the world puts back by itself
        """Take away what the world does not put back."""


def find(package: str, name: str) -> Fault[Any]:
    """The fault of that name, one module of a package, not yet started. Raises `UnknownFault`."""
    if name not in names(package):
        there = names(package)
        raise UnknownFault(f"There is no fault '{name}'.{perhaps(name, there)} There are: {', '.join(there)}.")
    kind: type[Fault[Any]] = getattr(
        import_module(f"{package}.{name}"), "".join(part.title() for part in name.split("_"))
    )
    return kind()
