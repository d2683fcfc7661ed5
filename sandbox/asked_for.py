"""What the command line asks of the sandbox by name, at run time. Here the type checker sees both sides of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployments.cli import practice
    from sandbox import control, faults
    from sandbox.drills import run
    from sandbox.selftest import saving

    CONTROL: practice.Control = control
    FAULTS: practice.Faults = faults
    SAVING: practice.Saving = saving
    DRILLS: practice.Drills = run
