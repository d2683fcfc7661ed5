"""What rung usually calls the parts that its environment names."""

from __future__ import annotations

from pydantic import Field

from blocks import parts
from blocks.parts import Part, usually


class Api(parts.Api):
    """API Gateway (a REST API: its metrics carry ApiName and Stage) and the Lambda function behind it."""

    name: str = usually(parts.Api, "name", "rung-api")
    stage: str = usually(parts.Api, "stage", "prod")
    function: str = usually(parts.Api, "function", "rung-api-prod")
    alias: str = usually(parts.Api, "alias", "prod")


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


class Login(parts.Login):
    """The Cognito user pool."""

    pool: str = usually(parts.Login, "pool", "us-east-1_rungprod")
    client: str = usually(parts.Login, "client", "rungwebclient")
    log: str = usually(parts.Login, "log", "/aws/lambda/rung-auth-prod")
    function: str = Field(
        default="rung-pre-authentication-prod", min_length=1, description="Function that the pool calls at a sign-in."
    )
    alias: str = Field(default="prod", min_length=1, description="Alias by which the pool calls it.")


class Workflows(parts.Workflows):
    """n8n and the webhooks that rung calls."""

    url: str = usually(parts.Workflows, "url", "https://n8n.internal.rung.health")
    service: str = usually(parts.Workflows, "service", "n8n")
    webhooks: tuple[str, ...] = usually(parts.Workflows, "webhooks", ("pre-session", "post-session"))
    variable: str = usually(parts.Workflows, "variable", "N8N_WEBHOOK_BASE")


class Models(parts.Models):
    """Bedrock."""

    model: str = usually(parts.Models, "model", "anthropic.claude-3-5-sonnet-20240620-v1:0")
    alternate: str = usually(parts.Models, "alternate", "anthropic.claude-3-haiku-20240307-v1:0")


class Storage(parts.Storage):
    """The bucket of the voice memos and transcripts, and the role that uses it."""

    bucket: str = usually(parts.Storage, "bucket", "rung-voice-memos-prod")
    role: str = usually(parts.Storage, "role", "rung-lambda-role")
    policy: str = usually(parts.Storage, "policy", "s3-access")


class Network(parts.Network):
    """The VPC that functions and containers run in."""

    vpc: str = usually(parts.Network, "vpc", "vpc-0rungprod")
    endpoints: tuple[str, ...] = usually(parts.Network, "endpoints", ("s3", "bedrock-runtime"))
