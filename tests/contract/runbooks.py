"""Every runbook there is, found by walking what `prefect.yaml` deploys. The contract tests are parametrised with it."""

from __future__ import annotations

import importlib
from collections import defaultdict
from functools import cache
from types import ModuleType
from typing import Any

from deployments.deployed import listed
from deployments.permissions import Anything, changes_of
from runbook import Change, Context, Mitigation, Runbook
from runbook.mitigation import Changing
from tests.typing.bakery import RUNBOOK as BAKERY
from tests.typing.kiosk import RUNBOOK as KIOSK
from tests.typing.till import RUNBOOK as TILL

MODULES: dict[str, ModuleType] = {
    one.entrypoint.rpartition(".")[0]: importlib.import_module(one.entrypoint.rpartition(".")[0]) for one in listed()
}

RUNBOOKS: dict[str, Runbook[Any, Any]] = {module.RUNBOOK.name: module.RUNBOOK for module in MODULES.values()}

OFFERED: tuple[Runbook[Any, Any], ...] = (KIOSK, TILL, BAKERY)
"""Runbooks of systems that are not installed, for changes that are offered to all and that none of ours makes yet."""


@cache
def made_by_runbooks() -> dict[type[Change[Any]], list[tuple[Runbook[Any, Any], Changing[Any, Any]]]]:
    """Every change that a mitigation makes, with each mitigation that makes it and its runbook."""
    made: dict[type[Change[Any]], list[tuple[Runbook[Any, Any], Changing[Any, Any]]]] = defaultdict(list)
    for one in listed():
        for mitigation, change in changes_of(one):
            made[type(change)].append((one.declaration, mitigation))
    for runbook in OFFERED:
        for step in runbook.steps():
            if isinstance(step, Mitigation):
                change = step.change(Context(env=Anything(), params=Anything()))
                made[type(change)].append((runbook, step))
    return dict(made)
