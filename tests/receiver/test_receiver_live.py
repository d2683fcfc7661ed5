"""The receiver as it runs: a process of its own, a real Prefect server, real HTTP, SIGTERM and SIGKILL."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId, FlowRunFilter, FlowRunFilterTags
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from blocks.aws import Aws
from blocks.notifier import Notifier
from blocks.postgres import Postgres
from blocks.rung import Rung
from blocks.webhook_secret import WebhookSecret
from deployments.receiver.keys import Keys, MissingSecretError
from deployments.receiver.runs import NoRunError, PrefectRuns
from deployments.receiver.settings import FILE
from deployments.stack import Stack
from deployments.stack_home import Home, environment
from deployments.stack_register import DeploymentSpec, register
from journal.store import Journal
from sandbox.rehearsal import wait
from tests.receiver.senders import PAYLOADS, load_sender

ROOT = Path(__file__).parents[2]
FIRING = (PAYLOADS / "alertmanager" / "valid" / "firing.json").read_bytes()
FLOW = "tests.receiver.practice_alert_flow.connection_exhaustion"
TOKEN = load_sender("alertmanager").TOKEN
SETTINGS = """
port = 0
[formats.alertmanager]
secrets = ["file:alertmanager.token"]
[formats.datadog]
secrets = ["block:datadog"]
[[routes]]
name = "Postgres*"
deployment = "connection-exhaustion/default"
runbook = "rung.connection_exhaustion"
title = "Connection exhaustion"
system = "rung"
environment = "rung-prod"
"""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A home of its own, whose Prefect is the shared one."""

    home: Home
    prefect: Stack

    @property
    def api_url(self):
        return self.prefect.api_url

    @property
    def env(self):
        return environment(self.home, self.api_url, auth=self.prefect.auth)

    def client(self):
        return self.prefect.client()


@pytest.fixture(scope="module")
def stack(prefect_alone, tmp_path_factory):
    home = Home.at(tmp_path_factory.mktemp("home"))
    # Said in the settings, which win: other tests of the same session may have a journal in their environment.
    (home.path / FILE).write_text(f"journal = 'sqlite:///{home.path / 'journal.db'}'\n{SETTINGS}")
    (home.path / "alertmanager.token").write_text(TOKEN)
    with prefect_alone.client() as client:
        made = UUID(*register(client, [DeploymentSpec(name="default", entrypoint=FLOW)]).values())
        WebhookSecret(current="practice-token-of-datadog").save("datadog")
    yield Beside(home=home, prefect=prefect_alone)
    with prefect_alone.client() as client:  # others want to find no run that nobody takes
        its = DeploymentFilter(id=DeploymentFilterId(any_=[made]))
        for run in client.read_flow_runs(deployment_filter=its):
            client.delete_flow_run(run.id)
        client.delete_deployment(made)


class Running:
    """A receiver process; its address is in its first lines."""

    def __init__(self, stack):
        argv = [sys.executable, "-m", "deployments.receiver", "--home", str(stack.home.path)]
        self.process = subprocess.Popen(argv, env=stack.env, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        self.said = ""

    def listening(self):
        """Wait until it takes alerts."""
        self.url = self.wait_for(r"Receiving alerts at (http://\S+?)/alerts/").group(1)
        return self

    def wait_for(self, pattern):
        """Read its log until the pattern comes."""
        for line in self.process.stderr:
            self.said += line
            if found := re.search(pattern, line):
                return found
        raise AssertionError(self.said)

    def post(self, body, token=TOKEN, form="alertmanager"):
        return httpx.post(f"{self.url}/alerts/{form}", content=body, headers={"Authorization": f"Bearer {token}"})

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(20)
        self.said += self.process.stderr.read()
        return self.process.returncode


@pytest.fixture
def start(stack):
    """Starts receivers; kills those that a failed test left."""
    started = []

    def one():
        started.append(Running(stack))
        return started[-1].listening()

    yield one
    for receiver in started:
        receiver.process.kill()
        receiver.process.wait()
        receiver.process.stderr.close()


A1, A2 = "a1" * 8, "a2" * 8
"""As Alertmanager writes its fingerprints."""


def payload(fingerprint):
    given = json.loads(FIRING)
    given["alerts"][0]["fingerprint"] = fingerprint
    return json.dumps(given).encode()


def runs_of(stack, incident):
    with stack.client() as prefect:
        tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"incident:{incident}"]))
        return prefect.read_flow_runs(flow_run_filter=tagged)


