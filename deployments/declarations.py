"""The declaration of a runbook to judge recorded incidents by: the installed one, or that of somebody's file."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, cast

from pydantic import ValidationError

from deployments import deployed
from deployments.errors import Usage
from deployments.permissions import Anything, form_of, usual_params
from journal.facts.opened import Opened
from journal.redaction import redact
from runbook import Alert, Context, Form, Runbook


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A runbook that can be judged by, and its parameters where its flow is known."""

    runbook: Runbook[Any, Any]
    form: type[Form] | None

    def context(self, opened: Opened) -> Context[Any, Any]:
        """What changes are made of where only their classes are asked: the environment is a stand-in."""
        try:
            alert = Alert.model_validate(opened.alert) if opened.alert is not None else None
        except ValidationError:
            alert = None
        return Context(env=Anything(), params=self._params(opened), alert=alert)

    def _params(self, opened: Opened) -> Any:
        if self.form is None:
            return Anything()
        try:
            return self.form.model_validate({**opened.params, "environment": opened.environment})
        except ValidationError:  # it has other parameters now
            return usual_params(self.form)


def installed(name: str) -> Declaration:
    """The runbook of that name among those of the installed systems. Raises Usage."""
    found = next((one for one in deployed.listed() if one.runbook == name), None)
    if found is None:
        raise Usage(f"The runbook {name} is not installed; give the file that declares it by --runbook.")
    try:
        return Declaration(runbook=found.declaration, form=form_of(found.flow))
    except Exception as fault:  # whatever is wrong with somebody's module
        raise Usage(f"The runbook {name} cannot be loaded ({said(fault)}).") from fault


def of_file(file: Path) -> Declaration:
    """The runbook that a Python file declares as `RUNBOOK`. Raises Usage."""
    module = _loaded(file)
    runbook = getattr(module, "RUNBOOK", None)
    if not isinstance(runbook, Runbook):
        raise Usage(f"{file} declares no RUNBOOK; name a file that holds one, as a system's runbooks do.")
    declared = cast("Runbook[Any, Any]", runbook)
    name = declared.name.replace(".", "_")
    flow = getattr(module, name, None)
    try:
        form = None if flow is None else form_of(flow)
    except Exception as fault:  # whatever bears that name
        raise Usage(f"What {file} calls {name} is no flow of a runbook ({said(fault)}).") from fault
    return Declaration(runbook=declared, form=form)


class _AsItStands(SourceFileLoader):
    """Reads a file as it is now: no compiled copy is used, and none is left beside somebody's file."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 # it has one file
        return self.source_to_code(self.get_data(self.path), self.path)


def _loaded(file: Path) -> ModuleType:
    if not file.is_file():
        raise Usage(f"There is no file {file}; name one that declares a RUNBOOK.")
    name = f"{_package(file)}_{file.stem}_as_given"
    spec = spec_from_loader(name, _AsItStands(name, str(file)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # types that are named as text are looked up there, also later
    try:
        with redirect_stdout(sys.stderr):  # what it prints is no part of an answer that programs read
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as fault:  # one that ends us with 0 would say that all is as before
        del sys.modules[name]
        raise Usage(f"{file} cannot be loaded ({said(fault)}).") from fault
    return module


def _package(file: Path) -> str:
    """The package that the file lies in, with a dot at its end: what it imports from beside it is found there."""
    names: list[str] = []
    folder = file.resolve().parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return "".join(f"{name}." for name in names)


def said(fault: BaseException) -> str:
    """An error of somebody's code, briefly and without secrets."""
    return f"{type(fault).__name__}: {' '.join(str(redact(str(fault))).split())[:300]}"
