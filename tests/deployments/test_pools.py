"""The work-pool templates fit Prefect's own workers for containers and Kubernetes, as its server knows them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import prefect
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.utilities.templating import apply_values, find_placeholders

POOLS = Path(__file__).parents[2] / "deployments" / "pools"
KNOWN = Path(prefect.__file__).parent / "server/api/collections_data/views/aggregate-worker-metadata.json"
KINDS = ("docker", "kubernetes")
every = pytest.mark.parametrize("kind", KINDS)


def template(kind: str) -> dict[str, Any]:
    return json.loads((POOLS / f"{kind}.json").read_text())


def prefects(kind: str) -> dict[str, Any]:
    """The template that Prefect itself ships for this kind of worker."""
    return json.loads(KNOWN.read_text())[f"prefect-{kind}"][kind]["default_base_job_configuration"]


def filled(kind: str) -> dict[str, Any]:
    """What a worker makes of the template when nothing is chosen."""
    ours = template(kind)
    defaults = {name: one.get("default") for name, one in ours["variables"]["properties"].items()}
    return apply_values(
        ours["job_configuration"], {name: value for name, value in defaults.items() if value is not None}
    )


def test_there_is_a_template_for_each_kind_and_no_other() -> None:
    assert sorted(file.stem for file in POOLS.glob("*.json")) == sorted(KINDS)


@every
def test_it_says_only_what_the_worker_understands(kind: str) -> None:
    assert set(template(kind)["job_configuration"]) <= set(prefects(kind)["job_configuration"])


@every
def test_every_placeholder_is_a_variable_and_every_variable_is_used_and_described(kind: str) -> None:
    ours = template(kind)
    used = {one.name for one in find_placeholders(ours["job_configuration"])}
    declared = ours["variables"]["properties"]
    assert used == set(declared)
    assert all(one["title"] and len(one["description"]) > 5 for one in declared.values())


@every
def test_every_default_is_one_that_its_own_schema_allows(kind: str) -> None:
    for name, schema in template(kind)["variables"]["properties"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        if schema.get("default") is not None:
            jsonschema.validate(schema["default"], schema)
        assert name in prefects(kind)["variables"]["properties"] or name == "secret", name


@every
def test_the_journals_address_comes_from_elsewhere(kind: str) -> None:
    """It has a password in it, and everybody who sees a pool sees its template."""
    given = filled(kind)["env"]
    assert "CODEBLUE_JOURNAL" not in given
    assert not re.search(r"://[^/\s]*:[^/\s]*@", json.dumps(template(kind)))


def test_a_pod_runs_as_nobody_in_particular_and_is_not_started_twice_by_kubernetes() -> None:
    manifest = filled("kubernetes")["job_manifest"]
    spec = manifest["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert (manifest["kind"], manifest["apiVersion"], manifest["spec"]["backoffLimit"]) == ("Job", "batch/v1", 0)
    assert spec["restartPolicy"] == "Never"  # the watch starts a run again, after a look at the journal
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["envFrom"] == [{"secretRef": {"name": "codeblue"}}]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}


@every
def test_prefects_server_takes_it_as_a_pool(kind: str, prefect: SyncPrefectClient) -> None:
    prefect.create_work_pool(WorkPoolCreate(name=kind, type=kind, base_job_template=template(kind)))
    assert prefect.read_work_pool(kind).base_job_template == template(kind)
