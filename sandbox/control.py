"""The world as a long-lived process of its own, steered from others over a small loopback HTTP surface.

    remote = control.launch(home)     # or: python -m sandbox up --home HOME
    remote = control.attach(home)     # from any other process
    remote.break_("idle_leak"); remote.health(); remote.heal(); remote.stop()

The address and a token lie in `home/sandbox.json`, readable by the owner only. Whatever ends the process, its parts
go with it.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from deployments.private_files import unshared
from sandbox import errors
from sandbox.errors import SandboxError, WorldUnreachable
from sandbox.health import Health
from sandbox.messages import CONFLICT, FACTS, HEALTH
from sandbox.process import REPOSITORY, wait_until
from sandbox.work import follow_parent
from sandbox.world import Facts
from sandbox.worlds import world_of

STATE = "sandbox.json"
START_SECONDS = 60.0
CALL_SECONDS = 90.0


def run(home: Path, *, system: str | None = None, with_parent: bool = False, **settings: Any) -> None:
    """Start a system's world and serve until it is told to go down, or interrupted.

    `settings` are those of `World.start`; without a system, the first that has a world.

    `with_parent`: also go when the process that started this one has gone.
    """
    import uvicorn

    from sandbox.surface import surface  # likewise

    if with_parent:
        threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    state = home / STATE
    if state.exists() and _answers(home):
        raise SandboxError(f"A sandbox is running at {home} already; take it down first.")
    # It may stand in the home of an installation, where nothing is for anybody else.
    with (
        unshared(),
        world_of(system).start(home, **settings) as world,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        token = secrets.token_hex(16)
        servers: list[uvicorn.Server] = []

        def down() -> None:
            servers[0].should_exit = True

        servers.append(uvicorn.Server(uvicorn.Config(surface(world, token=token, down=down), log_level="warning")))
        _write(state, {"pid": os.getpid(), "url": f"http://127.0.0.1:{listener.getsockname()[1]}", "token": token})
        try:
            servers[0].run(sockets=[listener])
        except KeyboardInterrupt:
            return  # uvicorn has shut down in good order and passes the signal on; so do we.
        finally:
            state.unlink(missing_ok=True)


class RemoteWorld:
    """A world in another process, with the same verbs as `World`. Get it from `attach` or `launch`."""

    def __init__(self, *, home: Path, pid: int, url: str, token: str) -> None:
        self.home, self.pid = home, pid
        self._url, self._token = url, token
        self.facts: Facts = FACTS.validate_python(self._call("GET", "/facts"))

    def break_(self, fault: str, **bounds: object) -> None:
        """Inject a fault; returns when its symptom is there."""
        self._call("POST", "/break", {"fault": fault, "bounds": bounds})

    def heal(self) -> None:
        """Take every fault away; returns when the world has recovered."""
        self._call("POST", "/heal")

    def set_pool_size(self, pool_size: int, *, tasks: int | None = None) -> None:
        """What a person does about oversized pools."""
        self._call("POST", "/pool-size", {"pool_size": pool_size, "tasks": tasks})

    def health(self) -> Health:
        """The truth from the world."""
        return HEALTH.validate_python(self._call("GET", "/health"))

    def stop(self) -> None:
        """Take the world down; returns when nothing of it runs any more."""
        self._call("POST", "/down")
        wait_until(
            lambda: not (self.home / STATE).exists() and not _runs(self.pid),
            seconds=START_SECONDS,
            failing=lambda: SandboxError(f"The sandbox (pid {self.pid}) did not go down; end that process."),
        )

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        try:
            reply = httpx.request(
                method,
                self._url + path,
                json=body,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=CALL_SECONDS,
                trust_env=False,  # A proxy has no business between us and loopback.
            )
        except httpx.HTTPError as error:
            raise WorldUnreachable(f"The sandbox at {self.home} does not answer ({error}); start it again.") from error
        said = reply.json()
        if reply.status_code == CONFLICT:
            raise getattr(errors, str(said["error"]), SandboxError)(said["message"])
        if reply.is_error:
            raise SandboxError(f"The sandbox refused {path}: {said}")
        return said


def attach(home: Path) -> RemoteWorld:
    """The running world at this home; `WorldUnreachable` when there is none."""
    home = home.absolute()
    try:
        state = json.loads((home / STATE).read_text())
    except (OSError, ValueError):
        raise WorldUnreachable(f"No sandbox runs at {home}; start one with `codeblue sandbox up`.") from None
    return RemoteWorld(home=home, pid=int(state["pid"]), url=state["url"], token=state["token"])


def launch(
    home: Path,
    *,
    system: str | None = None,
    with_parent: bool = False,
    postgres: str = "wheel",
    max_connections: int = 100,
) -> RemoteWorld:
    """Start a system's world in a process of its own and return when it is up. Its log is `home/sandbox.log`.

    With `with_parent` it goes when this process goes; else it stays until `stop` or `codeblue sandbox down`.
    """
    home = home.absolute()
    kind = world_of(system)
    with unshared():
        home.mkdir(parents=True, exist_ok=True)
        (home / "sandbox.log").touch()
    command = [sys.executable, "-m", "sandbox", "up", "--home", str(home), "--system", kind.system]
    command += ["--postgres", postgres]
    command += ["--max-connections", str(max_connections), *(["--with-parent"] if with_parent else [])]
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    with (home / "sandbox.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def up() -> RemoteWorld | None:
        if process.poll() is not None:
            raise SandboxError(f"The sandbox did not start; its log is {home / 'sandbox.log'}.")
        return attach(home) if _answers(home) else None

    def late() -> SandboxError:
        return SandboxError(f"The sandbox did not start in time; its log is {home / 'sandbox.log'}.")

    try:
        remote = wait_until(up, seconds=START_SECONDS, every=0.05, failing=late)
    except BaseException:
        process.kill()  # Its parts notice and go.
        process.wait()
        raise
    threading.Thread(target=process.wait, daemon=True).start()  # So that it leaves no zombie behind.
    return remote


def _answers(home: Path) -> bool:
    try:
        attach(home)
    except WorldUnreachable:
        return False
    return True


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _write(path: Path, state: Mapping[str, object]) -> None:
    # Written aside and moved, so that a reader sees all of it or nothing.
    aside = path.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(state))
    aside.replace(path)
