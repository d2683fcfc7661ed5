"""The drills of MedicalCor, one module for each runbook."""
