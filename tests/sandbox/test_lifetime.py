"""Nothing outlives the sandbox: not after stop, not after Ctrl-C, not after SIGKILL; others can steer it."""

import json
import os
import pickle
import signal
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from sandbox import FaultHasNoEffect, SandboxError, UnknownFault, WorldUnreachable, control
from sandbox.__main__ import main
from sandbox.process import wait_until
from sandbox.systems.rung.world import World


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def wait_until_gone(processes: list[psutil.Process]) -> None:
    def gone() -> bool:
        return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)

    wait_until(gone, seconds=10, failing=lambda: AssertionError([one for one in processes if one.is_running()]))


def data_folder(home: Path) -> Path:
    return Path(json.loads((home / "postgres.json").read_text())["data"])


def test_after_stop_nothing_runs_and_no_data_is_left(tmp_path: Path):
    before = set(family(os.getpid()))
    world = World.start(tmp_path, max_connections=40)
    world.break_("idle_leak")
    started = [one for one in family(os.getpid()) if one not in before]
    data = data_folder(tmp_path)
    assert len(started) >= 5
    assert data.is_dir()

    world.stop()
    world.stop()

    wait_until_gone(started)
    assert not data.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(world.facts.dsn("rung_app"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_however_the_sandbox_process_ends_its_parts_go_with_it(tmp_path: Path, how: signal.Signals):
    remote = control.launch(tmp_path, with_parent=True, max_connections=40)
    remote.break_("long_queries")
    parts, data = family(remote.pid), data_folder(tmp_path)
    assert len(parts) >= 5

    os.kill(remote.pid, how)

    wait_until_gone(parts)
    wait_until(lambda: not data.exists(), seconds=5, failing=lambda: AssertionError(data))
    with pytest.raises(WorldUnreachable):
        control.attach(tmp_path)


def test_other_processes_can_break_heal_look_and_take_it_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    remote = control.launch(tmp_path, with_parent=True, max_connections=40)
    parts = [psutil.Process(remote.pid), *family(remote.pid)]
    open_to_others = [path for path in tmp_path.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o077]
    assert open_to_others == [], "it may stand in the home of an installation"
    with psycopg.connect(control.attach(tmp_path).facts.dsn("rung_reader")) as reader:
        assert reader.execute("SELECT current_user").fetchone() == ("rung_reader",)

    url = json.loads((tmp_path / "sandbox.json").read_text())["url"]
    assert httpx.get(f"{url}/health").status_code == 401
    assert httpx.post(f"{url}/down", headers={"Authorization": "Bearer guessed"}).status_code == 401

    home = ["--home", str(tmp_path)]
    assert main(["break", "idle_leak", "--bounds", '{"lives_for": 60}', *home]) == 0
    assert remote.health().saturated
    assert main(["status", *home]) == 0
    assert json.loads(capsys.readouterr().out)["sessions"]["idle_leak"] > 10
    with pytest.raises(UnknownFault):
        remote.break_("gremlins")
    with pytest.raises(SandboxError, match=r"running at .* already"):
        control.run(tmp_path)
    assert main(["heal", *home]) == 0
    assert remote.health().healthy
    assert main(["down", *home]) == 0

    wait_until_gone(parts)
    assert main(["status", *home]) == 1
    assert "start one with" in capsys.readouterr().err


def test_errors_survive_pickling():
    error = pickle.loads(pickle.dumps(FaultHasNoEffect("It runs, but nothing happens.")))
    assert str(error) == "It runs, but nothing happens."
