"""What a runbook raised is lowered again, in AWS as on the server behind it, before the next drill begins."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg

from sandbox.aws import AwsFacts
from sandbox.database import Address, read_slots
from sandbox.errors import HealFailed
from sandbox.process import wait_until

WITHIN = 30.0


def lower_again(aws: AwsFacts, instance: str, address: Address, usual: int) -> None:
    """Give an instance, whose parameter group is called like it, its first max_connections back.

    Returns when the server runs with it; raises `HealFailed` after half a minute.
    """
    rds: Any = aws.client("rds")
    found = rds.describe_db_parameters(DBParameterGroupName=instance)["Parameters"]
    said = {one["ParameterName"]: one.get("ParameterValue") for one in found}["max_connections"]
    if said == str(usual) and read_slots(address).max_connections == usual:
        return
    wanted = {"ParameterName": "max_connections", "ParameterValue": str(usual), "ApplyMethod": "pending-reboot"}
    rds.modify_db_parameter_group(DBParameterGroupName=instance, Parameters=[wanted])
    rds.reboot_db_instance(DBInstanceIdentifier=instance)

    def lowered() -> bool:
        with suppress(psycopg.OperationalError):  # Restarting; look again.
            return read_slots(address).max_connections == usual
        return False

    wait_until(lowered, seconds=WITHIN, every=0.1, failing=lambda: HealFailed(f"{instance} keeps its max_connections."))
