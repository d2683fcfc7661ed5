"""What a runbook of MedicalCor asks, where its file would otherwise be too long; `_api` has what several ask."""
