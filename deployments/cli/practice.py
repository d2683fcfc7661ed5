"""`codeblue sandbox …` and `codeblue drill`: a production to practise on.

The sandbox is an extra (`pip install codeblue[sandbox]`) and stands above this room, so it is asked for by name when
one of these commands runs, and described here by what the commands need of it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Protocol, cast

from cyclopts import App, Parameter
from rich.table import Table
from rich.text import Text

from deployments import places
from deployments.cli.environments import REAL, pace_of_saved, paced
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Unreachable, Usage


class World(Protocol):
    """A production to practise on, in another process."""

    @property
    def facts(self) -> Any: ...
    def break_(self, fault: str, **bounds: object) -> None: ...
    def heal(self) -> None: ...
    def health(self) -> Any: ...
    def stop(self) -> None: ...


class Control(Protocol):
    """`sandbox.control`."""

    def launch(self, home: Path, *, system: str | None, postgres: str, max_connections: int) -> World: ...
    def attach(self, home: Path) -> World: ...
    def run(self, home: Path, *, system: str | None, postgres: str, max_connections: int) -> None: ...


class Faults(Protocol):
    """`sandbox.faults`."""

    def described(self) -> Mapping[str, str]: ...


class Saving(Protocol):
    """`sandbox.selftest.saving`."""

    def save(self, facts: Any, name: str | None) -> tuple[str, str]: ...


class Drills(Protocol):
    """`sandbox.drills.run`."""

    def main(self, names: list[str], *, real: bool) -> int: ...


sandbox = App(name="sandbox", help="A production to practise on, on this machine: real PostgreSQL, AWS, real clients.")


@sandbox.command
def up(
    *,
    system: str | None = None,
    postgres: str = "wheel",
    max_connections: int = 100,
    foreground: Annotated[bool, Parameter(negative="")] = False,
    options: Options = DEFAULTS,
) -> int:
    """Start a sandbox, which stays until `codeblue sandbox down`.

    Parameters
    ----------
    system
        Whose world it is; the first that has one if left out.
    postgres
        wheel, system, or a folder of PostgreSQL programs.
    max_connections
        Slots of its database.
    foreground
        Stay here until Ctrl-C instead.
    """
    control = _control()
    if foreground:
        control.run(_home(options), system=system, postgres=postgres, max_connections=max_connections)
        return Exit.OK
    with _telling("no sandbox was started", options):
        control.launch(_home(options), system=system, postgres=postgres, max_connections=max_connections)
    options.document({"home": str(_home(options)), "up": True})
    options.say(Text("The sandbox is up."))
    options.line("  codeblue sandbox save               save it as an environment, while `codeblue up` runs")
    options.line("  codeblue sandbox break idle_leak    break it")
    return Exit.OK


@sandbox.command
def save(*, name: str | None = None, options: Options = DEFAULTS) -> int:
    """Save the sandbox at Prefect as an environment that runbooks can work on.

    Parameters
    ----------
    name
        Of the environment; SYSTEM-practice if left out.
    """
    world = _attached(options)
    url = places.api_url(options.place)
    places.before_prefect(options.place)
    from deployments.environments import asking

    saving = cast("Saving", _extra("sandbox.selftest.saving"))
    with _telling("the environment may be saved in part: codeblue sandbox save", options), asking(url):
        chosen, command = saving.save(world.facts, name)
    pace = pace_of_saved(options.place).get(chosen, REAL)
    options.document({"environment": chosen, "run": command, "practice_pace": pace})
    options.say(Text(f"Saved as {chosen}. Its pace: {paced(pace)}. When it is broken, try:"))
    options.line(f"  {command}")
    return Exit.OK


@sandbox.command(name="break")
def break_(fault: str | None = None, /, *, bound: tuple[str, ...] = (), options: Options = DEFAULTS) -> int:
    """Inject a fault; returns when its symptom is there. Without a name: lists the faults.

    Parameters
    ----------
    fault
        Its name.
    bound
        A limit of the fault as key=value, such as most=40 or lives_for=120; may be given several times.
    """
    if fault is None:
        described = cast("Faults", _extra("sandbox.faults")).described()
        options.document({"faults": dict(described)})
        table = Table.grid(padding=(0, 2))
        for one, what in described.items():
            table.add_row(one, Text(what, style="dim"))
        options.say(table)
        return Exit.OK
    bounds = dict(_bound(pair) for pair in bound)
    world = _attached(options)
    with _telling("the world may be broken: codeblue sandbox heal", options):
        world.break_(fault, **bounds)
    options.document({"broken": fault})
    options.say(Text(f"Broken by {fault}."))
    return Exit.OK


@sandbox.command
def heal(*, options: Options = DEFAULTS) -> int:
    """Take every fault away; returns when the world has recovered."""
    world = _attached(options)
    with _telling("whether the world has recovered is not known: codeblue sandbox status", options):
        world.heal()
    options.document({"healed": True})
    options.say(Text("Healed."))
    return Exit.OK


@sandbox.command
def status(*, options: Options = DEFAULTS) -> int:
    """How the world really is, read from the world. Exit code 1 when it is not healthy."""
    health = _attached(options).health()
    seen: dict[str, Any] = dataclasses.asdict(health)
    options.document(json.loads(json.dumps({**seen, "healthy": health.healthy}, default=str)))
    word, style = ("healthy", "bold green") if health.healthy else ("not healthy", "bold red")
    options.say(
        Text(word, style=style),
        Text(f"{health.connected} of {health.attempts} fresh clients connect"),
        Text(f"{health.slots_taken} of {health.max_connections} slots taken"),
        *(Text(f"fault {name}: {count} sessions") for name, count in seen["sessions"].items()),
    )
    return Exit.OK if health.healthy else Exit.FINDINGS


@sandbox.command
def down(*, options: Options = DEFAULTS) -> int:
    """Take the sandbox down."""
    world = _attached(options)
    with _telling("the sandbox may still be going down: codeblue sandbox status", options):
        world.stop()
    options.document({"up": False})
    options.say(Text("The sandbox is down."))
    return Exit.OK


def drill(*names: str, real: Annotated[bool, Parameter(negative="")] = False, options: Options = DEFAULTS) -> int:
    """Rehearse incidents: each drill breaks a sandbox of its own, and the world says whether it was put right.

    Parameters
    ----------
    names
        Drills, runbooks or systems; all if left out.
    real
        By the whole stack, with receiver, worker and Prefect, in real time.
    """
    carry_out = cast("Drills", _extra("sandbox.drills.run")).main
    if not options.json:
        return carry_out(list(names), real=real)
    with redirect_stdout(sys.stderr):  # what it prints is for people
        code = carry_out(list(names), real=real)
    options.document({"passed": code == 0})
    return code


@contextmanager
def _telling(then: str, options: Options) -> Generator[None]:
    """Ctrl-C in here leaves a world that a person must know about; the exit code stays that of an interruption."""
    try:
        yield
    except KeyboardInterrupt:
        options.hint(Text(f"Interrupted; {then}", style="yellow"))
        raise


def _control() -> Control:
    return cast("Control", _extra("sandbox.control"))


def _attached(options: Options) -> World:
    return _control().attach(_home(options))


def _home(options: Options) -> Path:
    return options.made_place.path / "sandbox"


def _extra(module: str) -> object:
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        raise Unreachable(
            f"The sandbox is not installed here ({missing.name} is missing)."
            " Install it with: pip install codeblue[sandbox]"
        ) from missing


def _bound(pair: str) -> tuple[str, object]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise Usage(f"--bound takes key=value, not {pair!r}.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