def test_without_settings_it_ends_with_one_sentence(tmp_path):
    argv = [sys.executable, "-m", "deployments.receiver", "--home", str(tmp_path)]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert "there is no such file" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_deployment_that_is_not_there_is_said_and_may_come_later(stack):
    with (
        stack.client(),
        PrefectRuns(stack.api_url) as runs,
        pytest.raises(NoRunError, match="no such deployment"),
    ):
        runs.create("nothing/nowhere", key="INC-0", parameters={}, tags=[])


def test_prefect_says_as_which_systems_kind_an_environment_is_saved(stack):
    database = Postgres(
        host="h", dbname="d", reader="r", reader_password="a", changer="c", changer_password="b"
    )  # fmt: skip
    aws = Aws(region="eu-central-1", account_id="123456789012", reading_role="r", changing_role="c")
    with stack.client(), PrefectRuns(stack.api_url) as runs:
        assert "blue" not in runs.environments()
        parts = {"database": database, "aws": aws, "notifier": Notifier()}
        for part, block in parts.items():
            block.save(f"blue-{part}")
        Rung(**parts).save("blue")
        assert runs.environments()["blue"] == {"rung"}
        Rung.delete("blue")


def test_prefect_that_is_away_is_said_at_once():
    with PrefectRuns("http://127.0.0.1:9/api") as runs:
        with pytest.raises(NoRunError, match="cannot be reached"):
            runs.create("a/b", key="INC-0", parameters={}, tags=[])
        with pytest.raises(NoRunError, match="cannot be reached"):
            runs.environments()


def test_a_secret_in_a_block_is_rotated_without_a_gap_and_outlives_prefects_absence(stack, tmp_path, caplog):
    def valid():
        asyncio.run(asyncio.to_thread(keys.refresh))  # as the application does
        return [word for word in ("one", "two", "three") if keys.match(word.encode())]

    with stack.client():
        with pytest.raises(MissingSecretError, match="block:grafana"):
            Keys(["block:grafana"], tmp_path)
        WebhookSecret(current="one").save("grafana")
        keys = Keys(["block:grafana"], tmp_path)
        assert valid() == ["one"]
        WebhookSecret(current="two", previous="one").save("grafana", overwrite=True)
        assert valid() == ["one", "two"]
        WebhookSecret(current="two").save("grafana", overwrite=True)
        assert valid() == ["two"]
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
        assert valid() == ["two"]
    assert "stay valid" in caplog.text
    assert "two" not in caplog.text


def test_an_alert_over_http_becomes_a_flow_run_and_outlives_a_kill(stack, start):
    receiver = start()
    assert receiver.post(FIRING, token="wrong").status_code == 401
    assert receiver.post(b"{}", token="wrong", form="datadog").status_code == 401
    assert receiver.post(b"{}", token="practice-token-of-datadog", form="datadog").status_code == 422
    assert receiver.post(payload(A1)).status_code == 202
    incident = receiver.wait_for(r"(INC-\S+) opened").group(1)
    receiver.wait_for(rf"{incident} has its run")
    [run] = runs_of(stack, incident)
    assert (run.name, run.idempotency_key, run.state.is_scheduled()) == (incident, incident, True)
    assert run.parameters["params"] == {"environment": "rung-prod"}
    assert set(run.tags) >= {"system:rung", "runbook:rung.connection_exhaustion", "severity:critical"}

    assert receiver.post(payload(A2)).status_code == 202
    assert receiver.end(signal.SIGKILL) == -signal.SIGKILL  # at any point after the acknowledgement
    receiver = start()
    with Journal.connect(f"sqlite:///{stack.home.path / 'journal.db'}") as journal:
        # Killed before or after it was dispatched: one way or the other it gets its one run.
        wait(
            lambda: (
                any(i.fingerprint == A2 and journal.recorded(i.id, "dispatched") for i in journal.incidents()) or None
            ),
            within=60,
            what="the run of the second alert",
        )
        [second] = [i for i in journal.incidents() if i.fingerprint == A2]
        [run] = runs_of(stack, second.id)
        assert journal.incident_of(str(run.id)) == second.id
        assert receiver.end(signal.SIGTERM) == 0
        assert {i.fingerprint for i in journal.incidents()} == {A1, A2}
    assert TOKEN not in receiver.said
    assert "Traceback" not in receiver.said
    assert os.environ.get("PREFECT_API_URL") != stack.api_url
