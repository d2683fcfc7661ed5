"""What else is true while a fault is at work, beyond what the drills of a runbook say. Strangers are judged by it.

By fault (or its kind, as `Broken.kind` has it) and runbook, the causes that a runbook is right to name. Each was found
by a stranger and looked into.
"""

from __future__ import annotations

from collections.abc import Mapping

ALSO: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # Every slot is taken, so whoever asks for connections is refused.
    "database_full": {"rung.triage": ("connection_exhaustion",)},
    # The same, whoever it is that asks: here it is the function that Cognito calls.
    "login_without_slots": {"rung.triage": ("connection_exhaustion",), "rung.connection_exhaustion": ("idle_leak",)},
    # Whoever waits for the gateway's own limit has waited for long.
    "beyond_the_gateway": {"rung.triage": ("high_latency",)},
    "work_too_long": {"rung.triage": ("high_latency",)},
    # Without a route to S3's endpoint requests do not come by it, so the bucket's policy refuses them.
    "endpoint_unrouted": {"rung.s3_access_denied": ("endpoint",), "rung.triage": ("s3_access_denied",)},
    # Merges are refused with 403, whoever asked for them.
    "wrong_requester": {"rung.isolation_layer_failures": ("not_allowed",)},
    # So many calls fail at Bedrock itself, and S3 says to so many that access is denied.
    'dependency_fails {"which": "bedrock"}': {"rung.bedrock_calls_failing": ("bedrock_unwell",)},
    'dependency_fails {"which": "s3"}': {"rung.triage": ("s3_access_denied",)},
    # The requests of the API wait for real locks, which are seen in the database itself.
    "slow_database": {"rung.triage": ("slow_queries",), "rung.slow_queries": ("lock_contention",)},
}

NOT_THEIRS: Mapping[str, tuple[str, ...]] = {"rung.false_positive_alerts": ("true_problem",)}
"""By runbook, the causes by which it says that the problem is somebody else's: handing over to it was wrong."""

OTHERWISE: Mapping[str, Mapping[str, tuple[str, float]]] = {
    # Users wait, and are served in the end: that is no failed request, unless they wait beyond the timeout.
    "slow_database": {"rung.high_error_rate": ("seconds", 10.0)},
}
"""By fault, the runbooks that are alerted for something else than what its users feel, while a bound is less."""
