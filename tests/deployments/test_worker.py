"""What the worker promises: a run starts at once, and whatever is killed, its run goes on and does so once."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Cancelling

from deployments.stack import Stack
from deployments.stack_home import POOL, Home
from deployments.wakeup import ring
from deployments.worker_watch import TAKE_UPS, NotResumedError, Owner, reschedule, resume

T = TypeVar("T")

pytestmark = pytest.mark.timeout(400)  # whatever is killed starts again, on a machine that may be busy


def until(look: Callable[[], T], within: float = 300.0) -> T:
    """What `look` returns, once it is true."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"did not become true within {within:.0f} s"
        time.sleep(0.1)  # asking Prefect again and again would cost more than what is waited for
    return seen


@pytest.fixture(scope="module")
def client(practice_stack: Stack) -> Iterator[SyncPrefectClient]:
    with practice_stack.client() as asking:
        yield asking


class Runs:
    """Starts runs and looks at them."""

    def __init__(self, stack: Stack, client: SyncPrefectClient, folder: Path) -> None:
        self.stack, self.client, self.folder = stack, client, folder

    def start(self, flow: str, *, deployment: str = "test", **parameters: Any) -> UUID:
        deployed = self.client.read_deployment_by_name(f"{flow}/{deployment}")
        run = self.client.create_flow_run_from_deployment(
            deployed.id, parameters={"folder": str(self.folder), **parameters}
        )
        assert ring(self.stack.home, run.id) == 1
        return run.id

    def read(self, run_id: UUID) -> FlowRun:
        return self.client.read_flow_run(run_id)

    def reaches(self, run_id: UUID, kind: StateType) -> FlowRun:
        return until(lambda: run if (run := self.read(run_id)).state_type is kind else None)

    def passes(self, at_least: int = 1) -> list[str]:
        return until(lambda: lines if len(lines := self._lines()) >= at_least else [])

    def _lines(self) -> list[str]:
        passes = self.folder / "passes"
        return passes.read_text().splitlines() if passes.exists() else []


@pytest.fixture
def runs(practice_stack: Stack, client: SyncPrefectClient, tmp_path: Path) -> Runs:
    return Runs(practice_stack, client, tmp_path)


def kill(pid: str | int | None, number: signal.Signals = signal.SIGKILL) -> None:
    assert pid is not None
    os.kill(int(pid), number)


def test_a_run_starts_and_completes(runs: Runs) -> None:
    run_id = runs.start("simple", number=21)
    run = runs.reaches(run_id, StateType.COMPLETED)
    assert run.run_count == 1
    assert len(runs.passes()) == 1


def test_its_log_and_its_tasks_reach_prefect(runs: Runs, client: SyncPrefectClient) -> None:
    run_id = runs.start("simple", number=7)
    wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
    until(lambda: "doubling 7" in [line.message for line in client.read_logs(wanted)])
    until(lambda: [t for t in client.read_task_runs() if t.flow_run_id == run_id and t.state_type == "COMPLETED"])


def test_a_failed_flow_is_failed_and_not_started_again(runs: Runs) -> None:
    run = runs.reaches(runs.start("failing"), StateType.FAILED)
    assert run.state is not None
    assert "as meant" in str(run.state.message)
    assert len(runs.passes()) == 1


def test_a_run_without_a_ring_is_found_by_the_poll(runs: Runs, client: SyncPrefectClient) -> None:
    deployment = client.read_deployment_by_name("simple/test")
    run = client.create_flow_run_from_deployment(deployment.id, parameters={"folder": str(runs.folder)})
    runs.reaches(run.id, StateType.COMPLETED)


def test_a_run_without_a_ring_is_found_however_often_others_are_rung_for(
    runs: Runs, client: SyncPrefectClient, practice_stack: Stack
) -> None:
    over = runs.start("simple")
    runs.reaches(over, StateType.COMPLETED)
    deployed = client.read_deployment_by_name("simple/test")
    run = client.create_flow_run_from_deployment(deployed.id, parameters={"folder": str(runs.folder)})

    def taken() -> bool:
        ring(practice_stack.home, over)  # as for each of many incidents that wait
        return runs.read(run.id).state_type is StateType.COMPLETED

    until(taken, within=60)


