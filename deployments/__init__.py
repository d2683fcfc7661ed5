"""WHEN a run starts: the stack of one machine, its receiver, its command line, its workers (floor 5)."""
