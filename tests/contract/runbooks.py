"""Every runbook there is, found by walking what `prefect.yaml` deploys. The contract tests are parametrised with it."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from deployments.deployed import listed
from runbook import Runbook

MODULES: dict[str, ModuleType] = {
    one.entrypoint.rpartition(".")[0]: importlib.import_module(one.entrypoint.rpartition(".")[0]) for one in listed()
}

RUNBOOKS: dict[str, Runbook[Any, Any]] = {module.RUNBOOK.name: module.RUNBOOK for module in MODULES.values()}
