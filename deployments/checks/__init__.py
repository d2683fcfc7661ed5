"""Checks: what is asked by the clock, before anyone complains. Read-only; the schedules are in `prefect.yaml`.

symptoms       a runbook's own symptom; when it holds, the runbook is started
measures       CloudWatch metrics against a limit; opens a runbook's incident, or tells the environment's notifier
alarms         alarms that runbooks wait for and that are not there, or do not reach us
granted        are both identities allowed what is generated for them, and nothing more
certificates   days left on TLS certificates
records        the installation's own: is the journal as it was written, are runbooks reviewed in time
outcome        what all of them do with what they found

A check that could not look fails with the state *Unknown*: it never reads silence as health.
"""
