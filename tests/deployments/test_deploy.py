"""`prefect deploy --all` from prefect.yaml on an empty server: every deployment is there, and one runs by API."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from deployments import server
from deployments.deployed import everything
from deployments.server_access import header
from deployments.server_database import prepared
from deployments.stack_child import Child, Command
from deployments.stack_home import Home, environment

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)  # Prefect deploys one after another: minutes on a busy machine


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str], Home]]:
    """An empty Prefect server: its API, the environment of its clients, and its home."""
    home = Home.at(tmp_path_factory.mktemp("empty"))
    with server.listen(None) as ears:
        url = server.api_url(ears)
        command = server.command(home, ears)  # makes the secret
        env = environment(home, url) | {"PYTHONPATH": str(ROOT)}
        with ExitStack() as held:
            with prepared(home) as migrated:
                child = Child(command, env, home.logs)
                held.callback(child.stop)
                server.await_health(child, url, migrated=migrated)
            yield url, env, home


def run(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )


def deployments(url: str, env: dict[str, str]) -> dict[str, dict]:
    found: list[dict] = httpx.post(f"{url}/deployments/filter", json={}, headers=who(env), timeout=30).json()
    return {one["entrypoint"] + ":" + one["name"]: one for one in found}


def who(env: dict[str, str]) -> dict[str, str]:
    return header(env["PREFECT_API_AUTH_STRING"])


@pytest.fixture(scope="module")
def deployed(empty: tuple[str, dict[str, str], Home]) -> dict[str, dict]:
    url, env, _ = empty
    before = run(env, "-m", "prefect", "--no-prompt", "deploy", "--name", "reviews")
    assert before.returncode != 0  # without a pool no worker would ever take a run
    assert "which does not exist" in " ".join((before.stdout + before.stderr).split())
    pool = run(env, "-m", "deployments.stack_register")
    assert pool.returncode == 0, pool.stderr
    done = run(env, "-m", "prefect", "--no-prompt", "deploy", "--all")
    assert done.returncode == 0, done.stdout + done.stderr
    return deployments(url, env)


def test_every_entry_is_deployed_as_it_is_written(deployed: dict[str, dict]) -> None:
    written = {f"{one.entrypoint}:{one.name}": one for one in everything()}
    assert set(deployed) == set(written)
    for key, one in written.items():
        there = deployed[key]
        assert (there["description"], there["tags"]) == (one.description, list(one.tags)), key
        assert there["parameters"] == one.parameters, key
        assert there["work_pool_name"] == one.work_pool.name, key
        crons = [(s["schedule"]["cron"], s["active"]) for s in there["schedules"]]
        assert crons == [(s["cron"], s.get("active", True)) for s in one.schedules], key


def test_every_runbook_has_a_form_with_described_and_typed_parameters(deployed: dict[str, dict]) -> None:
    for one in everything():
        if not one.is_runbook:
            continue
        schema = deployed[f"{one.entrypoint}:{one.name}"]["parameter_openapi_schema"]
        params = schema["definitions"]["Params"]
        assert params["additionalProperties"] is False
        for name, field in params["properties"].items():
            assert field.get("description"), f"{one.runbook}: {name} has no description"
            assert {"type", "anyOf", "allOf", "$ref", "enum"} & set(field), f"{one.runbook}: {name} has no type"


def test_one_runs_by_the_api(empty: tuple[str, dict[str, str], Home], deployed: dict[str, dict]) -> None:
    url, env, home = empty
    argv = [sys.executable, "-m", "deployments.worker", "--poll", "0.5", "deployments.checks.records"]
    worker = Child(
        Command(name="worker", argv=argv), env | {"CODEBLUE_JOURNAL": f"sqlite:///{home.path}/j.db"}, home.logs
    )
    try:
        one = deployed["deployments.checks.records.reviews:reviews"]
        made = httpx.post(
            f"{url}/deployments/{one['id']}/create_flow_run", json={}, headers=who(env), timeout=30
        ).json()
        deadline = time.monotonic() + 90
        while True:
            state = httpx.get(f"{url}/flow_runs/{made['id']}", headers=who(env), timeout=30).json()["state"]
            if state["type"] in {"COMPLETED", "FAILED", "CRASHED"}:
                break
            assert time.monotonic() < deadline, worker.last_words(20)
            time.sleep(0.1)
        assert (state["name"], state["type"]) == ("Quiet", "COMPLETED"), state
    finally:
        worker.stop()


def test_a_form_that_is_filled_in_wrong_is_refused_by_the_server(
    empty: tuple[str, dict[str, str], Home], deployed: dict[str, dict]
) -> None:
    url, env, _ = empty
    one = deployed["flows.rung.connection_exhaustion.rung_connection_exhaustion:connection_exhaustion"]
    for wrong in ({"max_connections": 1}, {"no_such_parameter": 1}, {"environment": ""}):
        answer = httpx.post(
            f"{url}/deployments/{one['id']}/create_flow_run",
            json={"parameters": {"params": wrong}},
            headers=who(env),
            timeout=30,
        )
        assert answer.status_code in {409, 422}, (wrong, answer.text)
    assert os.environ.get("PREFECT_API_URL") != url


def test_a_start_form_offers_the_saved_environments_and_takes_one_that_was_saved_since(
    empty: tuple[str, dict[str, str], Home], deployed: dict[str, dict]
) -> None:
    url, env, _ = empty
    kind = httpx.get(f"{url}/block_types/slug/codeblue-rung", headers=who(env), timeout=30).json()
    kinds = httpx.post(
        f"{url}/block_schemas/filter",
        json={"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}},
        headers=who(env),
        timeout=30,
    ).json()
    for name in ("rung-staging", "rung-prod"):
        made = {
            "name": name,
            "data": {},
            "block_schema_id": kinds[0]["id"],
            "block_type_id": kind["id"],
        }
        httpx.post(f"{url}/block_documents/", json=made, headers=who(env), timeout=30).raise_for_status()
    done = run(env, "-m", "deployments.stack_register")
    assert done.returncode == 0, done.stderr
    there = deployments(url, env)
    for one in everything():
        if one.is_runbook:
            key = f"{one.entrypoint}:{one.name}"
            given = there[key]["parameter_openapi_schema"]["definitions"]["Params"]["properties"]["environment"]
            if one.entrypoint.startswith("flows.rung."):
                assert given["anyOf"][0]["enum"] == ["rung-prod", "rung-staging"], key
            else:
                assert "anyOf" not in given, "none of another system is saved, so there is nothing to choose from"
            unchanged = ("schedules", "parameters", "tags", "description", "work_pool_name", "enforce_parameter_schema")
            assert [there[key][name] for name in unchanged] == [deployed[key][name] for name in unchanged]
    one = there["flows.rung.connection_exhaustion.rung_connection_exhaustion:connection_exhaustion"]
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2999-01-01T00:00:00Z"}}
    for name, status in (("rung-staging", 201), ("saved-a-moment-ago", 201), ("", 409)):
        asked = {"parameters": {"params": {"environment": name}}, "state": later}
        answer = httpx.post(f"{url}/deployments/{one['id']}/create_flow_run", json=asked, headers=who(env), timeout=30)
        assert answer.status_code == status, (name, answer.text)
