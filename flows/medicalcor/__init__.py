"""The runbooks of MedicalCor, one module for each."""
