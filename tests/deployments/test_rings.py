"""A ring that comes while the pass before is still ending is kept: nobody waits for the next poll.

The worker of this stack polls every ten minutes, so whatever happens sooner happened because somebody rang.
"""

from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.schemas.objects import StateType

from deployments.stack import Stack
from deployments.stack_home import Home
from deployments.stack_register import DeploymentSpec
from deployments.wakeup import ring
from deployments.worker_watch import resume
from tests.deployments.test_stack import left_in, until


def test_an_answer_that_is_given_while_the_process_still_ends_starts_the_next_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    specs = [DeploymentSpec(name="test", entrypoint=f"practice_flows.{name}") for name in ("lingering", "simple")]
    with Stack(Home.at(tmp_path / "home"), deployments=specs, poll=600) as stack, stack.client() as client:

        def start(flow: str) -> UUID:
            deployment = client.read_deployment_by_name(f"{flow}/test").id
            run = client.create_flow_run_from_deployment(deployment, parameters={"folder": str(tmp_path)}).id
            ring(stack.home, run)
            return run

        def reaches(run: UUID, kind: StateType) -> None:
            until(lambda: client.read_flow_run(run).state_type is kind, within=150)

        until(lambda: ring(stack.home))
        run = start("lingering")
        reaches(run, StateType.PAUSED)
        until((tmp_path / "ending").exists)
        resume(stack.home, client, run, {"approve": True})
        reaches(start("simple"), StateType.COMPLETED)  # rings are heard in order, so the one before was heard too
        (tmp_path / "end").touch()
        reaches(run, StateType.COMPLETED)
    assert left_in(tmp_path / "home") == []