def test_a_deployment_that_got_another_flow_soon_runs_that(runs: Runs, client: SyncPrefectClient) -> None:
    made = client.read_deployment_by_name("simple/test")

    def ends_as(entrypoint: str) -> StateType | None:
        client.create_deployment(made.flow_id, "changing", entrypoint=entrypoint, work_pool_name=POOL)
        run_id = runs.start("simple", deployment="changing")
        return until(lambda: (kind := runs.read(run_id).state_type) in {StateType.COMPLETED, StateType.FAILED} and kind)

    assert ends_as("practice_flows.simple") is StateType.COMPLETED
    until(lambda: ends_as("practice_flows.failing") is StateType.FAILED)


def test_a_killed_process_crashes_its_run_which_then_completes_in_a_second_pass(runs: Runs) -> None:
    run_id = runs.start("patient")
    (pid,) = runs.passes()
    kill(pid)
    runs.passes(2)
    run = runs.reaches(run_id, StateType.COMPLETED)
    assert run.run_count == 2
    states = runs.client.read_flow_run_states(run_id)
    assert any(s.type is StateType.CRASHED and "SIGKILL" in str(s.message) for s in states)


def test_a_run_that_kills_every_process_stays_crashed_in_the_end(runs: Runs) -> None:
    run_id = runs.start("doomed")
    assert len(runs.passes(TAKE_UPS + 1)) == TAKE_UPS + 1
    run = runs.reaches(run_id, StateType.CRASHED)
    assert run.run_count == TAKE_UPS + 1


def test_a_crashed_run_can_be_started_again_by_hand_and_a_running_one_cannot(runs: Runs) -> None:
    run_id = runs.start("failing")
    runs.reaches(run_id, StateType.FAILED)
    reschedule(runs.stack.home, runs.client, run_id)
    runs.passes(2)
    runs.reaches(run_id, StateType.FAILED)
    waiting = runs.start("patient")
    runs.reaches(waiting, StateType.RUNNING)
    with pytest.raises(NotResumedError, match="not over"):
        reschedule(runs.stack.home, runs.client, waiting)
    (runs.folder / "go").touch()
    runs.reaches(waiting, StateType.COMPLETED)


def test_a_suspended_run_frees_its_process_and_gets_the_answer_in_its_second_pass(runs: Runs) -> None:
    run_id = runs.start("asking")
    runs.reaches(run_id, StateType.PAUSED)
    (pid,) = runs.passes()
    until(lambda: not Path(f"/proc/{pid}").exists())
    resume(runs.stack.home, runs.client, run_id, {"approve": True, "why": "seen"})
    runs.reaches(run_id, StateType.COMPLETED)
    assert runs.passes(3)[2] == "True seen"


def test_a_wrong_answer_leaves_the_run_waiting(runs: Runs) -> None:
    run_id = runs.start("asking")
    runs.reaches(run_id, StateType.PAUSED)
    with pytest.raises(NotResumedError, match="approve"):
        resume(runs.stack.home, runs.client, run_id, {"why": "no decision"})
    assert runs.read(run_id).state_type is StateType.PAUSED
    resume(runs.stack.home, runs.client, run_id, {"approve": False})
    runs.reaches(run_id, StateType.COMPLETED)


def test_of_two_simultaneous_answers_one_counts_and_the_run_goes_on_once(runs: Runs) -> None:
    run_id = runs.start("asking")
    runs.reaches(run_id, StateType.PAUSED)

    def answer(why: str) -> bool:
        with runs.stack.client() as own:
            try:
                resume(runs.stack.home, own, run_id, {"approve": True, "why": why})
            except NotResumedError:
                return False
            return True

    with ThreadPoolExecutor(2) as both:
        accepted = list(both.map(answer, ["one", "two"]))
    runs.reaches(run_id, StateType.COMPLETED)
    assert sorted(accepted) == [False, True]
    assert runs.passes(3)[2:] == [f"True {'one' if accepted[0] else 'two'}"]


