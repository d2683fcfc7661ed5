"""Looks at Cloud Run: how large a pool of connections each instance of a service keeps, and how many may be."""

from __future__ import annotations

from blocks.google import Google
from runbook import Facts, Permanent, look
from tasks.cloudrun.load import bounds
from tasks.cloudrun.service import described
from tasks.cloudrun.told import pairs


class InstancePool(Facts):
    """`size` connections in each instance, of which there may be `most`."""

    size: int
    most: int


@look("google:run.services.get", bound="two numbers")
def read_pool(google: Google, service: str, variable: str, container: str = "") -> InstancePool:
    """What the newest template says. Every other variable is dropped at once: some are secrets.

    Raises `Permanent` where the variable is no number, as where its value comes from a secret: nothing is guessed.
    """
    found = described(google, service)
    for pair in pairs(found.get("template") or {}, container):
        if pair.get("name") == variable and str(pair.get("value", "")).isdigit():
            return InstancePool(size=int(pair["value"]), most=bounds(found)[1])
    raise Permanent(f"{service} does not set {variable} to a number; correct the environment.")
