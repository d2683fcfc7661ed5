"""Drills of rung's runbooks; one module per runbook, of the same name."""
