"""What only the user who runs Code Blue may read: the home, and files that hold secrets.

`stack` closes a home that is open to others; `server_access` and the receiver's `keys` refuse a secret that others may
read, since it may have been read already.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_THROUGH: Final = stat.S_IXGRP | stat.S_IXOTH


class OpenSecretError(Exception):
    """A file with a secret can be read by others on this machine. Make it 0600, and change the secret if in doubt."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} holds a secret and others on this machine may read it; {self.remedy}."

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return f"change the secret in case they have, then: chmod 600 {self.path}"


def secret(path: Path) -> str:
    """The text of a file that holds a secret. Raises OpenSecretError, and OSError when it cannot be read."""
    with path.open(encoding="utf-8-sig") as file:  # an editor's byte order mark is no part of a secret
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise OpenSecretError(path)
        return file.read()


def keep_secret(path: Path, text: str) -> None:
    """Write a file that only we may read, as a whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


@contextmanager
def unshared() -> Generator[None]:
    """Whatever this process writes in this block is for nobody else: folders 0700, files 0600."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def closed(folder: Path) -> list[Path]:
    """Make the folder 0700 and all in it 0700 or 0600; what others could reach before. The folder may be a link.

    What lies in a closed folder was open to nobody, whatever its own mode says: a library makes its files as it likes.
    """
    top = folder.resolve()
    opened = [path for path in _within(top) if _open(path)]
    ways = {path for path in opened if path.stat().st_mode & _THROUGH}
    reached = [path for path in opened if all(way in ways for way in _above(path, top))]
    for path in opened:
        path.chmod(path.stat().st_mode & 0o700)
    return reached


def _above(path: Path, top: Path) -> Iterator[Path]:
    """The folders from `top` down to what is there, which others must get through to reach it."""
    while path != top:
        path = path.parent
        yield path


def _open(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # a process of a stack that ends just now has taken it away
        return False
    return bool(mode & _OTHERS) and not stat.S_ISLNK(mode)


def _within(folder: Path) -> Iterator[Path]:
    yield folder
    for at, folders, files in os.walk(folder):
        yield from (Path(at) / name for name in (*folders, *files))
