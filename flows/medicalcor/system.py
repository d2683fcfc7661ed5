"""The system MedicalCor: a platform of clinics on Cloud Run, Cloud SQL, Memorystore and services of others."""

from __future__ import annotations

from runbook.system import ScheduledCheck, System

_HERE = {"system": "medicalcor", "environment": "medicalcor-prod"}
_SYMPTOM = "deployments.checks.symptoms.symptom"

SYSTEM = System(
    name="medicalcor",
    about="A platform of clinics on Cloud Run, Cloud SQL, Memorystore and services of others.",
    environment="blocks.medicalcor:MedicalCor",
    runbooks="flows.medicalcor",
    drills="sandbox.systems.medicalcor.drills",
    world="sandbox.systems.medicalcor.world:open_world",
    checks=(
        # A runbook's own symptom, asked before anyone complains.
        ScheduledCheck(
            name="redis_memory",
            asks=_SYMPTOM,
            about="Ask whether MedicalCor's Redis is full; start its runbook when it is.",
            cron="*/5 * * * *",
            parameters={"runbook": "medicalcor.redis_memory_full"},
        ),
        ScheduledCheck(
            name="redis_connections",
            asks=_SYMPTOM,
            about="Ask whether MedicalCor's Redis turns anybody away; start its runbook when it does.",
            cron="*/5 * * * *",
            parameters={"runbook": "medicalcor.redis_connection_failed"},
        ),
        ScheduledCheck(
            name="connection_saturation",
            asks=_SYMPTOM,
            about="Ask whether the connection slots of MedicalCor's database are taken; start its runbook when they"
            " are.",
            cron="*/5 * * * *",
            parameters={"runbook": "medicalcor.connection_pool_exhausted"},
        ),
        ScheduledCheck(
            name="database_disk",
            asks=_SYMPTOM,
            about="Ask whether the disk of MedicalCor's database is full, or will be within a day; start its runbook"
            " when it is.",
            cron="*/15 * * * *",
            parameters={"runbook": "medicalcor.database_disk_full"},
        ),
        ScheduledCheck(
            name="slow_queries",
            asks=_SYMPTOM,
            about="Ask whether queries of MedicalCor's database run for too long; start its runbook when they do.",
            cron="*/5 * * * *",
            parameters={"runbook": "medicalcor.slow_queries"},
        ),
        ScheduledCheck(
            name="api_memory",
            asks=_SYMPTOM,
            about="Ask whether the memory of MedicalCor's API is full, or will be within hours; start its runbook when"
            " it is.",
            cron="*/15 * * * *",
            parameters={"runbook": "medicalcor.memory_leak"},
        ),
        ScheduledCheck(
            name="webhooks",
            asks=_SYMPTOM,
            about="Ask whether MedicalCor's webhooks are taken, and whether any come; start their runbook when not.",
            cron="*/5 * * * *",
            parameters={"runbook": "medicalcor.webhooks_not_processing"},
        ),
        ScheduledCheck(
            name="dead_letters",
            asks=_SYMPTOM,
            about="Ask whether dead letters of MedicalCor lie there; start their runbook when some do.",
            cron="*/15 * * * *",
            parameters={"runbook": "medicalcor.dlq_reprocess"},
        ),
        ScheduledCheck(
            name="api_cpu",
            asks=_SYMPTOM,
            about="Ask whether an instance of MedicalCor's API uses nearly all of its CPU; start its runbook when one"
            " does.",
            cron="*/5 * * * *",
            parameters={"runbook": "medicalcor.high_cpu_usage"},
        ),
        ScheduledCheck(
            name="model_costs",
            asks=_SYMPTOM,
            about="Ask whether MedicalCor's calls of models take far more tokens than usually at this hour; start its"
            " runbook when they do.",
            cron="*/15 * * * *",
            parameters={"runbook": "medicalcor.high_ai_costs"},
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
