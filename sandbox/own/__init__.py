"""Drills of systems that bring worlds of their own (`System.world`), within one process or by the whole stack."""
