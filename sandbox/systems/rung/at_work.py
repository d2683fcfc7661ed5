"""What else is true while a fault is at work, beyond what the drills of a runbook say. Strangers are judged by it.

By fault (or its kind, as `Broken.kind` has it) and runbook, the causes that a runbook is right to name. Each was found
by a stranger and looked into.
"""

from __future__ import annotations

from collections.abc import Mapping

ALSO: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # Before an environment that reaches n8n without TLS: the API's address is another.
    "n8n_certificate_ran_out": {"rung.workflow_not_triggering": ("address_changed",)},
    # Every slot is taken, so whoever asks for connections is refused.
    "database_full": {"rung.triage": ("connection_exhaustion",)},
    # Whoever waits for the gateway's own limit has waited for long.
    "beyond_the_gateway": {"rung.triage": ("high_latency",)},
    # The VPC has no route to S3's endpoint: its requests do not come by it, though nobody is refused for that.
    "endpoint_unrouted": {"rung.s3_access_denied": ("endpoint",)},
    # So many calls fail at Bedrock itself, and S3 says to so many that access is denied.
    'dependency_fails {"which": "bedrock"}': {"rung.bedrock_calls_failing": ("bedrock_unwell",)},
    'dependency_fails {"which": "s3"}': {"rung.triage": ("s3_access_denied",)},
    # The requests of the API wait for real locks, which are seen in the database itself.
    "slow_database": {"rung.triage": ("slow_queries",), "rung.slow_queries": ("lock_contention",)},
}

OTHERWISE: Mapping[str, tuple[str, ...]] = {
    # Users wait, and are served in the end: that is no failed request, unless they wait beyond the timeout.
    "slow_database": ("rung.high_error_rate",),
}
"""By fault, the runbooks that are alerted for something else than what its users complain about."""
