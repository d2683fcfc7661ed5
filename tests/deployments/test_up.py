"""A fresh `codeblue up`: schedules fire, checks are asked at once, no part logs errors, and Ctrl-C ends it all.

It found that no schedule had ever run: Prefect's scheduler failed each minute on a library it had not been tried with,
and only its log said so.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from deployments import up_note
from deployments.part_logs import part_logs
from deployments.schedules import schedules
from deployments.server_access import header
from tests.deployments.test_stack import left_in, until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(600)  # Prefect's services go round once a minute, longer on a busy machine
PUBLIC = "https://prefect.example.com"
CHOSEN = "ops:chosen-by-the-operator"
WITHIN = 90.0
COMMAND = (sys.executable, "-W", "error", "-m", "deployments.cli")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Up:
    """What runs, as it told about itself, and since when."""

    process: subprocess.Popen[str]
    argv: tuple[str, ...]
    env: dict[str, str]
    home: Path
    said: dict[str, Any]
    since: float

    def program(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command in its home."""
        argv = [*COMMAND, *words, "--json"]
        return subprocess.run(argv, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = httpx.post(f"{self.said['api']}{path}", json=body, headers=header(CHOSEN), timeout=60)
        answer.raise_for_status()
        return answer.json()

    def until(self, look: Callable[[], T], within: float = WITHIN) -> T:
        while not (seen := look()):
            assert time.monotonic() - self.since < within, f"not seen within {within:.0f} s"
            time.sleep(0.2)
        return seen

    def ran(self, deployment: str) -> list[dict[str, Any]]:
        """Its runs that are over."""
        return self.post(
            "/flow_runs/filter",
            {
                "deployments": {"name": {"any_": [deployment]}},
                "flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}},
            },
        )


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("up") / "home"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CODEBLUE_"))} | {
        "CODEBLUE_HOME": str(home),
        "PREFECT_SERVER_API_AUTH_STRING": CHOSEN,
        "PREFECT_UI_URL": PUBLIC,
    }
    argv = ("up", "--port", "0", "--receiver-port", "0")
    with (
        (home.parent / "up.err").open("w") as errors,
        subprocess.Popen(
            [*COMMAND, *argv, "--json"], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "`codeblue up` ended before it was up"
            yield Up(process=process, argv=argv, env=env, home=home, said=json.loads(line), since=time.monotonic())
        finally:
            process.kill()


def test_a_run_of_the_escalation_and_one_of_a_check_are_in_prefects_history_within_90_seconds(up: Up) -> None:
    (escalation, *_) = up.until(lambda: up.ran("escalation"))
    assert escalation["state_type"] == "COMPLETED", escalation["state"]
    (check, *_) = up.until(lambda: up.ran("rung.connection_saturation"))
    assert (check["state"]["name"], check["state_type"]) == ("Unknown", "FAILED")  # nothing of rung is saved here
    (by_clock, *_) = up.until(lambda: [run for run in up.ran("escalation") if run["auto_scheduled"]])
    assert "auto-scheduled" in by_clock["tags"]


def test_each_schedule_says_when_it_ran_and_is_due_and_none_is_late(up: Up) -> None:
    def planned() -> bool:
        return all(one.due for one in schedules(up) if one.active)

    up.until(planned)
    found = {one.name: one for one in schedules(up)}
    assert {one.late for one in found.values()} == {False}
    assert found["escalation"].last is not None
    assert found["rung.cloud_spend"].active is False
    checks = [one for one in found.values() if one.active and one.name != "escalation"]
    up.until(lambda: all(up.ran(one.name) for one in checks))
    assert not [run["name"] for one in checks for run in up.ran(one.name) if "None" in run["name"]]


def test_no_part_has_logged_an_error_and_none_has_ended_by_itself(up: Up) -> None:
    """Prefect's services have all gone round once by then: what a dependency breaks in them is in the server's log."""
    up.until(lambda: time.monotonic() - up.since > 65, within=WITHIN)  # the slowest services go round once a minute
    logs = {one.name: one for one in part_logs(Path(up.said["logs"]))}
    assert set(logs) == {"server", "worker", "watch", "receiver"}
    for one in logs.values():
        assert (one.starts, one.errors) == (1, ()), one
    assert " ERROR " not in logs["server"].path.read_text()


def test_links_and_the_address_to_sign_in_are_those_under_which_people_reach_it(up: Up) -> None:
    assert up.said["ui"] == f"{PUBLIC}/v2"
    assert up.said["sign_in"] == f"{PUBLIC}/sign-in#ops%3Achosen-by-the-operator"
    through_the_proxy = {"Host": "prefect.example.com", "Origin": PUBLIC} | header(CHOSEN)
    root = up.said["api"].removesuffix("/api")
    assert httpx.get(f"{root}/api/admin/version", headers=through_the_proxy, timeout=30).is_success
    settings = httpx.get(f"{root}/ui-settings", headers=through_the_proxy, timeout=30).json()
    assert (settings["api_url"], settings["auth"]) == ("/api", "BASIC")  # of the host that the browser asked
    rewritten = {"Host": root.removeprefix("http://"), "Origin": PUBLIC} | header(CHOSEN)
    assert httpx.get(f"{root}/api/admin/version", headers=rewritten, timeout=30).is_success
    other = {"Host": "prefect.example.com", "Origin": "https://evil.example"} | header(CHOSEN)
    assert httpx.get(f"{root}/api/admin/version", headers=other, timeout=30).status_code == 403


def test_doctor_misses_nothing_but_what_nobody_has_given_it_yet(up: Up) -> None:
    assert set(up.said) == {"ui", "sign_in", "api", "receiver", "home", "logs"}
    found = json.loads(up.program("doctor").stdout)["findings"]
    amiss = {one["name"]: one["text"] for one in found if one["answer"] != "yes"}
    nobodys = {"environments", "installation"}
    assert nobodys <= set(amiss) <= {*nobodys, "schedules"}, amiss  # a check may have found something


def test_a_second_one_is_refused_and_the_end_of_the_first_leaves_nothing_running(up: Up) -> None:
    second = up.program(*up.argv)
    assert second.returncode == 4
    assert "Another stack" in json.loads(second.stderr)["error"]
    assert len(left_in(up.home)) >= 6  # itself, server, worker, zygote, watch and receiver
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0
    assert "Traceback" not in (up.home.parent / "up.err").read_text()
    assert not (up.home / up_note.NOTE).exists()
    until(lambda: not left_in(up.home), within=60)
