"""The system Rastup: a marketplace on ECS, RDS PostgreSQL, SQS and Lambda, with services of others."""

from __future__ import annotations

from runbook.system import ScheduledCheck, System

_HERE = {"system": "rastup", "environment": "rastup-prod"}
_SYMPTOM = "deployments.checks.symptoms.symptom"

SYSTEM = System(
    name="rastup",
    about="A marketplace on ECS, RDS PostgreSQL, SQS and Lambda, with services of others.",
    environment="blocks.rastup:Rastup",
    runbooks="flows.rastup",
    drills="sandbox.systems.rastup.drills",
    world="sandbox.systems.rastup.world:open_world",
    checks=(
        # A runbook's own symptom, asked before anyone complains.
        ScheduledCheck(
            name="connection_saturation",
            asks=_SYMPTOM,
            about="Ask whether the connection slots of Rastup's database are taken; start its runbook when they are.",
            cron="*/5 * * * *",
            parameters={"runbook": "rastup.db_connection_pool_exhausted"},
        ),
        ScheduledCheck(
            name="lock_contention",
            asks=_SYMPTOM,
            about="Ask whether queries of Rastup's database wait for locks; start its runbook when they do.",
            cron="*/5 * * * *",
            parameters={"runbook": "rastup.db_lock_contention"},
        ),
        # What must be so for the rest to be worth anything.
        ScheduledCheck(
            name="permissions",
            asks="deployments.checks.granted.permissions",
            about="Find what the reading and changing identities are no longer allowed, or allowed beyond what is"
            " generated.",
            cron="15 7 * * *",
            parameters=_HERE,
        ),
        ScheduledCheck(
            name="certificates",
            asks="deployments.checks.certificates.certificates",
            about="Tell people 30, 14 and 3 days before a TLS certificate expires. Add your endpoints as host:port.",
            cron="0 7 * * *",
            parameters={"endpoints": [], **_HERE},
        ),
    ),
)
