"""What a fault of MedicalCor is: it breaks a real part, and perhaps goes on at each turn. The world puts parts back."""

from __future__ import annotations

from functools import partial

from sandbox.systems.medicalcor.parts import Parts
from sandbox.turning import fault

Fault = fault.Fault[Parts]

find = partial(fault.find, "sandbox.systems.medicalcor.faults")
"""The fault of that name, not yet started. Raises `UnknownFault`."""
