"""MedicalCor's API as it is practised on: processes of its revisions that answer, count, log, and die."""
