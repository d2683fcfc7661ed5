"""Somebody else's system, put on the path as pip would put it. `install` is a fixture (`tests/conftest.py`)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployments.systems import GROUP, Installed, installed

Install = Callable[..., Installed]

RUNBOOK = '''
def {system}_{name}(params):
    """Find out why {name}.

    More of it.
    """
'''


def declared(name: str, more: str = "") -> str:
    where = f"environment='blocks.rung:Rung', runbooks={name + '_pack'!r}"
    return f"SYSTEM = System(name={name!r}, about='x', {where}, {more})"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Gives what puts a distribution with one system on the path, and says what became of it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(name: str, declaration: str, *, runbooks: tuple[str, ...] = (), distribution: str = "theirs") -> Installed:
        package = tmp_path / f"{name}_pack"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "system.py").write_text(f"from runbook.system import ScheduledCheck, System\n{declaration}\n")
        for one in runbooks:
            (package / f"{one}.py").write_text(RUNBOOK.format(system=name, name=one))
        info = tmp_path / f"{distribution}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}_pack.system:SYSTEM\n")
        installed.cache_clear()
        return next(one for one in installed() if one.distribution == distribution)

    yield put
    installed.cache_clear()
    for module in [name for name in sys.modules if name.partition(".")[0].endswith("_pack")]:
        del sys.modules[module]
