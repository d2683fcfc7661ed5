"""RDS with a real PostgreSQL behind it: parameters that wait for a reboot, and a reboot that really restarts it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, cast

from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend, rds_backends

from sandbox.errors import WorkerFailed
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.registry import MOTO, handles, seeds
from sandbox.overlay.services.rds_parameters import MAX_CONNECTIONS, TRACK_FUNCTIONS, catalogue, validate
from sandbox.overlay.stage import Stage


class RealInstance(DBInstance):
    """The DB instance our PostgreSQL stands behind: its endpoint is the real one, its group's status is the truth."""

    stage: Stage

    @property
    def endpoint(self) -> dict[str, Any]:  # type: ignore[misc] # moto's is an attribute
        """Where the real PostgreSQL listens."""
        return {"Address": "127.0.0.1", "Port": self.stage.port, "HostedZoneId": "Z2R2ITUGPM61AM"}

    @property
    def db_parameter_group_status_list(self) -> list[dict[str, str]]:  # type: ignore[misc] # moto's is an attribute
        """`pending-reboot` as long as the database runs with other static values than its group holds."""
        waiting = any(
            values(group).get(name, "none") != now
            for group in self.groups()
            for name, now in self.stage.running.items()
        )
        status = "pending-reboot" if waiting else "in-sync"
        return [{"DBParameterGroupName": group.name, "ParameterApplyStatus": status} for group in self.groups()]

    def groups(self) -> list[DBParameterGroup]:
        """The parameter groups in use; one, for a single instance."""
        return self.db_parameter_groups()


def values(group: DBParameterGroup) -> dict[str, str]:
    """Every parameter of a group with its value, where it has one."""
    return {
        name: str(parameter["ParameterValue"])
        for name, parameter in group.parameters.items()
        if "ParameterValue" in parameter
    }


@seeds
def instance(stage: Stage) -> None:
    """The instance, its own parameter group, and the default group of its family."""
    backend = _backend(stage)
    family = f"postgres{stage.engine_version.split('.')[0]}"
    for name, description in (
        (f"default.{family}", f"Default parameter group for {family}"),
        (stage.system, "Parameters of the production database"),
    ):
        group = backend.create_db_parameter_group(
            {"db_parameter_group_name": name, "db_parameter_group_family": family, "description": description}
        )
        group.parameters.update(catalogue())
    backend.db_parameter_groups[stage.system].parameters[MAX_CONNECTIONS] |= {
        "ParameterValue": str(stage.max_connections),
        "Source": "user",
    }
    database = _made(
        backend,
        db_instance_identifier=stage.system,
        db_instance_class="db.t4g.medium",
        engine="postgres",
        engine_version=stage.engine_version,
        allocated_storage=20,
        db_name=stage.cloud.database,
        db_parameter_group_name=stage.system,
        master_username="rdsadmin",
        master_user_password="unused-by-the-sandbox",
        port=stage.port,
        storage_encrypted=True,
        deletion_protection=True,
    )
    database.stage = stage
    backend.databases[stage.system] = database
    stage.running[MAX_CONNECTIONS] = str(stage.max_connections)


@handles("rds", "ModifyDBParameterGroup")
def modify_group(call: Call, stage: Stage) -> object:
    """Take new values as AWS does: not for a default group, known names only, static ones pending a reboot."""
    name = str(call.parameters["DBParameterGroupName"]).lower()
    if name.startswith("default."):
        raise Refused("InvalidParameterValue", "Cannot modify a default parameter group.")
    group = _group(_backend(stage), name)
    changes: list[Mapping[str, Any]] = call.parameters.get("Parameters", [])
    for change in changes:
        validate(change, group.parameters)
    for change in changes:
        group.parameters[change["ParameterName"]] |= {
            "ParameterValue": str(change["ParameterValue"]),
            "ApplyMethod": change["ApplyMethod"],
            "Source": "user",
        }
    _at_once(group, stage)
    return {"DBParameterGroupName": group.name}


@handles("rds", "ResetDBParameterGroup")
def reset_group(call: Call, stage: Stage) -> object:
    """Give parameters their engine's default back."""
    name = str(call.parameters["DBParameterGroupName"]).lower()
    if name.startswith("default."):
        raise Refused("InvalidParameterValue", "Cannot modify a default parameter group.")
    group, fresh = _group(_backend(stage), name), catalogue()
    named = [str(parameter["ParameterName"]) for parameter in call.parameters.get("Parameters", [])]
    for parameter in fresh if call.parameters.get("ResetAllParameters") else named:
        if parameter not in fresh:
            raise Refused("InvalidParameterValue", f"Could not find parameter with name: {parameter}")
        group.parameters[parameter] = fresh[parameter]
    _at_once(group, stage)
    return {"DBParameterGroupName": group.name}


def _at_once(group: DBParameterGroup, stage: Stage) -> None:
    """What is dynamic counts in the real PostgreSQL at once; of such, what practice is about."""
    wanted = values(group).get(TRACK_FUNCTIONS, "none")
    if group.name == stage.system and stage.running.get(TRACK_FUNCTIONS, "none") != wanted:
        stage.ask("configure", name=TRACK_FUNCTIONS, value=wanted)
        stage.running[TRACK_FUNCTIONS] = wanted


@handles("rds", "DescribeDBParameters")
def describe_parameters(call: Call, stage: Stage) -> object:
    """The group's parameters, by source where asked; moto ignores the source."""
    group = _group(_backend(stage), str(call.parameters["DBParameterGroupName"]).lower())
    source = call.parameters.get("Source")
    return {"Parameters": [one for one in group.parameters.values() if source in (None, one["Source"])]}


@handles("rds", "RebootDBInstance")
def reboot(call: Call, stage: Stage) -> object:
    """Restart the real PostgreSQL with what its group says; `rebooting` until it is back."""
    backend = _backend(stage)
    database = backend.describe_db_instances(str(call.parameters["DBInstanceIdentifier"]))[0]
    if not isinstance(database, RealInstance):
        return MOTO
    if database.status not in ("available", "incompatible-parameters"):
        raise Refused("InvalidDBInstanceState", f"Instance {stage.system} is not in available state.")
    database.status = "rebooting"
    threading.Thread(target=_restart, args=(database, stage), daemon=True).start()
    return {"DBInstance": database}


def _restart(database: RealInstance, stage: Stage) -> None:
    wanted = values(database.groups()[0]).get(MAX_CONNECTIONS, str(stage.max_connections))
    wanted = wanted if wanted.isdigit() else str(stage.max_connections)  # A formula: what the world started with.
    try:
        stage.ask("reboot", max_connections=int(wanted))
    except WorkerFailed:
        database.status = "incompatible-parameters"
        return
    stage.running[MAX_CONNECTIONS] = wanted
    database.status = "available"


def _made(backend: RDSBackend, **facts: Any) -> RealInstance:
    # moto's metaclass hides from the type checker what a constructor returns.
    return cast("RealInstance", RealInstance(backend, **facts))


def _group(backend: RDSBackend, name: str) -> DBParameterGroup:
    if name not in backend.db_parameter_groups:
        raise Refused("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", status=404)
    return backend.db_parameter_groups[name]


def _backend(stage: Stage) -> RDSBackend:
    return rds_backends[stage.account][stage.region]
