"""The parameters of a PostgreSQL parameter group, a small honest part of the several hundred there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.overlay.call import Refused

MAX_CONNECTIONS = "max_connections"
TRACK_FUNCTIONS = "track_functions"
FORMULA = "LEAST({DBInstanceClassMemory/9531392},5000)"

_SHAPES: tuple[tuple[str, str, str, str | None, str], ...] = (
    (MAX_CONNECTIONS, "static", "6-8388607", FORMULA, "(number) Sets the maximum number of concurrent connections."),
    ("shared_buffers", "static", "16-1073741823", "{DBInstanceClassMemory/32768}", "(8kB) Shared memory buffers."),
    ("max_locks_per_transaction", "static", "10-2147483647", "64", "(number) Locks per transaction."),
    ("rds.force_ssl", "dynamic", "0-1", "1", "(boolean) Force SSL connections."),
    ("work_mem", "dynamic", "64-2147483647", None, "(kB) Memory for query workspaces."),
    ("statement_timeout", "dynamic", "0-2147483647", None, "(ms) Longest allowed duration of a statement."),
    ("idle_in_transaction_session_timeout", "dynamic", "0-2147483647", "86400000", "(ms) Longest idle transaction."),
    ("idle_session_timeout", "dynamic", "0-2147483647", None, "(ms) Longest idle session."),
    (TRACK_FUNCTIONS, "dynamic", "none,pl,all", None, "Collects the time that functions take."),
    ("log_min_duration_statement", "dynamic", "-1-2147483647", None, "(ms) Statements slower than this are logged."),
)


def catalogue() -> dict[str, dict[str, Any]]:
    """A fresh copy of every parameter as DescribeDBParameters shows it in a group nobody has changed."""
    return {
        name: {
            "ParameterName": name,
            "Description": description,
            "Source": "system" if value else "engine-default",
            "ApplyType": kind,
            "DataType": "string" if "," in allowed else "integer",
            "AllowedValues": allowed,
            "IsModifiable": True,
            "ApplyMethod": "pending-reboot",
            **({"ParameterValue": value} if value else {}),
        }
        for name, kind, allowed, value, description in _SHAPES
    }


def validate(change: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise `Refused` for a change AWS refuses."""
    name, value = str(change.get("ParameterName")), str(change.get("ParameterValue"))
    if name not in known:
        raise Refused("InvalidParameterValue", f"Could not find parameter with name: {name}")
    parameter = known[name]
    if not change.get("ApplyMethod"):
        raise Refused("InvalidParameterValue", "The parameter ApplyMethod must be provided and must not be blank.")
    if parameter["ApplyType"] == "static" and change["ApplyMethod"] == "immediate":
        raise Refused("InvalidParameterCombination", "cannot use immediate apply method for static parameter")
    if parameter["DataType"] == "string":
        right = value in str(parameter["AllowedValues"]).split(",")
    else:
        low, _, high = str(parameter["AllowedValues"]).rpartition("-")
        formula = value.startswith("{") or "(" in value
        right = formula or (value.lstrip("-").isdigit() and int(low) <= int(value) <= int(high))
    if not right:
        raise Refused(
            "InvalidParameterValue",
            f"Invalid parameter value: {value} for: {name} allowed values are: {parameter['AllowedValues']}",
        )
