"""The drills of the shop, one module for each runbook."""
