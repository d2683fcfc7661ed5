"""What a fault of Rastup is: it breaks a real part, and perhaps goes on at each turn. The world puts parts back."""

from __future__ import annotations

from functools import partial

from sandbox.systems.rastup.parts import Parts
from sandbox.turning import fault, sessions

Fault = fault.Fault[Parts]
Clients, Leak, ForeignLeak = sessions.Clients[Parts], sessions.Leak[Parts], sessions.ForeignLeak[Parts]
Several, Limited, Busy = sessions.Several[Parts], sessions.Limited[Parts], sessions.Busy[Parts]

find = partial(fault.find, "sandbox.systems.rastup.faults")
"""The fault of that name, not yet started. Raises `UnknownFault`."""
