"""What Rastup has in AWS at the beginning, and what it calls it."""

from __future__ import annotations

from typing import Final

from sandbox.overlay import cloud

PRODUCTION: Final = "rastup-prod"
"""What it calls its database instance, its parameter group and its cluster."""
REPLICA: Final = "rastup-prod-replica"
ACCOUNT: Final = "444455556666"
API: Final = "api-service"

CONSUMED: Final = cloud.Consumed(
    queue="rastup-messages",
    dead="rastup-messages-dead",
    function="rastup-message-processor",
    mapping="5d4c1f0e-7a52-4c6e-9a6b-2f0a6b1c8e11",
    log="/aws/ecs/rastup-prod/notification-service",
)

CLOUD = cloud.Cloud(database="rastup", consumed=CONSUMED)
