"""Faults of Rastup: one module per cause, named as the cause; adding a module adds a fault."""
