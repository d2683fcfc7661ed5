"""The drills of Rastup, one module for each runbook."""
