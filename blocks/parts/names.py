"""What things are called: an API, a user pool, models, a bucket, a network, workflows, the pools of a service."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Base of the parts. Unknown keys are refused: a misspelt one would be a name that is silently not used."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def usually(part: type[Part], field: str, name: str | tuple[str, ...]) -> Any:
    """A field of a part whose default is what one system usually calls the thing; what it means stays as it is."""
    return Field(default=name, description=part.model_fields[field].description)


class Pool(Part):
    """A client that keeps a pool of connections in each running task of its ECS service."""

    application: str = Field(description="application_name under which its sessions appear.")
    service: str = Field(description="ECS service whose running tasks each keep a pool.")
    variable: str = Field(
        default="DB_POOL_SIZE", description="Environment variable of its task definition that sets the pool's size."
    )


class Api(Part):
    """API Gateway (a REST API: its metrics carry ApiName and Stage) and the Lambda function behind it."""

    name: str = Field(description="Name of the REST API.")
    stage: str = Field(description="Stage that users call.")
    function: str = Field(description="Lambda function behind the API.")
    alias: str = Field(description="Alias of the function that the API calls.")


class Login(Part):
    """The Cognito user pool."""

    pool: str = Field(description="User pool id.")
    client: str = Field(description="App client id: Cognito's metrics carry both.")
    log: str = Field(description="Log of the function that signs users in: Cognito's refusals.")


class Workflows(Part):
    """n8n and the webhooks that are called."""

    url: str = Field(description="Address of n8n, without a path.")
    service: str = Field(description="ECS service that runs n8n.")
    webhooks: tuple[str, ...] = Field(description="Paths below /webhook/ that are called.")
    variable: str = Field(description="Environment variable of the API's function with n8n's webhook address.")
    queue: bool = Field(
        default=True,
        description="Whether n8n hands its executions to workers by a queue (queue mode). It must then show it:"
        " N8N_METRICS and N8N_METRICS_INCLUDE_QUEUE_METRICS.",
    )


class Models(Part):
    """Bedrock."""

    model: str = Field(description="Model that is called.")
    alternate: str = Field(description="Model that a person may switch to.")


class Storage(Part):
    """A bucket, and the role that uses it."""

    bucket: str = Field(description="The bucket.")
    role: str = Field(description="Execution role of the API's function.")
    policy: str = Field(description="Inline policy of the role that admits it to the bucket.")
    bucket_policy: str | None = Field(
        default=None, description="The bucket's known-good policy as JSON, reviewed: what a broken one is replaced by."
    )


class Network(Part):
    """The VPC that functions and containers run in."""

    vpc: str = Field(description="VPC id.")
    endpoints: tuple[str, ...] = Field(description="AWS services that must be reached by an endpoint of the VPC.")
