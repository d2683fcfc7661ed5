"""What Rastup has in AWS at the beginning, and what it calls it."""

from __future__ import annotations

from typing import Final

from sandbox.overlay import cloud

PRODUCTION: Final = "rastup-prod"
"""What it calls its database instance, its parameter group and its cluster."""
REPLICA: Final = "rastup-prod-replica"
ACCOUNT: Final = "444455556666"
API: Final = "api-service"

CLOUD = cloud.Cloud(database="rastup")
