"""Rung as it is practised on. Its world is `world.World`; what several faults have in common lies beside it."""
