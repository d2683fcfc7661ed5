"""The people in rung's user pool. What they are called is planted personal data: no output of Code Blue may hold it."""

from __future__ import annotations

from sandbox.overlay.cloud import User

POOL, CLIENT = "us-east-1_rungprod", "rungwebclient"
FLOWS = ("ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
TRIGGER, TRIGGER_ALIAS = "rung-pre-authentication-prod", "prod"
"""The function that Cognito calls before it lets anybody in, and by which alias."""
PASSWORD = "What-Ada-Knows-1843"  # practice, on loopback
IMPORTER = "rung-importer"
"""An app client that signs in again and again, when somebody has made it."""
LOG = "/aws/lambda/rung-auth-prod"


ADA = User(
    sub="0a5f1c2e-77b1-4d1e-9f0a-1d2c3b4a5968",
    name="Ada Lovelace-Byron",
    email="ada.lovelace@patients.example.org",
    phone="+12025550143",
)
BEN = User(
    sub="1b6e2d3f-88c2-4e2f-8a1b-2e3d4c5b6a79",
    name="Benedikt Anselm-Ockham",
    email="ben.ockham@patients.example.org",
    phone="+12025550178",
)
CLEO = User(
    sub="2c7d3e4a-99d3-4f3a-9b2c-3f4e5d6c7b8a",
    name="Cleopatra Theophila",
    email="cleo.theophila@patients.example.org",
    phone="+12025550196",
)
USERS = (ADA, BEN, CLEO)

PLANTED = (PASSWORD, *(text for user in USERS for text in (user.name, user.email, user.phone)))
"""Text that must not be found in anything Code Blue writes."""
