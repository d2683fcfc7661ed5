"""Errors without what they must not say, for all who show or store an error that others raised.

`tasks.step` and the flows pass on every error through `without_secrets`, so that Prefect's states, logs and events hear
only what may be kept. The type stays, because the pipeline decides by it; what the text was made of goes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FunctionType
from typing import Any, ParamSpec, TypeVar, cast

from journal.redaction import redact

A = ParamSpec("A")
R = TypeVar("R")


class RedactedError(Exception):
    """Stands for an error whose text could not be changed; it names the type and says the rest, redacted."""


@contextmanager
def redacted_faults() -> Generator[None, None, None]:
    """Whatever the block raises leaves it without secrets."""
    try:
        yield
    except Exception as fault:
        clean = without_secrets(fault)
        if clean is fault:
            raise
        raise clean from None


def says_no_secrets(do: Callable[A, R]) -> Callable[A, R]:
    """Decorate a function: its errors leave it without secrets. Its name, module and signature stay."""
    clean = redacted_faults

    def done(*args: A.args, **kwargs: A.kwargs) -> R:
        with clean():
            return do(*args, **kwargs)

    return in_its_place(done, do)


def in_its_place(done: Callable[A, R], do: Callable[A, R]) -> Callable[A, R]:
    """`done` with the name, signature and module of `do`, whose names its annotations are looked up in (by Prefect).

    It must use nothing of its own module: what it needs is bound in the function around it.
    """
    code, bound = done.__code__, done.__closure__
    moved = FunctionType(code, getattr(do, "__globals__", done.__globals__), done.__name__, None, bound)
    return cast("Callable[A, R]", functools.wraps(do)(moved))


def without_secrets(fault: BaseException) -> BaseException:
    """The error itself with text, notes, fields, causes and members redacted; another one where it resists."""
    return _clean(fault, {})


def _clean(fault: BaseException, known: dict[int, BaseException]) -> BaseException:
    me = id(fault)
    if me in known:
        return known[me]
    known[me] = fault
    _redact_fields(fault)
    clean = fault if _is_clean(fault) else _instead(fault)
    known[me] = clean
    # A cause that is hidden in tracebacks may still be shown by others, who follow it by themselves.
    for link in ("__cause__", "__context__"):
        other = getattr(fault, link)
        hides = fault.__suppress_context__
        setattr(clean, link, _clean(other, known) if other is not None else None)
        clean.__suppress_context__ = hides
    if isinstance(fault, BaseExceptionGroup):
        group_of = cast("BaseExceptionGroup[BaseException]", fault)
        members = [_clean(one, known) for one in group_of.exceptions]
        if any(one is not other for one, other in zip(members, group_of.exceptions, strict=True)):
            group = group_of.derive(members) if clean is fault else BaseExceptionGroup(str(clean), members)
            group.__traceback__, group.__cause__, group.__context__ = (
                fault.__traceback__,
                clean.__cause__,
                clean.__context__,
            )
            known[me] = group
            return group
    return clean


def _redact_fields(fault: BaseException) -> None:
    """Change in place what can be changed: arguments, notes, and fields that hold text or data."""
    with suppress(Exception):
        args = tuple(_redacted(one) for one in fault.args)
        if any(one is not other for one, other in zip(args, fault.args, strict=True)):
            fault.args = args
    for name, value in list(getattr(fault, "__dict__", {}).items()):
        clean = _redacted(value)
        if clean is not value:
            with suppress(Exception):
                setattr(fault, name, clean)
    for name in ("filename", "filename2", "strerror", "msg", "text", "name", "object", "reason", "value"):
        with suppress(Exception):
            value = getattr(fault, name, None)
            if value is not None and (clean := _redacted(value)) is not value:
                setattr(fault, name, clean)


def _redacted(value: Any) -> Any:
    if isinstance(value, bytes):
        said = value.decode("utf-8", "replace")
        return value if redact(said) == said else str(redact(said)).encode()
    if isinstance(value, str | dict | list | tuple):
        return redact(cast("Any", value))
    if isinstance(value, BaseException):
        return value  # causes and members are looked at by themselves
    if isinstance(value, int | float | bool | None):
        return value
    try:
        said = str(value)
    except Exception:  # noqa: BLE001 # what cannot even be shown is not shown
        return "an object that cannot be shown"
    return value if redact(said) == said else redact(said)


def _is_clean(fault: BaseException) -> bool:
    try:
        said = [str(fault), repr(fault)] if not isinstance(fault, BaseExceptionGroup) else [fault.message]
    except Exception:  # noqa: BLE001 # an error that cannot be shown is replaced by one that can
        return False
    return all(redact(one) == one for one in said)


def _instead(fault: BaseException) -> BaseException:
    try:
        said = str(redact(str(fault)))
    except Exception:  # noqa: BLE001 # see above
        said = "its text cannot be shown"
    shown = f"{type(fault).__name__}: {said}"
    other: BaseException = _same_family(fault, said) or RedactedError(str(redact(shown)))
    return other.with_traceback(fault.__traceback__)


def _same_family(fault: BaseException, said: str) -> BaseException | None:
    """A new error of the nearest type that can be made from one text, so that who decides by the type still can."""
    for family in type(fault).__mro__:
        if family in {Exception, BaseException, object, RedactedError}:
            return None
        with suppress(Exception):
            made = cast("BaseException", family(said))
            if _is_clean(made):
                return made
    return None
