"""The way in for monitors: verify, persist, acknowledge, start the runbook. `python -m deployments.receiver` runs it.

app        the web application: bounds the body, asks the format, answers
formats/   one module for each vendor: is it really them, and what do they say
intake     many deliveries, one durable commit; nothing is acknowledged before
dispatch   from a persisted delivery to an incident with a flow run, again and again until it is done
routing    which runbook an alert starts
settings   the operator's file, and the secrets it points to
"""
