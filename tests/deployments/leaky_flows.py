"""Flows that say a secret in every way that Prefect listens to. Each way has a secret of its own."""

import logging
import sys
import traceback
import warnings
from typing import Any

from prefect import flow
from prefect.logging import get_run_logger
from prefect.states import Failed

from runbook import Permanent, Temporary
from tasks.step import step

ENDS = ("state", "exit", "flow_error", "flow_cause")
"""Ways in which a whole flow ends."""
LINES = ("log", "log_argument", "log_traceback", "printed", "stderr", "warning", "trace")


def secret(way: str) -> str:
    return f"Falcon!{way}#71"


def said(way: str) -> str:
    return f"could not connect to postgresql://rung:{secret(way)}@db.internal:5432/rung"


class Odd(Exception):
    """Makes its text of what nobody can change, and cannot be made from one text."""

    __slots__ = ()

    def __init__(self, one: int, two: int) -> None:
        super().__init__(one, two)

    def __str__(self) -> str:
        return said("odd")


def _raise(fault: BaseException, cause: BaseException | None = None) -> None:
    raise fault from cause


def _within() -> None:
    try:
        raise ValueError(said("context"))
    except ValueError:
        raise KeyError("outer")  # noqa: B904 # the context is what is tested


def _noted() -> None:
    fault = RuntimeError("plain")
    fault.add_note(said("note"))
    raise fault


def _field() -> None:
    fault = OSError(2, "No such file", f"/x?password={secret('field')}")
    raise fault


TASKS: dict[str, Any] = {
    "temporary": lambda: _raise(Temporary(said("temporary"))),
    "permanent": lambda: _raise(Permanent(said("permanent"))),
    "cause": lambda: _raise(ValueError("plain"), OSError(said("cause"))),
    "context": _within,
    "note": _noted,
    "group": lambda: _raise(ExceptionGroup("several", [ValueError(said("group")), TypeError("plain")])),
    "argument": lambda: _raise(ValueError({"password": secret("argument")})),
    "field": _field,
    "odd": lambda: _raise(Odd(1, 2)),
}


WAYS = (*TASKS, *LINES, *ENDS, "loading")


@flow
def leaky(way: str) -> Any:
    """Leaks in all tasks, in all lines, or in one way of ending."""
    match way:
        case "tasks":
            for name, leak in TASKS.items():
                step(f"leak_{name}", leak, shown=name, retries=1)(return_state=True)
        case "lines":
            _write()
        case "state":
            return Failed(message=said(way))
        case "exit":
            sys.exit(said(way))
        case "flow_error":
            raise ValueError(said(way))
        case _:
            raise ValueError("plain") from OSError(said(way))
    return None


def _write() -> None:
    log = get_run_logger()
    log.error(said("log"))
    log.error("it says %s", said("log_argument"))
    try:
        _raise(ValueError(said("log_traceback")))
    except ValueError:
        log.exception("it failed")
    print(said("printed"))
    sys.stderr.write(said("stderr") + "\n")
    logging.getLogger("somebody.else").error(said("stderr"))
    warnings.warn(said("warning"), stacklevel=1)
    try:
        _raise(ValueError(said("trace")))
    except ValueError:
        traceback.print_exc()
