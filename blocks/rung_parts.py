"""The parts of rung that its environment names: data for probes and changes, no connections and no secrets."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Base of the parts. Unknown keys are refused: a misspelt one would be a name that is silently not used."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Pool(Part):
    """A client that keeps a pool of connections in each running task of its ECS service."""

    application: str = Field(description="application_name under which its sessions appear.")
    service: str = Field(description="ECS service whose running tasks each keep a pool.")
    variable: str = Field(
        default="DB_POOL_SIZE", description="Environment variable of its task definition that sets the pool's size."
    )


class Api(Part):
    """API Gateway (a REST API: its metrics carry ApiName and Stage) and the Lambda function behind it."""

    name: str = Field(default="rung-api", description="Name of the REST API.")
    stage: str = Field(default="prod", description="Stage that users call.")
    function: str = Field(default="rung-api-prod", description="Lambda function behind the API.")
    alias: str = Field(default="prod", description="Alias of the function that the API calls.")


class LogGroups(Part):
    """Where each component writes its log (`rung.log_locations`).

    `rung.t572`, `rung.t573`, `rung.t574`, `rung.t575` and `rung.t576`.
    """

    api: str = Field(default="/aws/apigateway/rung-prod", description="Access log of API Gateway, JSON.")
    function: str = Field(default="/aws/lambda/rung-api-prod", description="Log of the API's Lambda function.")
    functions: str = Field(default="/aws/lambda/rung-", description="Prefix of the log groups of all functions.")
    audit: str = Field(default="/rung/audit/prod", description="Audit events, JSON. Clinical context: counts only.")
    security: str = Field(default="/rung/security/prod", description="Security events, JSON: counts only.")
    n8n: str = Field(default="/rung/n8n/prod", description="Log of n8n.")


class Login(Part):
    """The Cognito user pool."""

    pool: str = Field(default="us-east-1_rungprod", description="User pool id.")
    client: str = Field(default="rungwebclient", description="App client id: Cognito's metrics carry both.")
    log: str = Field(
        default="/aws/lambda/rung-auth-prod", description="Log of the function that signs users in: Cognito's refusals."
    )


class Workflows(Part):
    """n8n and the webhooks that rung calls."""

    url: str = Field(default="https://n8n.internal.rung.health", description="Address of n8n, without a path.")
    service: str = Field(default="n8n", description="ECS service that runs n8n.")
    webhooks: tuple[str, ...] = Field(
        default=("pre-session", "post-session"), description="Paths below /webhook/ that rung calls."
    )
    variable: str = Field(
        default="N8N_WEBHOOK_BASE", description="Environment variable of the API's function with n8n's webhook address."
    )


class Models(Part):
    """Bedrock."""

    model: str = Field(default="anthropic.claude-3-5-sonnet-20240620-v1:0", description="Model that rung calls.")
    alternate: str = Field(
        default="anthropic.claude-3-haiku-20240307-v1:0", description="Model that a person may switch to."
    )


class Storage(Part):
    """The bucket of the voice memos, and the role that uses it."""

    bucket: str = Field(default="rung-voice-memos-prod", description="Bucket of voice memos and transcripts.")
    role: str = Field(default="rung-lambda-role", description="Execution role of the API's function.")
    policy: str = Field(default="s3-access", description="Inline policy of the role that admits it to the bucket.")
    bucket_policy: str | None = Field(
        default=None, description="The bucket's known-good policy as JSON, reviewed: what a broken one is replaced by."
    )


class Network(Part):
    """The VPC that functions and containers run in."""

    vpc: str = Field(default="vpc-0rungprod", description="VPC id.")
    endpoints: tuple[str, ...] = Field(
        default=("s3", "bedrock-runtime"), description="AWS services that must be reached by an endpoint of the VPC."
    )
