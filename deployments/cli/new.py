"""`codeblue new`: the skeleton of a system in a project of its own, or of one more runbook of it.

What is written runs as it is: it type-checks, it renders, and its first drill passes. Nothing that is there is
replaced.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

from cyclopts import App
from rich.text import Text

from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Refused, Usage

SKELETON = Path(__file__).with_name("skeleton")
FIRST = "site_down"
_NAME = re.compile(r"[a-z][a-z0-9_]*")

new = App(name="new", help="Write the skeleton of a system, or of a runbook.")


@new.command
def system(name: str, /, *, into: Path | None = None, options: Options = DEFAULTS) -> int:
    """Write a project with a system: its declaration, environment, one runbook, drills, and a world to practise on.

    Parameters
    ----------
    name
        Of the system and its package: lower-case letters, digits and underscores.
    into
        The folder of the project; one of that name, here, if left out.
    """
    _refuse_unfit(name)
    project = into or Path(name)
    words = _words(name, FIRST)
    package = project / name
    files = {
        project / "pyproject.toml": "system/pyproject.toml.txt",
        package / "__init__.py": "system/__init__.py.txt",
        package / "system.py": "system/system.py.txt",
        package / "environment.py": "system/environment.py.txt",
        package / "world.py": "system/world.py.txt",
        package / "runbooks" / "__init__.py": "system/runbooks.py.txt",
        package / "drills" / "__init__.py": "system/drills.py.txt",
        **_runbook(package, FIRST),
    }
    _write(files, words, options)
    options.hint(Text(f"Next: pip install -e {project}, then codeblue drill {name}", style="dim"))
    return Exit.OK


@new.command
def runbook(name: str, /, *, into: Path | None = None, options: Options = DEFAULTS) -> int:
    """Write one more runbook of a system, with its drills.

    Parameters
    ----------
    name
        Its name, such as shop.site_down.
    into
        The folder of the system's project; where the installed system is, if left out.
    """
    owner, _, own = name.partition(".")
    if not own:
        raise Usage(f"{name!r} names no runbook; give system and runbook, such as shop.site_down.")
    for part in (owner, own):
        _refuse_unfit(part)
    package = _package(owner) if into is None else into / owner
    if not (package / "environment.py").is_file():
        raise Usage(f"{package} holds no environment.py; name the project by --into, or: codeblue new system {owner}")
    _write(_runbook(package, own), _words(owner, own), options)
    options.hint(Text(f"Next: codeblue drill {name}", style="dim"))
    return Exit.OK


def _runbook(package: Path, name: str) -> Mapping[Path, str]:
    return {
        package / "runbooks" / f"{name}.py": "runbook/runbook.py.txt",
        package / "drills" / f"{name}.py": "runbook/drills.py.txt",
    }


def _package(name: str) -> Path:
    """Where the package of an installed system is. Raises Usage."""
    from importlib.util import find_spec

    from deployments.systems import system_of

    try:
        package = system_of(name).runbooks
        # Not the outermost package: its project's folder, which has the same name, may be found in its place.
        found = find_spec(package)
    except (LookupError, ImportError) as error:
        raise Usage(str(error)) from None
    if found is None or not found.submodule_search_locations:
        raise Usage(f"Nobody knows where the package of {name} is; name its project by --into.")
    return Path(found.submodule_search_locations[0], *[".."] * package.count(".")).resolve()


def _refuse_unfit(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise Usage(f"{name!r} cannot be the name of a module; use lower-case letters, digits and underscores.")


def _words(system: str, runbook: str) -> Mapping[str, str]:
    camel = "".join(part.capitalize() for part in system.split("_"))
    return {
        "system": system,
        "System": camel,
        "slug": system.replace("_", "-"),
        "runbook": runbook,
        "title": runbook.replace("_", " ").capitalize(),
        "alert": camel + "".join(part.capitalize() for part in runbook.split("_")),
    }


def _write(files: Mapping[Path, str], words: Mapping[str, str], options: Options) -> None:
    """Write all of them, or none where one is there. Raises Refused."""
    if there := [str(file) for file in files if file.exists()]:
        raise Refused(f"{', '.join(there)} is there already; nothing was written.")
    for file, text in _texts(files, words):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    options.document({"written": [str(file) for file in files]})
    for file in files:
        options.say(Text(str(file)))


def _texts(files: Mapping[Path, str], words: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for file, template in files.items():
        yield file, Template((SKELETON / template).read_text("utf-8")).substitute(words)
