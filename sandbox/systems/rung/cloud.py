"""What rung has in AWS at the beginning, and what it calls it."""

from __future__ import annotations

from blocks.rung_alarms import required_alarms
from blocks.rung_parts import Api, LogGroups, Models
from sandbox.overlay import cloud
from sandbox.systems.rung import isolation, memos, people

API, LOGS = Api(), LogGroups()

FAILURES = {
    "bedrock": "botocore.exceptions.ClientError: An error occurred (ServiceUnavailableException) when calling the"
    " InvokeModel operation: Bedrock is unable to process your request",
    "cognito": "botocore.exceptions.ClientError: An error occurred (InternalErrorException) when calling the"
    " InitiateAuth operation (cognito-idp)",
    "n8n": "httpx.ConnectTimeout: POST https://n8n.internal.rung.health/webhook/pre-session",
    "n8n_refused": "httpx.HTTPStatusError: Client error '403 Forbidden' for url"
    " 'https://n8n.internal.rung.health/webhook/pre-session'",
    "disk": "OSError: [Errno 28] No space left on device: '/tmp/memo.ogg' at transcode (/var/task/app.py:88)",
    "s3": "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation"
    " on s3://rung-voice-memos-prod",
    "database": 'psycopg.OperationalError: connection failed: FATAL: sorry, too many clients already (user "rung_app")',
    "bug": "KeyError: 'session_id' at handler (/var/task/app.py:42)",
}
"""What the function logs when a call to a dependency fails."""

CLOUD = cloud.Cloud(
    database="rung",
    api=cloud.Api(name=API.name, stage=API.stage, log=LOGS.api),
    function=cloud.Function(name=API.function, alias=API.alias, role=memos.ROLE, log=LOGS.function, failures=FAILURES),
    network=cloud.Network(
        vpc=memos.VPC,
        name="rung-prod",
        functions="rung-functions",
        endpoints="rung-endpoints",
        private="rung-private",
    ),
    alarms=cloud.Alarms(
        required=required_alarms(api=API, logs=LOGS, models=Models(), database="rung-prod"),
        topic="rung-alerts",
        pager="rung-pager",
        together=("rung-api-prod", "ALARM(rung-api-latency-prod) OR ALARM(rung-api-error-rate-prod)"),
        told="rung-db-connections-prod",
        noisy="rung-failed-auth-spike-prod",
    ),
    bucket=cloud.Bucket(
        name=memos.BUCKET, good_policy=memos.KNOWN_GOOD, role_policy=memos.POLICY, other_role="rung-reports-role"
    ),
    pool=cloud.UserPool(
        id=people.POOL,
        name="rung-users",
        client=people.CLIENT,
        client_name="rung-web",
        flows=people.FLOWS,
        trigger=people.TRIGGER,
        trigger_alias=people.TRIGGER_ALIAS,
        importer=people.IMPORTER,
        log=people.LOG,
        password=people.PASSWORD,
        users=people.USERS,
    ),
    parameters=isolation.PARAMETERS,
    further=("sandbox.systems.rung.simulators",),
)
