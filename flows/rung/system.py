"""The system rung: a therapy platform on API Gateway, Lambda, RDS PostgreSQL, Cognito, n8n, Bedrock and S3."""

from __future__ import annotations

from runbook.system import ScheduledCheck, System

_HERE = {"system": "rung", "environment": "rung-prod"}
_SYMPTOM = "deployments.checks.symptoms.symptom"
_MEASURE = "deployments.checks.measures.measured"


def _measured(**measure: object) -> dict[str, object]:
    return {**_HERE, "measure": measure}


SYSTEM = System(
    name="rung",
    about="A therapy platform on API Gateway, Lambda, RDS PostgreSQL, Cognito, n8n, Bedrock and S3.",
    environment="blocks.rung:Rung",
    runbooks="flows.rung",
    drills="sandbox.systems.rung.drills",
    faults="sandbox.systems.rung.faults",
    world="sandbox.systems.rung.world:World",
    checks=(
        # A runbook's own symptom, asked before anyone complains.
        ScheduledCheck(
            name="connection_saturation",
            asks=_SYMPTOM,
            about="Ask whether the connection slots of rung's database are taken; start its runbook when they are.",
            cron="*/5 * * * *",
            parameters={"runbook": "rung.connection_exhaustion"},
        ),
        ScheduledCheck(
            name="alerting_gap",
            asks=_SYMPTOM,
            about="Ask whether anything that rung's incidents are noticed by is missing, mute or blind;"
            " start its runbook then.",
            cron="0 9 * * 1",
            parameters={"runbook": "rung.missing_alerts"},
        ),
        # Metrics against a limit.
        ScheduledCheck(
            name="disk",
            asks=_MEASURE,
            about="Tell people when the database's disk has less than 10 GB left, or is full within three days.",
            cron="*/15 * * * *",
            parameters=_measured(
                title="The database's disk has less than 10 GB left",
                namespace="AWS/RDS",
                metric="FreeStorageSpace",
                statistic="Minimum",
                dimensions={"DBInstanceIdentifier": "{db_instance}"},
                unit="bytes",
                below=10_000_000_000,
                ahead={"limit": 0, "says": "The database's disk is full", "within": "P3D"},
            ),
        ),
        ScheduledCheck(
            name="replication_lag",
            asks=_MEASURE,
            about="Tell people when a read replica is more than a minute behind. Switch it on where there is one.",
            cron="*/5 * * * *",
            parameters=_measured(
                title="The replica is more than a minute behind",
                namespace="AWS/RDS",
                metric="ReplicaLag",
                statistic="Maximum",
                dimensions={"DBInstanceIdentifier": "{db_instance}-replica"},
                unit="s",
                above=60,
            ),
            active=False,
        ),
        ScheduledCheck(
            name="dead_letters",
            asks=_MEASURE,
            about="Tell people when a dead-letter queue grows. Switch it on with the queue's name.",
            cron="*/15 * * * *",
            parameters=_measured(
                title="The dead-letter queue grows",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                statistic="Maximum",
                dimensions={"QueueName": "rung-dead-letters"},
                unit="messages",
                value="growth",
                above=0,
                window="PT1H",
            ),
            active=False,
        ),
        ScheduledCheck(
            name="model_spend",
            asks=_MEASURE,
            about="Tell people when the models were given more tokens in a day than they should be. Set the limit.",
            cron="30 * * * *",
            parameters=_measured(
                title="The models read more than 50 million tokens in a day",
                namespace="AWS/Bedrock",
                metric="InputTokenCount",
                statistic="Sum",
                unit="tokens",
                value="total",
                above=50_000_000,
                period="PT1H",
                window="P1D",
            ),
            active=False,
        ),
        ScheduledCheck(
            name="cloud_spend",
            asks=_MEASURE,
            about="Tell people when the month's bill passes a limit. Set the limit; billing alerts must be on in AWS.",
            cron="0 8 * * *",
            parameters=_measured(
                title="This month's bill has passed 1000 USD",
                namespace="AWS/Billing",
                metric="EstimatedCharges",
                statistic="Maximum",
                dimensions={"Currency": "USD"},
                unit="USD",
                above=1000,
                period="PT6H",
                window="P1D",
                region="us-east-1",
            ),
            active=False,
        ),
        # What must be so for the rest to be worth anything.
        ScheduledCheck(
            name="alarms",
            asks="deployments.checks.alarms.alarms",
            about="Find alarms that runbooks wait for and that are not there, are switched off, or notify nobody.",
            cron="0 7 * * *",
            parameters={**_HERE, "prefix": "rung-"},
        ),
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