def test_a_cancelled_run_ends_with_its_process_and_is_cancelled(runs: Runs) -> None:
    run_id = runs.start("patient")
    (pid,) = runs.passes()
    runs.client.set_flow_run_state(run_id, Cancelling())
    ring(runs.stack.home)
    runs.reaches(run_id, StateType.CANCELLED)
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert not any(s.type is StateType.CRASHED for s in runs.client.read_flow_run_states(run_id))


def test_a_suspended_run_can_be_cancelled_without_a_process(runs: Runs) -> None:
    run_id = runs.start("asking")
    runs.reaches(run_id, StateType.PAUSED)
    runs.client.set_flow_run_state(run_id, Cancelling())
    runs.reaches(run_id, StateType.CANCELLED)


def test_a_cancelled_run_that_is_started_again_asks_again(runs: Runs) -> None:
    run_id = runs.start("asking")
    runs.reaches(run_id, StateType.PAUSED)
    runs.client.set_flow_run_state(run_id, Cancelling())
    runs.reaches(run_id, StateType.CANCELLED)
    reschedule(runs.stack.home, runs.client, run_id)
    runs.passes(2)
    runs.reaches(run_id, StateType.PAUSED)


def test_a_killed_worker_takes_its_processes_along_and_the_next_takes_up_their_runs(runs: Runs) -> None:
    run_id = runs.start("patient")
    (pid,) = runs.passes()
    worker = runs.stack.pid("worker")
    kill(worker)
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert runs.reaches(run_id, StateType.COMPLETED).run_count == 2
    assert runs.stack.pid("worker") not in {worker, None}
    assert any("is gone" in str(s.message) for s in runs.client.read_flow_run_states(run_id))


def test_a_stopped_worker_hands_over_what_does_not_finish_in_time(runs: Runs) -> None:
    until(lambda: ring(runs.stack.home) == 1)
    run_id = runs.start("patient")
    runs.passes()
    kill(runs.stack.pid("worker"), signal.SIGTERM)
    assert runs.reaches(run_id, StateType.COMPLETED).run_count == 2
    assert any("Its worker was stopped" in str(s.message) for s in runs.client.read_flow_run_states(run_id))


def test_a_killed_zygote_is_replaced_and_its_runs_start_again(runs: Runs) -> None:
    until(lambda: ring(runs.stack.home) == 1)
    run_id = runs.start("patient")
    (pid,) = runs.passes()
    zygote = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    kill(zygote)
    assert runs.reaches(run_id, StateType.COMPLETED).run_count == 2


def test_a_run_outlives_its_server(runs: Runs) -> None:
    run_id = runs.start("patient")
    runs.passes()
    server = runs.stack.pid("server")
    kill(server)
    (runs.folder / "go").touch()
    run = runs.reaches(run_id, StateType.COMPLETED)
    assert run.run_count == 1
    assert runs.stack.pid("server") not in {server, None}


def test_ringing_never_fails_and_forgets_dead_bells(tmp_path: Path) -> None:
    home = Home.at(tmp_path / ("long" * 30))
    assert ring(home) == 0
    (home.wakeups / "1.wake-up").touch()
    assert ring(home, UUID(int=1)) == 0
    assert ring(Home(tmp_path / "nowhere")) == 0


def test_an_owner_is_read_back_and_known_to_be_dead_or_alive() -> None:
    me = Owner.me()
    assert Owner.named_in(f"Taken by worker {me}.") == me
    assert me.is_alive() is True
    assert Owner(me.host, me.boot, me.pid, me.started - 1).is_alive() is False
    assert Owner("elsewhere", me.boot, 1, 1).is_alive() is None
    assert Owner.named_in("Submitted.") is None
