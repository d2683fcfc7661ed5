"""Clients of MedicalCor's database that hold sessions, as the base of the faults that they make."""

from __future__ import annotations

from sandbox.systems.medicalcor.parts import Parts
from sandbox.turning import sessions

RIPE = sessions.RIPE
Clients, Leak, ForeignLeak = sessions.Clients[Parts], sessions.Leak[Parts], sessions.ForeignLeak[Parts]
Several, Limited, Busy = sessions.Several[Parts], sessions.Limited[Parts], sessions.Busy[Parts]
