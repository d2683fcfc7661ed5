"""The systems that are installed, and what each of them has to run.

Each comes from an entry point of the group `codeblue.systems`. One that cannot be loaded is named with the reason and
stops none of the others. Listing reads the runbooks' files and imports none of them.
"""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from journal.near import perhaps
from runbook.system import System

if TYPE_CHECKING:
    from deployments.deployed import Listed

GROUP = "codeblue.systems"


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An entry point, and what became of loading it: the system, or why there is none."""

    name: str
    distribution: str
    system: System | None = None
    runbooks: tuple[Listed, ...] = ()
    checks: tuple[Listed, ...] = ()
    why: str = ""


@cache
def installed() -> tuple[Installed, ...]:
    """Every system that some distribution brings, by name."""
    taken: dict[str, str] = {}
    return tuple(_loaded(point, taken) for point in sorted(entry_points(group=GROUP), key=lambda one: one.name))


def systems() -> dict[str, System]:
    """The systems that could be loaded."""
    return {one.system.name: one.system for one in installed() if one.system is not None}


def system_of(name: str) -> System:
    """A system by its name, or by that of one of its runbooks. Raises `LookupError` when it is not installed."""
    wanted, known = name.partition(".")[0], systems()
    if wanted in known:
        return known[wanted]
    broken = next((f" {one.why}" for one in installed() if one.name == wanted and one.why), "")
    raise LookupError(
        f"There is no system {wanted!r}.{perhaps(wanted, known)} There are: {', '.join(known) or 'none'}.{broken}"
    )


def entries() -> tuple[Listed, ...]:
    """What the installed systems have to run: checks, then runbooks."""
    return tuple(entry for one in installed() for entry in (*one.checks, *one.runbooks))


def _loaded(point: EntryPoint, taken: dict[str, str]) -> Installed:
    distribution = point.dist.name if point.dist is not None else "?"

    def broken(why: str) -> Installed:
        return Installed(name=point.name, distribution=distribution, why=why)

    try:
        system = point.load()
        if not isinstance(system, System):
            return broken(f"{point.value} of {distribution} is no System but {type(system).__name__}.")
        if system.name != point.name:
            return broken(f"{distribution} enters {point.name!r}, and {point.value} calls itself {system.name!r}.")
        if system.name in taken:
            return broken(f"{taken[system.name]} brings a system {system.name!r} already; uninstall one of them.")
        runbooks, checks = tuple(runbooks_of(system)), tuple(checks_of(system))
    except Exception as error:  # noqa: BLE001 # whatever is wrong with one system must not stop the others
        from journal.redaction import redact  # listing what is well must not wait for its patterns

        said = " ".join(str(redact(str(error))).split())[:300]
        return broken(f"{point.value} of {distribution} cannot be loaded ({type(error).__name__}: {said}).")
    if not runbooks:
        return broken(f"{system.runbooks} of {distribution} has no module with a flow `{system.name}_<module>`.")
    taken[system.name] = distribution
    return Installed(name=point.name, distribution=distribution, system=system, runbooks=runbooks, checks=checks)


def runbooks_of(system: System) -> Iterator[Listed]:
    """The modules of a system's package that hold a runbook's flow, each as a deployment. Nothing is imported."""
    from deployments.deployed import Listed  # it lists systems; importing it above would be a circle

    spec = find_spec(system.runbooks)
    if spec is None or spec.submodule_search_locations is None:
        raise LookupError(f"there is no package {system.runbooks}")
    for folder in spec.submodule_search_locations:
        for info in sorted(pkgutil.iter_modules([folder]), key=lambda one: one.name):
            if (about := _about(Path(folder), info.name, f"{system.name}_{info.name}")) is not None:
                yield Listed(
                    name=info.name,
                    entrypoint=f"{system.runbooks}.{info.name}.{system.name}_{info.name}",
                    description=about,
                    tags=(f"system:{system.name}", f"runbook:{system.name}.{info.name}"),
                )


def checks_of(system: System) -> Iterator[Listed]:
    """A system's checks as deployments, under its name, so that two systems may have checks of the same name."""
    from deployments.deployed import Listed

    for check in system.checks:
        schedule = {"cron": check.cron, "slug": check.name} | ({} if check.active else {"active": False})
        yield Listed(
            name=f"{system.name}.{check.name}",
            entrypoint=check.asks,
            description=check.about,
            tags=("check", f"system:{system.name}"),
            parameters=dict(check.parameters),
            schedules=(schedule,),
        )


def _about(folder: Path, module: str, flow: str) -> str | None:
    """The first line of the docstring of a module's flow; nothing for a module without it."""
    file = folder / f"{module}.py"
    if not file.is_file():
        return None
    for node in ast.parse(file.read_text("utf-8"), str(file)).body:
        if isinstance(node, ast.FunctionDef) and node.name == flow:
            return (ast.get_docstring(node) or module.replace("_", " ")).partition("\n")[0]
    return None
